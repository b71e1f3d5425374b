// Options of `listen` that its models keep.
#include "core/base/error.h"
#include "tasks/listen/listener.h"

namespace grus::tasks::listen {
namespace {

using options::choice;
using options::of_model;
using options::Table;
using options::words;

Table sound_rows(SoundOptions& o) {
  const std::string_view d = "Sound";
  return of_model({
      {"rate", d, &o.files.rate, "samples a second; recordings of more are brought down to it", 1000, 192000},
      {"longest", d, &o.files.longest, "seconds of a recording at most", 0.1, 600},
      {"label-until", d, &o.files.label_until, "in a folder, a file's name begins with its label and this"},
      {"window", d, &o.window, "seconds of a frame", 1e-3, 1},
      {"hop", d, &o.hop, "seconds from a frame to the next", 1e-3, 1},
      {"range", d, &o.range, "decibels: what is so far below the loudest energy is silence", 1, 200},
      {"low", d, &o.low, "Hz where the lowest band begins", 0, 20000},
  });
}

Table change_rows(data::SoundChange& o) {
  const std::string_view c = "Changes in training";
  return {
      {"speed", c, &o.speed, "speed and pitch by up to this share", 0, 0.5},
      {"shift", c, &o.shift, "silence of up to so many seconds on both sides", 0, 10},
      {"noise", c, &o.noise, "white noise of up to this share of the sound", 0, 10},
      {"gain", c, &o.gain, "loudness by up to this share", 0, 1, true},
      {"colour", c, &o.colour, "a curve over the bands, as other microphones add: its size in deviations", 0, 10},
      {"warp", c, &o.warp, "length of the speaker's vocal tract by up to this share", 0, 0.4},
      {"time-masks", c, &o.time_masks, "spans of frames that are not heard", 0, 100},
      {"band-masks", c, &o.band_masks, "spans of bands that are not heard", 0, 100},
      {"time-width", c, &o.time_width, "the longest such span of frames, as a share of all", 0, 1},
      {"band-width", c, &o.band_width, "the longest such span of bands, as a share of all", 0, 1},
  };
}

}  // namespace

TrainOptions::TrainOptions() {
  training.epochs = 25;
  training.lr = 4e-3;
  training.schedule = tasks::ScheduleKind::cosine;
  training.warmup = 100;
  training.average = 0.99;
}

Table TrainOptions::table() {
  const std::string_view d = "Data", m = "Model";
  ModelOptions& o = model;
  return options::joined({
      {{"train", d, &train, "recordings: a folder of LABEL_*.wav, or a file of lines FILE<TAB>LABEL"},
       {"valid", d, &valid, "recordings that choose the weights that are kept"},
       {"test", d, &test, "recordings that are judged once, at the end"},
       {"valid-files", d, &valid_files, "these of --train instead: a pattern of names, as '*_theo_*.wav'"},
       {"test-files", d, &test_files, "the same for the test"},
       {"words", d, &sound.words, "file of lines LABEL<TAB>WORD: words that labels stand for"},
       {"hold-valid", d, &hold_valid, "share of --train for it by the seed where nothing else is named", 0, 1, true},
       {"hold-test", d, &hold_test, "the same for the test", 0, 1, true}},
      of_model({
          words("target", m, choice(&o.target), "what is learnt: whole words, or their letters (CTC)",
                {"words", "letters"}),
          words("level", m, choice(&o.level),
                "what frames are relative to: the loudest energy, or each band's mean, too", {"peak", "bands"}),
          words("pool", m, choice(&o.pool), "how states become one (words)", {"last", "mean", "max", "attention"}),
          {"bands", m, &o.bands, "bands of a frame", 1, 1024},
          {"hidden", m, &o.hidden, "size of a state in each direction", 1, 65536},
          {"layers", m, &o.layers, "layers", 1, 64},
      }),
      sound_rows(sound),
      {{"dropout", m, &o.dropout, "between layers and before the output", 0, 1, true}},
      change_rows(change),
      training_rows(training),
  });
}

void TrainOptions::check(const options::Given& given) {
  options::require_read(given, table(),
                        {{"pool", model.target == Target::words, "words", "target"},
                         {"time-width", change.time_masks > 0, "above 0", "time-masks"},
                         {"band-width", change.band_masks > 0, "above 0", "band-masks"},
                         {"hold-valid", valid.empty() && valid_files.empty(), "or --valid-files left out", "valid"},
                         {"hold-test", test.empty() && test_files.empty(), "or --test-files left out", "test"}});
  require<UsageError>(!train.empty(), "--train: need recordings, got none");
  require<UsageError>(valid.empty() || valid_files.empty(), "--valid-files: need no --valid with it, got '{}'", valid);
  require<UsageError>(test.empty() || test_files.empty(), "--test-files: need no --test with it, got '{}'", test);
  require<UsageError>(!valid.empty() || !valid_files.empty() || hold_valid > 0,
                      "--hold-valid: need a share above 0 without --valid, got 0");
  static_cast<void>(mel_filters(sound.mel(model.bands)));  // refuses a window, a hop and bands that make no frames
}

}  // namespace grus::tasks::listen
