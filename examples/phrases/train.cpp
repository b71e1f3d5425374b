// The subcommand `train`: an encoder-decoder of phrase pairs.
#include "examples/seq2seq/train.h"

#include <algorithm>

#include "core/base/error.h"
#include "examples/phrases/commands.h"
#include "examples/phrases/table_corpus.h"

namespace grus::phrases {

void use_phrase_recipe(TrainOptions& o) {
  o.model.arch = "rnn-encdec";
  o.model.tie = seq2seq::Tie::output;
  o.tokenizer = "space";
  o.vocab = 0;
  o.metrics = "perplexity,bleu";
}

TrainOptions resolve_training(const Given& given) {
  const auto has = [&](std::string_view flag) {
    return std::any_of(given.begin(), given.end(), [&](const auto& pair) { return pair.first == flag; });
  };
  require<UsageError>(!has("train-src") && !has("train-tgt"), "--train: need a table, got --train-src or --train-tgt");
  TrainOptions defaults;
  use_phrase_recipe(defaults);
  Given flags = given;
  const auto table = std::find_if(given.begin(), given.end(), [](const auto& pair) { return pair.first == "train"; });
  if (table != given.end() && !has("valid")) flags.emplace_back("valid", table->second);
  return resolve_options(flags, defaults);
}

int train(const TrainOptions& options, bool skip_bad, const std::string& command_line) {
  return seq2seq::run_training(
      options, [skip_bad](const TrainOptions& o) { return read_tables(o, skip_bad); }, command_line);
}

}  // namespace grus::phrases
