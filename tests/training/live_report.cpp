#include "training/live_report.h"

#include "tests/support/well_formed.h"
#include "tests/training/small_run.h"
#include "training/metrics_log.h"

using namespace grus;
using test::contains;
using test::message_of;
using test::Start;

namespace {

training::Validation falling_loss() {
  auto next = std::make_shared<double>(1);
  return {[=] { return std::vector<training::Figure>{{"valid_loss", *next *= 0.9}}; }, {"valid_loss"}};
}

struct RunFolder : test::Folder {
  std::filesystem::path run = root() / "run";
  std::string page() const { return test::bytes_of(run / "report.html"); }
  std::vector<training::StepPoint> steps() const { return training::read_report_data(run / "report.json").steps; }
};

// Reads the page behind a step, as a reader does who looks at it meanwhile.
struct Reader : training::Callback {
  const RunFolder& folder;
  std::string begun, running;
  explicit Reader(const RunFolder& f) : folder(f) {}
  void train_begin(const training::TrainBegin&, training::Control&) override { begun = folder.page(); }
  void step_end(const training::StepEnd& event, training::Control&) override {
    if (event.step == 9) running = folder.page();
  }
};

}  // namespace

TEST_CASE("live report: the page is there from the beginning, follows the run and says that it has finished") {
  const RunFolder folder;
  Start s;
  training::LiveReport live({.title = "Points", .options = {{"batch", "4"}}, .seconds = 0, .share = 1e9});
  Reader reader(folder);
  s.fit({.epochs = 3, .validation = falling_loss(), .out = folder.run, .callbacks = {&live, &reader}});
  CHECK(contains(reader.begun, "No step was finished"));
  CHECK(contains(reader.begun, "first.<wbr/>weight"));
  CHECK(contains(reader.running, "<dd>running<small>epoch 2 of 3, step "));
  CHECK(contains(reader.running, "http-equiv=\"refresh\""));
  CHECK(contains(folder.page(), "<dd>finished<small>epoch 3 of 3, step 18</small>"));
  CHECK_FALSE(contains(folder.page(), "http-equiv"));
  for (const std::string& page : {reader.begun, reader.running, folder.page()})
    CHECK(test::not_well_formed(page) == "");
  const std::vector<training::StepPoint> steps = folder.steps();
  REQUIRE(steps.size() == 18);
  CHECK(steps.back().step == 18);
  CHECK(steps[3].learning_rate == 0.05);
}

TEST_CASE("live report: a task's own sections stand above the curves, also when the page is drawn again") {
  const RunFolder folder;
  Start s;
  training::LiveReport live;
  s.fit({.epochs = 1, .validation = falling_loss(), .out = folder.run, .callbacks = {&live}});
  report::Figures figures;
  const std::string picture = figures("<svg></svg>", "what the model said");
  live.show(report::section("Answers", picture), figures.drawn);
  for (int drawn = 0; drawn < 2; ++drawn) {
    const std::string page = folder.page();
    CHECK(test::not_well_formed(page) == "");
    CHECK(page.find("what the model said") < page.find("Curves"));
    CHECK(contains(page, "Figure 2"));
    CHECK(page.find("Figure 1") == page.rfind("Figure 1"));
    std::filesystem::remove(folder.run / "report.html");
    training::redraw_report(folder.run);
  }
}

TEST_CASE("live report: a killed and resumed run has the curve of one that never stopped") {
  const RunFolder whole, killed;
  {
    Start s;
    training::LiveReport live;
    s.fit({.epochs = 3, .out = whole.run, .seed = 2, .callbacks = {&live}});
  }
  test::Killer killer;
  killer.at = 11;
  for (const bool resume : {false, true}) {
    Start s;
    training::LiveReport live({.seconds = 0, .share = 1e9});
    training::FitOptions options{
        .epochs = 3, .out = killed.run, .resume = resume, .save_every = 4, .seed = 2, .callbacks = {&live, &killer}};
    if (resume) options.callbacks.pop_back();
    if (resume) CHECK_NOTHROW(s.fit(options));
    else CHECK_THROWS(s.fit(options));
    CHECK(contains(killed.page(), resume ? "<dd>finished<" : "<dd>failed<"));
  }
  const auto a = whole.steps(), b = killed.steps();
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].step == b[i].step);
    CHECK(a[i].loss == b[i].loss);
    CHECK(a[i].grad_norm == b[i].grad_norm);
  }
}

TEST_CASE("live report: one that is used for a second run begins anew") {
  const RunFolder first, second;
  training::LiveReport live;
  Start().fit({.epochs = 2, .out = first.run, .callbacks = {&live}});
  Start().fit({.epochs = 1, .out = second.run, .callbacks = {&live}});
  CHECK(second.steps().size() == 6);
}

TEST_CASE("live report: a run that was stopped says so, and its folder may be drawn again") {
  const RunFolder folder;
  training::LiveReport live;
  training::MetricsLog log;
  int steps = 0;
  Start().fit({.epochs = 2, .out = folder.run, .stop = [&] { return ++steps > 8; }, .callbacks = {&log, &live}});
  CHECK(contains(folder.page(), "<dd>stopped<"));
  CHECK_NOTHROW(training::redraw_report(folder.run));
  CHECK(contains(folder.page(), "<dd>stopped<"));
}

TEST_CASE("live report: without a folder, or with one that cannot be, the run is refused before its first step") {
  Start s;
  training::LiveReport nowhere, bad({.folder = "/dev/null/run"});
  CHECK(message_of([&] { s.fit({.epochs = 1, .callbacks = {&nowhere}}); }) ==
        "[LiveReport] need a folder for a run without one, got none");
  CHECK(message_of([&] { s.fit({.epochs = 1, .callbacks = {&bad}}); }) ==
        "/dev/null/run: cannot be made a folder: Not a directory");
  CHECK(message_of([] { training::LiveReport({.seconds = -1}); }) ==
        "[LiveReport] need at least 0 seconds between pages, got -1");
  CHECK(message_of([] { training::LiveReport({.share = 0}); }) ==
        "[LiveReport] need a share of the time above 0, got 0");
}
