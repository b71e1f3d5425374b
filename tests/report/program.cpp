// grus-report as a person meets it.
#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/support/folder.h"
#include "tests/support/program.h"
#include "tests/support/skip.h"
#include "training/metrics_log.h"

using namespace grus;

namespace {

bool without_program() {
  const bool none = !std::getenv("REPORT_PROGRAM");
  if (none) test::skip("the programs were not built");
  return none;
}

test::ProgramResult run(const test::Folder& folder, const std::string& arguments) {
  return test::run_program(folder, "REPORT_PROGRAM", arguments);
}

}  // namespace

TEST_CASE("grus-report: draws the page of a run's folder and says where it is") {
  if (without_program()) return;
  const test::Folder folder;
  folder.file("metrics.jsonl",
              metrics_line(training::Record{.epoch = 1, .step = 10, .figures = {{"train_loss", 0.5}}}));
  const test::ProgramResult result = run(folder, folder.root().string());
  CHECK_MESSAGE(result.code == 0, result.err);
  CHECK(result.out == "report: " + folder.path("report.html") + "\n");
  CHECK(test::bytes_of(folder.path("report.html")).find(">Loss</text>") != std::string::npos);
}

TEST_CASE("grus-report: a folder without a run is one line, and leaves no page") {
  if (without_program()) return;
  const test::Folder folder;
  test::check_error(run(folder, folder.root().string()), 1, "metrics.jsonl: cannot be read");
  CHECK_FALSE(std::filesystem::exists(folder.path("report.html")));
  CHECK(run(folder, "").code == 2);
}
