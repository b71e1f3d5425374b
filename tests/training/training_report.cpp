#include "training/training_report.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/folder_lock.h"
#include "tests/support/folder.h"
#include "tests/support/tensors.h"
#include "tests/support/well_formed.h"
#include "training/metrics_log.h"

using namespace grus;
using namespace grus::training;
using test::contains;
using test::count;
using test::message_of;
using test::not_well_formed;

namespace {

training::Record record(int64_t epoch, double loss, double accuracy, bool best) {
  return {.epoch = epoch,
          .step = 10 * epoch,
          .figures = {{"train_loss", loss}, {"valid_loss", loss + 0.1}, {"valid_accuracy", accuracy, true}},
          .best = best,
          .learning_rate = 0.01,
          .seconds = 75};
}

TrainingReport full_report() {
  TrainingReport report;
  report.title = "A <run> & more";
  report.model = "MLP of \"64\"";
  report.command = "program --lr 0.01";
  report.options = {{"lr", "0.01"}, {"<name>", "a & b"}};
  report.machine = {{"CPU", "some CPU"}};
  report.parameters = {{"first.weight", "(64, 8)", 512}, {"first.bias", "(64)", 64}};
  report.written = "2026-01-02 03:04:05 UTC";
  report.epoch = 3;
  report.step = 30;
  report.length = {5, 0};
  report.seconds = 225;
  report.seconds_left = 120;
  report.steps_per_second = 12.5;
  report.history = {record(1, 1.5, 0.5, true), record(2, 1.2, 0.75, true), record(3, 1.1, 0.7, false)};
  for (int64_t step = 1; step <= 30; ++step)
    report.steps.push_back({step, 2 - 0.03 * static_cast<double>(step), 1, 0.01});
  return report;
}

bool same(const TrainingReport& a, const TrainingReport& b) { return render_training(a, 5) == render_training(b, 5); }

}  // namespace

TEST_CASE("training report: the page is well formed, escapes what it is given and fetches nothing") {
  const std::string page = render_training(full_report(), 10);
  CHECK(not_well_formed(page) == "");
  CHECK(contains(page, "A &lt;run&gt; &amp; more"));
  CHECK(contains(page, "&lt;name&gt;"));
  for (const char* fetching : {"src=", "<link", "@import", "url(", "<iframe", "<img"})
    CHECK_FALSE(contains(page, fetching));
}

TEST_CASE("training report: tiles are figures of the best record, and how far the run is") {
  const std::string page = render_training(full_report(), 10);
  CHECK(contains(page, "<dt>Validation loss</dt><dd>1.3<small>best, epoch 2</small>"));
  CHECK(contains(page, "<dt>Validation accuracy</dt><dd>0.75<small>best, epoch 2</small>"));
  CHECK(contains(page, "<dt>Training</dt><dd>running<small>epoch 3 of 5, step 30</small>"));
  CHECK(contains(page, "about 2 min left"));
  CHECK(contains(page, "<dd>12.5<small>steps/s</small>"));
  CHECK(count(page, "<mark>best</mark>") == 1);
}

TEST_CASE("training report: each figure has a chart, training and validation together, then rate and gradient norm") {
  const std::string page = render_training(full_report());
  for (const char* title : {">Loss</text>", ">Accuracy</text>", ">Learning rate</text>", ">Gradient norm</text>"})
    CHECK(count(page, title) == 1);
  CHECK(contains(page, ">validation</text>"));
  CHECK(contains(page, "0.75, epoch 2</text>"));
  CHECK(count(page, "<svg") == 4);
}

TEST_CASE("training report: the page loads itself again only while the run is on") {
  TrainingReport report = full_report();
  CHECK(contains(render_training(report, 10), "http-equiv=\"refresh\" content=\"10\""));
  CHECK_FALSE(contains(render_training(report), "http-equiv"));
  report.status = RunStatus::failed;
  report.error = "[fit] need <finite>";
  CHECK_FALSE(contains(render_training(report, 10), "http-equiv"));
  CHECK(contains(render_training(report, 10), "<mark>[fit] need &lt;finite&gt;</mark>"));
}

TEST_CASE("training report: what is missing or not finite leaves no hole") {
  TrainingReport odd = full_report();
  odd.history[0].figures[1].value = std::numeric_limits<double>::quiet_NaN();
  odd.history[2].figures[2].value = std::numeric_limits<double>::infinity();
  odd.steps[3].loss = -std::numeric_limits<double>::infinity();
  TrainingReport few;
  few.steps = {{1, 2, 1, 0.1}};
  for (const TrainingReport& report : {TrainingReport{}, few, odd}) {
    const std::string page = render_training(report);
    CHECK(not_well_formed(page) == "");
    CHECK_FALSE(contains(page, "=\"nan"));
    CHECK_FALSE(contains(page, "=\"inf"));
  }
  CHECK(contains(render_training({}), "No step was finished"));
}

TEST_CASE("training report: of many records the last stand in the table") {
  TrainingReport report;
  for (int64_t epoch = 1; epoch <= 500; ++epoch) report.history.push_back(record(epoch, 1, 0.5, false));
  const std::string page = render_training(report);
  CHECK(contains(page, "The last 60 of 500 records"));
  CHECK_FALSE(contains(page, "<tr><td>440</td>"));
  CHECK(contains(page, "<tr><td>441</td>"));
}

TEST_CASE("training report: its data come back from the file, NaN included, and damage is named") {
  const test::Folder folder;
  const std::filesystem::path file = folder.root() / "report.json";
  TrainingReport report = full_report();
  report.steps[5].grad_norm = std::numeric_limits<double>::quiet_NaN();
  report.error = "broken \xff byte";
  write_report_data(file, report);
  TrainingReport read = read_report_data(file);
  CHECK(read.history.size() == 3);
  CHECK(read.history[1].seconds == 75);
  read.history = report.history;
  report.error = "broken \uFFFD byte";
  CHECK(same(read, report));
  std::string bytes = test::bytes_of(file);
  bytes[bytes.find("0.01")] = '1';
  folder.file("report.json", bytes);
  CHECK(message_of([&] { read_report_data(file); }) ==
        file.string() + ": need the text that its checksum stands for, got another");
}

TEST_CASE("training report: a killed run's page is drawn again from its log, with the times that were left") {
  const test::Folder folder;
  TrainingReport report = full_report();
  const auto draw = [&] {
    redraw_report(folder.root());
    return test::bytes_of(folder.root() / "report.html");
  };
  std::string lines;
  for (const training::Record& record : report.history) lines += metrics_line(record);
  folder.file("metrics.jsonl", lines + metrics_line(record(4, 0.9, 0.8, true)));
  CHECK(contains(draw(), "0.8, epoch 4</text>"));  // the log alone
  CHECK(contains(draw(), "step 40<"));
  write_report_data(folder.root() / "report.json", report);
  const std::string page = draw();
  CHECK(contains(page, "<dd>stopped<small>epoch 4 of 5, step 40</small>"));
  CHECK(contains(page, "0.8, epoch 4</text>"));
  CHECK(contains(page, ">Gradient norm</text>"));
  CHECK(count(page, "75 s") == 3);
  {
    const FolderLock held(folder.root());
    CHECK(contains(draw(), "<dd>running<"));
  }
  report.status = RunStatus::finished;
  write_report_data(folder.root() / "report.json", report);
  CHECK(contains(draw(), "<dd>finished<"));
}

TEST_CASE("training report: a folder without a log is refused by name") {
  const test::Folder folder;
  CHECK(message_of([&] { redraw_report(folder.root()); }) ==
        (folder.root() / "metrics.jsonl").string() + ": cannot be read");
}
