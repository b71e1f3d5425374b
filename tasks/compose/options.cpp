// Options of `compose` that its models keep.
#include "core/base/error.h"
#include "tasks/compose/composer.h"

namespace grus::tasks::compose {

using options::choice;
using options::of_model;
using options::Table;
using options::words;

TrainOptions::TrainOptions() {
  training.epochs = 60;
  training.batch = 8;
  training.lr = 5e-3;
  training.schedule = tasks::ScheduleKind::cosine;
  training.warmup = 50;
  training.average = 0.99;
}

Table TrainOptions::table() {
  const std::string_view d = "Data", m = "Model";
  ModelOptions& o = model;
  return options::joined({
      {{"train", d, &train, "pieces: JSON of steps (with parts train, valid, test), a .mid file, or a folder of them"},
       {"valid", d, &valid,
        "pieces that choose the weights that are kept (none: the JSON's part, or a share held out)"},
       {"test", d, &test, "pieces that are judged once, at the end (none: the JSON's part)"},
       {"hold-valid", d, &hold_valid, "share held out of --train by the seed where there is no other validation", 0, 1,
        true}},
      of_model({
          {"step", d, &step, "quarter notes of a step, in MIDI files", 1.0 / 64, 16},
          words("unit", m, choice(&o.unit), "of the layers", {"gru", "lstm"}),
          words("outputs", m, choice(&o.outputs), "of a chord's keys: each alone, or each given those above it",
                {"independent", "chained"}),
          {"hidden", m, &o.hidden, "size of a state", 1, 65536},
          {"layers", m, &o.layers, "layers", 1, 64},
      }),
      {{"transpose", d, &transpose, "each time that a piece is learnt its key moves by up to so many half tones", 0,
        48},
       {"dropout", m, &o.dropout, "locked dropout between layers and before the output", 0, 1, true},
       {"input-dropout", m, &o.input_dropout, "chance that a piece is learnt without hearing a key", 0, 1, true},
       {"weight-drop", m, &o.weight_drop, "of recurrent weights", 0, 1, true}},
      training_rows(training),
  });
}

void TrainOptions::check(const options::Given&) {
  require<UsageError>(!train.empty(), "--train: need pieces, got none");
}

}  // namespace grus::tasks::compose
