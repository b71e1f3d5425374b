#include "training/fit_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace grus::training {
namespace {

void require_count(const char* option, int64_t value, int64_t least) {
  require<UsageError>(value >= least, "[fit] need {} of at least {}, got {}", option, least, value);
}

std::vector<std::string> known_figures(const FitOptions& o) {
  std::vector<std::string> names = {"train_loss"};
  for (const metrics::Metric* metric : o.metrics) names.push_back("train_" + metric->name());
  names.insert(names.end(), o.validation.names.begin(), o.validation.names.end());
  return names;
}

// The figures of a validation that does not name them are known after the first judgement.
void check_watch(const FitOptions& o) {
  const bool measured = o.validation.measure != nullptr;
  require<UsageError>(measured || !o.watch.empty() || (o.patience == 0 && !o.plateau),
                      "[fit] need a figure that patience and plateau go by: a validation, or watch = \"train_loss\"");
  const std::vector<std::string> names = known_figures(o);
  const bool known = std::find(names.begin(), names.end(), o.watch) != names.end();
  require<UsageError>(o.watch.empty() || known || (measured && o.validation.names.empty()),
                      "[fit] need a figure to watch among {}, got '{}'", fmt::join(names, ", "), o.watch);
}

}  // namespace

FitOptions checked(FitOptions o) {
  require<UsageError>(o.epochs > 0 || o.steps > 0, "[fit] need a length, in epochs or steps, got neither");
  require_count("epochs", o.epochs, 0);
  require_count("steps", o.steps, 0);
  require_count("accumulate", o.accumulate, 1);
  require_count("shards", o.shards, 0);
  require<UsageError>(o.bucket_mb > 0 && std::isfinite(o.bucket_mb), "[fit] need bucket_mb above 0, got {}",
                      o.bucket_mb);
  require<UsageError>(o.reduce == parallel::Reduce::tree || o.wire == parallel::Wire::f32,
                      "[fit] need a sum along the tree to send gradients as bf16, got the fast one");
  require_count("validate_every", o.validate_every, 0);
  require_count("save_every", o.save_every, 0);
  require_count("patience", o.patience, 0);
  require<UsageError>(o.clip >= 0, "[fit] need a limit of the norm of at least 0 to clip to, got {}", o.clip);
  require<UsageError>(std::isfinite(o.margin), "[fit] need a finite margin, got {}", o.margin);
  check_watch(o);
  std::vector<std::string> names;
  for (const Callback* callback : o.callbacks) {
    require<UsageError>(callback != nullptr, "[fit] need callbacks, got a null pointer");
    const std::string name = callback->name();
    require<UsageError>(name.empty() || std::find(names.begin(), names.end(), name) == names.end(),
                        "[fit] need a name of its own for each callback with a state, got '{}' twice", name);
    names.push_back(name);
  }
  return o;
}

void Loss::require_usable() const {
  require<UsageError>(loss.defined(), "[fit] need a loss of one element, got an undefined tensor");
  require(loss.numel() == 1, "[fit] need a loss of one element, got shape {}; mean() makes it one", loss.shape());
  require<UsageError>(count > 0 && std::isfinite(count),
                      "[fit] need a count above 0 of what a loss is the mean of, got {}", count);
  require(!sum.defined() || sum.numel() == 1, "[fit] need a sum of one element beside a loss, got shape {}",
          sum.shape());
}

const Record& FitResult::best_record() const {
  require<UsageError>(best >= 0, "[fit] need a run that judged its model for its best record, got none");
  return history[static_cast<size_t>(best)];
}

}  // namespace grus::training
