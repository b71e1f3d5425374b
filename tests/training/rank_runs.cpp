#include "tests/training/rank_runs.h"

#include "metrics/classification.h"
#include "metrics/mean.h"

namespace grus::test {
namespace {

using Example = std::pair<Tensor, int64_t>;

}  // namespace

data::Batches<std::pair<Tensor, Tensor>> batches_of(int64_t size, int64_t count) {
  Rng rng(5);
  std::vector<Example> examples;
  for (int64_t i = 0; i < count; ++i) {
    const Tensor x = random_normal({3}, 0, 1, rng);
    const std::vector<float> values = x.to_vector<float>();
    examples.emplace_back(x, values[0] + values[1] > values[2]);
  }
  return data::batches(data::Dataset(std::move(examples)), {.size = size, .seed = 3}, [](std::vector<Example> some) {
    std::vector<Tensor> x;
    std::vector<int64_t> y;
    for (Example& one : some) {
      x.push_back(one.first);
      y.push_back(one.second);
    }
    return std::pair(data::collate(x), data::collate(y));
  });
}

Outcome train(training::FitOptions options, parallel::Communicator* ranks, int64_t batch_size) {
  Rng rng(1);
  Net net(rng, 0.3);
  optim::Adam adam(net.named_parameters(), {.lr = 0.05});
  auto batches = batches_of(batch_size);
  auto valid = batches_of(32);
  metrics::Accuracy accuracy({.classes = 2}), valid_accuracy({.classes = 2});
  metrics::Mean mean("nll");
  if (options.epochs + options.steps == 0) options.epochs = 4;
  options.validation = training::validation(
      net, valid, {&valid_accuracy}, [&](const Net& n, const auto& b) { valid_accuracy.update(n(b.first), b.second); });
  options.metrics = {&accuracy, &mean};
  options.seed = 7;
  options.quiet = true;
  options.ranks = ranks;
  Outcome outcome;
  outcome.result = training::fit(
      net, adam, batches,
      [&](const Net& n, const std::pair<Tensor, Tensor>& b) {
        const Tensor scores = n(b.first);
        accuracy.update(scores, b.second);
        const Tensor loss = cross_entropy(scores, b.second);
        mean.update(loss.detach(), b.second.dim(0));
        return training::Loss(loss, static_cast<double>(b.second.dim(0)));
      },
      options);
  outcome.weights = bits(net);
  for (const training::Record& record : outcome.result.history)
    for (const training::Figure& figure : record.figures) outcome.figures.push_back(figure.value);
  return outcome;
}

Outcome alone(const training::FitOptions& options, int64_t batch_size) {
  parallel::Communicator one;
  return train(options, &one, batch_size);
}

Outcome on_ranks(int size, const training::FitOptions& options, int64_t batch_size) {
  std::vector<Outcome> all(static_cast<size_t>(size));
  run_ranks(size, [&](parallel::Communicator& ranks) {
    all[static_cast<size_t>(ranks.rank())] = train(options, &ranks, batch_size);
  });
  for (const Outcome& one : all) {
    CHECK(one.weights == all[0].weights);
    CHECK(one.figures == all[0].figures);
  }
  return all[0];
}

}  // namespace grus::test
