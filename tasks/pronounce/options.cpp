// Options of `pronounce` that its models keep.
#include "core/base/error.h"
#include "tasks/pronounce/speaker.h"

namespace grus::tasks::pronounce {

using options::of_model;
using options::Table;

TrainOptions::TrainOptions() {
  training.epochs = 20;
  training.batch = 256;
  training.lr = 3e-3;
  training.beta2 = 0.98;
  training.average = 0.998;
  training.schedule = tasks::ScheduleKind::cosine;
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

}  // namespace grus::tasks::pronounce
