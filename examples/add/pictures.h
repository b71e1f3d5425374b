#pragma once
// What a report of `add` shows: where the model looked, how answers depend on carries or lengths, and mistakes.
#include <string>
#include <vector>

#include "examples/add/commands.h"
#include "report/page.h"

namespace grus::tasks::add {

/// Returns sections of a page about the answers to these questions.
std::string pictures(const TrainOptions& o, const seq2seq::Architecture& model,
                     const std::vector<std::string>& questions, const std::vector<std::string>& said,
                     report::Figures& figures);

}  // namespace grus::tasks::add
