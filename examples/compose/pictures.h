#pragma once
// How a page shows music and what a model expects of it.
#include <string>
#include <vector>

#include "report/page.h"
#include "tasks/compose/training.h"

namespace grus::tasks::compose {

/// Returns sections: figures, and what the model expected of some pieces.
std::string pictures(const Figures& figures, const std::vector<data::Piece>& pieces, double step,
                     report::Figures& drawn);
/// Returns a section: the beginning of a piece, and how the model goes on.
std::string sample_section(const Composer& model, const data::Piece& piece, double step, report::Figures& drawn);
/// Returns the piano roll of a piece whose first steps were given.
std::string roll_of(const data::Piece& piece, double step, int64_t given);
/// Returns that of a score, channel by channel; channel 1, which accompanies, is grey.
std::string roll_of(const data::Score& score, const std::string& description);

}  // namespace grus::tasks::compose
