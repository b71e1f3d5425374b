#pragma once
// The lines from which an autoencoder learns, and how it is judged by them.
#include <string>
#include <vector>

#include "tasks/encode/text_model.h"
#include "training/fit_options.h"

namespace grus::tasks::encode {

struct LineParts {
  std::vector<std::string> train, valid = {}, test = {};
};
/// Reads the different lines of the files that the options name. Throws DataError for a file without words.
LineParts read_lines(const TrainOptions& o);
/// Leaves out lines that are too long for the model; `notice` is told how many. Throws DataError where none is left.
void limit_lines(LineParts& parts, const TrainOptions& o, const data::Codec& codec, const data::Notice& notice);
std::string checksum_of(const std::vector<std::string>& lines);

/// Judges by lines that are brought back, a variational model by what it trains for. Both must outlive the validation.
training::Validation validation(const TextModel& model, const std::vector<std::string>& lines);

}  // namespace grus::tasks::encode
