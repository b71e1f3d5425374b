// Options of `compose`.
#include "core/base/error.h"
#include "examples/compose/commands.h"

namespace grus::compose {

using options::any_count;
using options::choice;
using options::of_model;
using options::Table;
using options::words;

TrainOptions::TrainOptions() {
  training.epochs = 60;
  training.batch = 8;
  training.lr = 5e-3;
  training.schedule = programs::ScheduleKind::cosine;
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

Table EvalOptions::table() {
  return options::joined({{{"data", "Data", &data, "pieces, as for train"},
                           words("part", "Data", &part, "of a JSON file", {"all", "train", "valid", "test"}),
                           {"out", "Files", &out, "HTML file of figures and pictures"}},
                          use_rows(use)});
}

Table RunOptions::table() {
  const std::string_view m = "Music", f = "Files";
  return options::joined(
      {{{"opening", m, &opening, "piece to begin with: a .mid file, or JSON of steps"},
        {"piece", m, &piece, "which one of a JSON file, counted through its parts", 1, any_count},
        {"opening-steps", m, &opening_steps, "steps of it that are taken (0: all)", 0, any_count},
        {"steps", m, &steps, "steps that are composed", 1, 100000},
        {"temperature", m, &temperature, "scores are divided by it; 0 takes what is likelier", 0, 100},
        {"seed", m, &seed, "every random choice follows from it", 0, options::any_number},
        {"tempo", m, &file.tempo, "quarter notes a minute", 4, 1000},
        {"struck", m, &file.struck, "a key that sounds on is struck again at each step"},
        {"out", f, &file.out, "MIDI file"},
        {"page", f, &file.page, "HTML file with the piano roll"}},
       use_rows(use)});
}

void RunOptions::check(const options::Given& given) {
  options::require_read(
      given, table(),
      {{"piece", !opening.empty(), "a file", "opening"}, {"opening-steps", !opening.empty(), "a file", "opening"}});
}

Table PlayOptions::table() {
  return {{"tunes", "Files", &tunes, "tunes in ABC notation; - is standard input"},
          {"tune", "Music", &tune, "which of them", 1, any_count},
          {"out", "Files", &out, "MIDI file"},
          {"page", "Files", &page, "HTML file with the piano roll"}};
}

}  // namespace grus::compose
