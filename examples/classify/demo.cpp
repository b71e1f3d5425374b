// What `classify` does without a command: it trains on four sentences, then on surnames that the program carries.
#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "core/base/folder.h"
#include "examples/classify/commands.h"
#include "examples/classify/demo_data.h"

namespace grus::tasks::classify {
namespace {

constexpr std::string_view four_sentences =
    "label,text\n"
    "positive,I love this film\n"
    "negative,I hate this film\n"
    "positive,this is a great movie\n"
    "negative,this is a terrible movie\n";

// A tokenizer, an embedding of 32, a GRU of 16, a softmax.
int learn_sentences(const std::string& folder) {
  TrainOptions o;
  o.train = o.valid = folder + "/sentences.csv";
  o.min_count = 1;
  o.model.embedding = 32;
  o.model.hidden = 16;
  o.model.bidirectional = false;
  o.model.pool = Pool::last;
  o.model.dropout = o.model.word_dropout = 0;
  o.training.epochs = 40;
  o.training.patience = 0;
  o.training.lr = 0.02;
  o.training.average = 0;
  o.training.out = folder + "/sentences";
  o.training.overwrite = true;
  write_file_atomically(o.train, four_sentences);
  fmt::print("Four sentences, an embedding of 32, a GRU of 16:\n");
  return train(o, "classify");
}

int learn_names(const std::string& folder) {
  TrainOptions o;
  o.train = folder + "/names.tsv.gz";
  o.tokenizer = "char";
  o.cased = true;
  o.model.ngrams = 3;
  o.min_count = 1;
  o.hold_test = 0.1;
  o.training.epochs = 15;
  o.training.lr = 4e-3;
  o.training.out = folder + "/names";
  o.training.overwrite = true;
  write_file_atomically(o.train, names_tsv_gz);
  fmt::print("\nSurnames of 18 languages, letter by letter (github.com/spro/practical-pytorch, MIT):\n");
  return train(o, "classify");
}

}  // namespace

int demo() {
  const std::string folder = "classify-demo";
  make_folder(folder);
  if (const int code = learn_sentences(folder); code != 0) return code;
  if (const int code = learn_names(folder); code != 0) return code;
  fmt::print("\nSome that it may never have seen, with the languages it takes for likeliest:\n");
  RunOptions o;
  o.use.model = folder + "/names";
  o.top = 3;
  o.page = folder + "/what-mattered.html";
  o.texts = {"Yamashiro", "Kowalczyk", "O'Sullivan", "Papadimitriou", "Nguyen", "Ferreira", "Schneider", "Fitzwilliam"};
  run(o, "classify");
  fmt::print(
      "\nNow you:\n"
      "  ./dev run classify run --model classify-demo/names --top 3 Tolstoy\n"
      "  ./dev data trec && ./dev run classify train --help      # your own texts: a CSV with the columns label and "
      "text\n"
      "classify-demo/what-mattered.html shades the letters by what they counted for, classify-demo/names/report.html "
      "has confusions.\n");
  return 0;
}

}  // namespace grus::tasks::classify
