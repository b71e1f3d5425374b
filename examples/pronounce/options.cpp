// Options of `pronounce`.
#include "core/base/error.h"
#include "examples/pronounce/commands.h"

namespace grus::pronounce {

using options::of_model;
using options::Table;

TrainOptions::TrainOptions() {
  training.epochs = 20;
  training.batch = 256;
  training.lr = 3e-3;
  training.beta2 = 0.98;
  training.average = 0.998;
  training.schedule = programs::ScheduleKind::cosine;
  training.warmup = 200;
}

Table TrainOptions::table() {
  const std::string_view d = "Data", m = "Model";
  return options::joined({
      of_model({
          {"dictionary", d, &dictionary, "WORD PHONE PHONE ... lines, plain or gzip; further pronunciations: WORD(2)"},
          {"phones", d, &phones, "file of the phones that there are, one a line (none: those of the dictionary)"},
          {"stress", d, &stress, "keep the digits of stress: AH0 and AH1 are two phones"},
          {"hold-valid", d, &hold_valid, "share of the words that choose the weights", 0.0001, 0.5},
          {"hold-test", d, &hold_test, "share of the words for the test", 0.0001, 0.49},
          {"split-seed", d, &split_seed, "which words these are", 0, options::any_number},
          {"emb", m, &sizes.embedding, "size of the vectors of letters and phones", 1, 4096},
          {"hidden", m, &sizes.hidden, "size of the decoder's state", 1, 8192},
          {"encoder", m, &sizes.encoder, "size of the encoder's state in each direction (0: half of hidden)", 0, 8192},
          {"enc-layers", m, &sizes.encoder_layers, "layers of the encoder", 1, 64},
      }),
      {{"dropout", m, &sizes.dropout, "locked: one mask for all letters of a word", 0, 1, true},
       {"label-smoothing", "Training", &label_smoothing, "share of the target spread over all phones", 0, 1, true}},
      training_rows(training),
  });
}

void TrainOptions::check(const options::Given&) {
  require<UsageError>(!dictionary.empty(), "--dictionary: need a file of words and phones, got none");
}

Table EvalOptions::table() {
  return options::joined(
      {{{"dictionary", "Data", &dictionary, "words and phones (none: those that the training held out for its test)"},
        {"beam", "Search", &beam, "pronunciations on their way; 1: greedy", 1, 1000},
        {"out", "Files", &out, "HTML file for errors, confusions and alignments"}},
       use_rows(use)});
}

Table RunOptions::table() {
  return options::joined(
      {{{"beam", "Search", &beam, "pronunciations on their way; 1: greedy", 1, 1000},
        {"n-best", "Output", &n_best, "print WORD, PLACE, PROBABILITY, PHONES of so many pronunciations", 0, 1000},
        {"page", "Output", &page, "HTML file that draws which letters each phone came from"}},
       use_rows(use)});
}

void RunOptions::check(const options::Given&) {
  require<UsageError>(n_best <= beam, "--n-best: need at most the --beam of {}, got {}", beam, n_best);
}

}  // namespace grus::pronounce
