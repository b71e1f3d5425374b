#include "examples/support/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/replaced_model.h"
#include "examples/support/program.h"
#include "parallel/world.h"
#include "training/progress_line.h"

namespace grus::programs {
namespace {

report::Facts facts_of(const options::Table& table) {
  report::Facts facts;
  for (const options::Option& row : table)
    if (row.saved) facts.emplace_back(row.flag, text_of(row));
  return facts;
}

}  // namespace

/// Drops the model that the run replaces once its own is whole (write_last comes later), counts steps, and prints a
/// line each record where fit()'s own line of progress, which needs a terminal, does not.
class Run::Listener : public training::Callback {
 public:
  explicit Listener(std::filesystem::path folder) : folder_(std::move(folder)) {}
  int64_t step = 0;
  bool comes_last = false;
  void step_end(const training::StepEnd& event, training::Control&) override { step = event.step; }
  void recorded(const training::Recorded& event, training::Control&) override {
    if (!comes_last) drop_replaced_model(folder_);
    if (isatty(STDERR_FILENO) != 0) return;
    fmt::print("{}\n", training::text_of(event.record));
    std::fflush(stdout);
  }

 private:
  const std::filesystem::path folder_;
};

Run::Run(std::string program, options::Table table, const tasks::TrainingOptions& o, const About& about)
    : program_(std::move(program)),
      table_(std::move(table)),
      options_(o),
      watch_(o.show_step, o.profile),
      report_({.title = about.title, .model = about.model, .command = about.command, .options = facts_of(table_)}),
      listener_(std::make_unique<Listener>(o.out)) {}

Run::~Run() = default;

training::FitOptions Run::begin(const tasks::RunFiles& files, int64_t batches) {
  parallel::world().on_leader("begin", [&] { tasks::begin_run(program_, table_, files); });
  listener_->comes_last = !files.last.empty();
  training::FitOptions fit = tasks::fit_options(options_, batches);
  fit.alike = files.data;
  fit.callbacks = {&watch_, &report_, listener_.get()};
  fit.stop = [this] {
    return training::stop_requested() || (options_.stop_after > 0 && listener_->step >= options_.stop_after);
  };
  return fit;
}

bool ends_here(const training::FitResult& result) {
  const parallel::Communicator& ranks = parallel::world();
  if (ranks.several()) fmt::print("{}\n", parallel::traffic_text(ranks, result.step));
  return !result.finished || !ranks.leads();
}

std::string name_of(const options::Option& row) {
  std::string word = text_of(row);
  if (word == "gru" || word == "lstm" || word == "rnn")
    for (char& c : word) c = static_cast<char>(c - 'a' + 'A');
  return word;
}

int stopped(const training::FitResult& result) {
  if (result.finished) return 0;
  complain(fmt::format("stopped after step {}; all is saved: the same command with --resume goes on", result.step));
  return 3;
}

}  // namespace grus::programs
