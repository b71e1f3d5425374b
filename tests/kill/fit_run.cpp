// A training by fit() that is killed: fit_run FOLDER SEED SAVE_EVERY VALIDATE_EVERY ACCUMULATE AVERAGE
// It exits with 0 when it is finished and with 3 when it was stopped on request.
#include <cstdio>
#include <cstdlib>

#include "metrics/classification.h"
#include "nn/dropout.h"
#include "nn/linear.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "optim/adam.h"
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

struct Batch {
  Tensor x, y;
};

// Batches are drawn from their epoch and place.
struct Drawn {
  int64_t batches_, epoch = 0, at = 0;
  void start(int64_t e, int64_t position) {
    epoch = e;
    at = position;
  }
  std::optional<Batch> next() {
    if (at == batches_) return std::nullopt;
    Rng rng(static_cast<uint64_t>(1000 * epoch + at++));
    const Tensor x = random_normal({16, 8}, 0, 1, rng);
    std::vector<int32_t> labels;
    for (int64_t row = 0; row < 16; ++row) labels.push_back(static_cast<int32_t>((row + at) % 4));
    return Batch{x, Tensor::from(labels)};
  }
  int64_t batches() const { return batches_; }
};

int run(char** arguments) {
  const auto number = [&](int i) { return std::atoll(arguments[i]); };
  Rng rng(1);
  Net net(rng);
  optim::Adam adam(net.named_parameters(), {.lr = 0.01});
  Drawn batches{150}, valid{4};
  metrics::Accuracy accuracy({.classes = 4}), train_accuracy({.classes = 4});
  training::CsvLog csv(std::filesystem::path(arguments[1]) / "log.csv");
  const training::StopOnSignal guard;
  const auto result =
      training::fit(net, adam, batches,
                    [&](const Net& n, const Batch& b) {
                      const Tensor scores = n(b.x);
                      train_accuracy.update(scores, b.y);
                      return training::Loss(cross_entropy(scores, b.y), 16);
                    },
                    {.epochs = 4,
                     .accumulate = number(5),
                     .clip = 1,
                     .plateau = optim::PlateauOptions{.patience = 0},
                     .average = std::atof(arguments[6]),
                     .validation = training::validation(
                         net, valid, {&accuracy}, [&](const Net& n, const Batch& b) { accuracy.update(n(b.x), b.y); }),
                     .validate_every = number(4),
                     .metrics = {&train_accuracy},
                     .out = arguments[1],
                     .resume = true,
                     .save_every = number(3),
                     .keep_last = 2,
                     .average_last = true,
                     .seed = static_cast<uint64_t>(number(2)),
                     .stop = training::stop_requested,
                     .quiet = true,
                     .callbacks = {&csv}});
  return result.finished ? 0 : 3;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return count == 7 ? run(arguments) : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fit_run: %s\n", error.what());
    return 1;
  }
}
