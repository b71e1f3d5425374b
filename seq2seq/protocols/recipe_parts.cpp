#include "seq2seq/protocols/recipe_parts.h"

#include "core/base/error.h"
#include "seq2seq/option_table.h"

namespace grus::seq2seq {

void use_model_of_protocol(TrainOptions& o, double dropout) {
  o.model.tie = Tie::none;
  o.model.weights = FirstWeights::paper;
  o.model.dropout = dropout;
}

void check_model_of_protocol(const ModelOptions& m) {
  require<UsageError>(m.tie == Tie::none, "--tie: need none for --arch {}, got {}", m.arch, text_of(m, "tie"));
}

void use_plain_training(TrainOptions& o) {
  o.vocab = 0;
  o.patience = 0;
  o.beta1 = 0.9;
  o.beta2 = 0.999;
  o.epsilon = 1e-8;
  o.schedule = ScheduleKind::constant;
  o.warmup = 0;
  o.label_smoothing = 0;
  o.clip = 0;
  o.average = 0;
}

}  // namespace grus::seq2seq
