// A training by fit() that is killed: fit_run FOLDER SEED SAVE_EVERY VALIDATE_EVERY ACCUMULATE AVERAGE SHARDS [BATCHES]
// It exits with 0 when it is finished and with 3 when it was stopped on request.
#include <cstdio>
#include <cstdlib>

#include "data/batch/batches.h"
#include "metrics/classification.h"
#include "nn/dropout.h"
#include "nn/linear.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "optim/adam.h"
#include "parallel/world.h"
#include "training/fit.h"
#include "training/metrics_log.h"

using namespace grus;

namespace {

struct Net : nn::Module<Net> {
  explicit Net(Rng& rng)
      : first(child("first", nn::Linear(8, 32, rng))),
        dropout(child("dropout", nn::Dropout(0.3))),
        last(child("last", nn::Linear(32, 4, rng))) {}
  Tensor forward(const Tensor& x) const { return last(dropout(tanh(first(x)))); }
  nn::Linear first;
  nn::Dropout dropout;
  nn::Linear last;
};

using Batch = std::pair<Tensor, Tensor>;

// Rows are drawn anew in each epoch.
data::Batches<Batch> drawn(int64_t batches) {
  const auto row = [](int64_t i, Rng& rng) { return std::pair(random_normal({8}, 0, 1, rng), i % 4); };
  return data::batches(data::generate(16 * batches, row), {.size = 16});
}

int run(int count, char** arguments) {
  const auto number = [&](int i) { return std::atoll(arguments[i]); };
  Rng rng(1);
  Net net(rng);
  optim::Adam adam(net.named_parameters(), {.lr = 0.01});
  auto batches = drawn(count > 8 ? number(8) : 150), valid = drawn(4);
  metrics::Accuracy accuracy({.classes = 4}), train_accuracy({.classes = 4});
  training::CsvLog csv(std::filesystem::path(arguments[1]) / "log.csv");
  const int64_t seed = number(2);  // odd: the loss is scaled; even: the optimizer is sharded
  std::optional<optim::LossScaleOptions> loss_scale;
  if (seed % 2 == 1) loss_scale = optim::LossScaleOptions{.window = 3};
  const training::StopOnSignal guard;
  const auto result = training::fit(
      net, adam, batches,
      [&](const Net& n, const Batch& b) {
        const Tensor scores = n(b.first);
        train_accuracy.update(scores, b.second);
        return training::Loss(cross_entropy(scores, b.second), static_cast<double>(b.second.dim(0)));
      },
      {.epochs = 4,
       .accumulate = number(5),
       .shards = number(7),
       .shard_optimizer = seed % 2 == 0,
       .loss_scale = loss_scale,
       .clip = 1,
       .plateau = optim::PlateauOptions{.patience = 0},
       .average = std::atof(arguments[6]),
       .validation = training::validation(net, valid, {&accuracy},
                                          [&](const Net& n, const Batch& b) { accuracy.update(n(b.first), b.second); }),
       .validate_every = number(4),
       .metrics = {&train_accuracy},
       .out = arguments[1],
       .resume = true,
       .save_every = number(3),
       .keep_last = 2,
       .average_last = true,
       .seed = static_cast<uint64_t>(seed),
       .stop = training::stop_requested,
       .quiet = true,
       .callbacks = {&csv}});
  return result.finished ? 0 : 3;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return count == 8 || count == 9 ? run(count, arguments) : 2;
  } catch (const std::exception& error) {
    if (parallel::ends_with(error.what())) std::fprintf(stderr, "fit_run: %s\n", error.what());
    return 1;
  }
}
