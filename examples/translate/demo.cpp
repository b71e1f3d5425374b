// The subcommand `demo` makes a translator from nothing but the program itself.
#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "core/base/folder.h"
#include "examples/seq2seq/train.h"
#include "examples/support/program.h"
#include "examples/translate/commands.h"
#include "examples/translate/demo_data.h"

namespace grus::translate {
void use_demo_recipe(TrainOptions& o) {
  o.model.embedding = 192;
  o.model.hidden = 256;
  o.model.tie = Tie::output;
  o.tokenizer = "word";
  o.vocab = 0;
  o.epochs = 12;
  o.batch_tokens = 1000;
  o.learning_rate = 2e-3;
  o.model.dropout = 0.3;
  o.bleu_tokenize = "13a";
}

int demo(const Given& given, const std::string& command_line) {
  TrainOptions defaults;
  use_demo_recipe(defaults);
  defaults.out = "translate-demo";
  defaults.overwrite = true;
  for (const auto& [flag, text] : given) {
    if (flag != "out" || text == defaults.out) continue;
    defaults.out = text;
    defaults.overwrite = false;  // the folder may be the user's own
  }
  // The texts stay in the folder, where they show what `train` takes.
  const std::filesystem::path folder = std::filesystem::path(defaults.out) / "data";
  defaults.train = (folder / "train.tsv.gz").string();
  defaults.valid = (folder / "valid.tsv.gz").string();
  defaults.test = (folder / "test.tsv.gz").string();
  TrainOptions options = resolve_options(given, defaults);
  const auto read = [&folder](const TrainOptions& o) {
    make_folder(folder);
    write_file_atomically(folder / "train.tsv.gz", train_tsv_gz);
    write_file_atomically(folder / "valid.tsv.gz", valid_tsv_gz);
    write_file_atomically(folder / "test.tsv.gz", test_tsv_gz);
    fmt::print("English to French, short sentences of frequent words (Tatoeba, CC BY 2.0)\n");
    Corpora corpora = read_corpora(o);
    corpora.source_name = "English";
    corpora.target_name = "French";
    return corpora;
  };
  return run_training(std::move(options), read, command_line, 10);
}

}  // namespace grus::translate
