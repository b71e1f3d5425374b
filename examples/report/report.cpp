// grus-report: draws the reports of training runs anew, also of those that were killed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "examples/support/program.h"
#include "training/training_report.h"

namespace {

int draw(int argc, char** argv) {
  CLI::App app("Draws report.html of training runs from the metrics.jsonl and report.json in their folders.");
  app.footer("A run that nobody goes on with, and that did not end by itself, is shown as stopped.");
  std::vector<std::string> folders;
  app.add_option("FOLDER", folders, "of a run")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  for (const std::string& folder : folders) {
    grus::training::redraw_report(folder);
    fmt::print("report: {}\n", (std::filesystem::path(folder) / "report.html").string());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return grus::run_program("grus-report", [&] { return draw(argc, argv); });
}
