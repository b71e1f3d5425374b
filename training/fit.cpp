#include "training/fit.h"

#include <optional>

#include "core/base/error.h"
#include "parallel/world.h"
#include "training/metrics_log.h"
#include "training/progress_line.h"
#include "training/run_folder.h"

namespace grus::training {
namespace {

void check_folder_options(const FitOptions& o) {
  const bool wants_folder = o.resume || o.overwrite || o.save_every > 0 || o.keep_last > 0 || o.average_last;
  require<UsageError>(
      !o.out.empty() || !wants_folder,
      "[fit] need a folder (out) to resume, overwrite, save_every, keep_last or average_last, got none");
  require<UsageError>(o.keep_last >= 0, "[fit] need keep_last of at least 0, got {}", o.keep_last);
  require<UsageError>(!o.average_last || o.keep_last > 0,
                      "[fit] need keep_last above 0 to average the last weights, got 0");
}

FitResult run_in_memory(nn::ModuleBase& model, optim::Optimizer& optimizer, Source& source, const FitOptions& options) {
  MemoryKeeper keeper;
  Loop loop(model, optimizer, source, keeper, options);
  loop.start();
  return loop.run();
}

// A first state is saved before anything else, so that weights without one are never a run's. The leader holds the
// folder before the others look at it.
FitResult run_in_folder(nn::ModuleBase& model, optim::Optimizer& optimizer, Source& source, FitOptions options) {
  MetricsLog log;
  options.callbacks.insert(options.callbacks.begin(), &log);
  parallel::Communicator& ranks = options.ranks ? *options.ranks : parallel::world();
  std::optional<RunFolder> folder;
  ranks.on_leader("folder", [&] { folder.emplace(options); });
  if (!folder) folder.emplace(options, RunFolder::Reader());
  const bool resumes = ranks.from_leader("resume", options.resume && folder->has_run() ? "yes" : "no") == "yes";
  Loop loop(model, optimizer, source, *folder, options);
  if (resumes) {
    loop.resume();
  } else {
    loop.start();
    loop.save();
  }
  if (ranks.leads()) folder->forget_after(loop.progress().step);
  return loop.run();
}

}  // namespace

FitResult run_fit(nn::ModuleBase& model, optim::Optimizer& optimizer, Source& source, const FitOptions& options) {
  check_folder_options(options);
  ProgressLine line;
  FitOptions all = options;
  if (!all.quiet) all.callbacks.push_back(&line);
  return all.out.empty() ? run_in_memory(model, optimizer, source, all)
                         : run_in_folder(model, optimizer, source, std::move(all));
}

}  // namespace grus::training
