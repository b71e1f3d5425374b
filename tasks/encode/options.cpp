#include "tasks/encode/options.h"

#include "core/base/error.h"
#include "data/text/tokenizer.h"

namespace grus::tasks::encode {

using options::any_count;
using options::choice;
using options::of_model;
using options::Table;
using options::words;

TrainOptions::TrainOptions() {
  training.epochs = 8;
  training.batch = 32;
  training.lr = 3e-3;
  training.schedule = tasks::ScheduleKind::cosine;
  training.warmup = 100;
}

void TrainOptions::choose(const options::Given& given) {
  if (options::find(given, "variational")) {
    word_dropout = 0.3;
    kl = 0.1;
    anneal = 2000;
  }
  if (!options::find(given, "series")) return;
  hidden = 48;
  latent = 8;
  dropout = word_dropout = 0;
  if (options::find(given, "variational")) kl = 0.01;
  training.batch = 64;
  training.lr = 5e-3;
  training.epochs = 12;
}

Table TrainOptions::table() {
  const std::string_view d = "Lines", s = "Series", m = "Model", t = "Training";
  return options::joined({
      {{"text", d, &text, "file of lines to learn (plain or .gz); repeated ones count once"},
       {"valid", d, &valid, "lines that choose the weights that are kept (none: some of --text are held out)"},
       {"test", d, &test, "lines that are judged once, at the end"},
       {"hold", d, &hold, "share held out of --text by the seed where there is no --valid", 0, 1, true}},
      of_model({{"tokenizer", d, &tokenizer, "word, space (text is tokenised already), char, bpe or unigram"},
                {"vocab", d, &vocab, "pieces at most (0: no limit; bpe and unigram need one)", 0, 1e7},
                {"min-count", d, &min_count, "rarer pieces are unknown (not for bpe and unigram)", 1, any_count},
                {"max-length", d, &max_length, "pieces of a line; longer lines are left out", 1, 1000}}),
      {{"series", s, &series, "table (CSV, TSV) of numbers in order of time instead of lines"}},
      of_model({{"date", s, &date, "column of the dates (none: the first one where it holds no numbers)"},
                {"columns", s, &columns, "columns to learn, as a,b (none: all)"},
                {"label", s, &label, "column that is 1 where a fault is known, else 0: no input, eval measures by it"},
                {"missing", s, &missing, "further words for a missing cell, as -9,? (empty cells, NA and NaN are)"},
                {"split", s, &split, "training, validation, test: shares or counts of rows"},
                {"no-header", s, &no_header, "the first row holds numbers; columns are 1, 2, ..."},
                {"window", s, &window, "rows that are one sequence", 2, 1e5}}),
      {{"every", s, &every, "rows from one window of training to the next", 1, 1e6},
       {"alarm", s, &alarm, "share of normal rows that give no alarm", 0.5, 1, true}},
      of_model({words("unit", m, choice(&unit), "of the layers", {"gru", "lstm"}),
                {"emb", m, &embedding, "size of a piece's vector", 1, 4096},
                {"hidden", m, &hidden, "size of a layer's state", 1, 4096},
                {"latent", m, &latent, "size of the state that a sequence becomes", 1, 4096},
                {"layers", m, &layers, "layers of encoder and decoder", 1, 16},
                words("directions", m, choice(&bidirectional), "in which a line is read", {"one", "both"}),
                {"variational", m, &variational, "a sequence becomes a Gaussian, and all of them a standard one"}}),
      {{"dropout", t, &dropout, "of pieces' vectors and before the output (locked)", 0, 1, true},
       {"word-dropout", t, &word_dropout, "chance that the decoder does not see the word before", 0, 1, true},
       {"kl", t, &kl, "weight of the divergence from the standard Gaussian", 0, 1000},
       {"anneal", t, &anneal, "steps in which that weight grows from 0", 0, any_count}},
      training_rows(training),
  });
}

void TrainOptions::check(const options::Given& given) {
  require<UsageError>(text.empty() || series.empty(), "--series: need no --text beside it, got '{}'", text);
  require<UsageError>(!text.empty() || !series.empty(),
                      "--text: need a file of lines, or --series a table, got neither");
  for (const char* flag : {"valid", "test", "hold", "tokenizer", "vocab", "min-count", "max-length", "emb",
                           "directions", "dropout", "word-dropout"})
    require<UsageError>(is_text() || !options::find(given, flag), "--{}: need --text with it, got --series", flag);
  for (const char* flag : {"date", "columns", "label", "missing", "split", "no-header", "window", "every", "alarm"})
    require<UsageError>(!is_text() || !options::find(given, flag), "--{}: need --series with it, got --text", flag);
  const bool trained = data::is_trained_kind(tokenizer);
  options::require_read(given, table(),
                        {{"min-count", !trained, "word, space or char", "tokenizer"},
                         {"kl", variational, "true", "variational"},
                         {"anneal", variational, "true", "variational"}});
  require<UsageError>(!is_text() || !trained || vocab > 0, "--vocab: need a size above 0 with --tokenizer {}, got 0",
                      tokenizer);
  require<UsageError>(!is_text() || !valid.empty() || hold > 0, "--hold: need a share above 0 without --valid, got 0");
}

}  // namespace grus::tasks::encode
