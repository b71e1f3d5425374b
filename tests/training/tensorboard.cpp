#include "training/tensorboard.h"

#include <algorithm>

#include "tests/support/event_reader.h"
#include "tests/training/small_run.h"

using namespace grus;
using test::fields_of;
using test::message_of;
using test::only;
using test::Start;

namespace {

training::Validation two_figures() {
  return {[] { return std::vector<training::Figure>{{"valid_loss", 0.5}, {"score", 2, true}}; }, {"valid_loss"}};
}

// "TAG STEP" of each value in the files of a folder, the oldest first; "start STEP" where a run begins.
std::vector<std::string> events_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> events;
  for (const std::filesystem::path& file : files)
    for (const std::string& record : test::records_of(file)) {
      const test::Fields fields = fields_of(record);
      if (fields.count(3) != 0) continue;  // the version
      const std::string step = std::to_string(test::little_endian(only(fields, 2)));
      events.push_back((fields.count(7) != 0 ? "start" : only(test::value_of(record), 1)) + " " + step);
    }
  return events;
}

size_t count(const std::vector<std::string>& events, const std::string& event) {
  return static_cast<size_t>(std::count(events.begin(), events.end(), event));
}

}  // namespace

TEST_CASE("tensorboard: figures of steps and records have their tags and steps, options stand first") {
  const test::Folder folder;
  training::TensorBoard board({.every = 2, .options = {{"lr", "0.05"}}});
  Start().fit({.epochs = 2, .validation = two_figures(), .out = folder.root() / "run", .callbacks = {&board}});
  const std::vector<std::string> events = events_in(folder.root() / "run" / "tensorboard");
  REQUIRE(events.size() > 2);
  CHECK(events[0] == "start 0");
  CHECK(events[1] == "options 0");
  for (const char* event :
       {"step/loss 2", "step/grad_norm 12", "step/learning_rate 4", "loss/train 6", "loss/valid 12", "score 6"})
    CHECK_MESSAGE(count(events, event) == 1, event);
  CHECK(count(events, "step/loss 3") == 0);
}

TEST_CASE("tensorboard: weights and gradients are counted by parameter at the steps that are asked for") {
  const test::Folder folder;
  training::TensorBoard board({.folder = folder.root() / "events", .histograms = 3});
  Start().fit({.epochs = 1, .callbacks = {&board}});
  const std::vector<std::string> events = events_in(folder.root() / "events");
  for (const char* event : {"weights/first.weight 3", "gradients/last.bias 6"})
    CHECK_MESSAGE(count(events, event) == 1, event);
  CHECK(count(events, "weights/first.weight 4") == 0);
}

TEST_CASE("tensorboard: a resumed run says from which step on older files do not count") {
  const test::Folder folder;
  const std::filesystem::path run = folder.root() / "run";
  test::Killer killer;
  killer.at = 10;
  training::TensorBoard first, second;
  CHECK_THROWS(Start().fit({.epochs = 3, .out = run, .save_every = 4, .callbacks = {&first, &killer}}));
  Start().fit({.epochs = 3, .out = run, .resume = true, .save_every = 4, .callbacks = {&second}});
  const std::vector<std::string> events = events_in(run / "tensorboard");
  CHECK(count(events, "start 0") == 1);
  CHECK(count(events, "start 9") == 1);
}

TEST_CASE("tensorboard: settings out of range and a run without a folder are refused in a sentence") {
  training::TensorBoard nowhere;
  CHECK(message_of([&] { Start().fit({.epochs = 1, .callbacks = {&nowhere}}); }) ==
        "[TensorBoard] need a folder for a run without one, got none");
  CHECK(message_of([] { training::TensorBoard({.every = 0}); }) == "[TensorBoard] need 'every' of at least 1, got 0");
  CHECK(message_of([] { training::TensorBoard({.histograms = -1}); }) ==
        "[TensorBoard] need 'histograms' of at least 0, got -1");
}
