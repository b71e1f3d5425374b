// What ranks share out beside the shards of a step: optimizers and validations.
#include "training/optimizer_shards.h"

#include <atomic>

#include "metrics/classification.h"
#include "metrics/mean.h"
#include "tests/training/rank_runs.h"

using namespace grus;
using parallel::Communicator;
using test::alone;
using test::batches_of;
using test::bits;
using test::message_of;
using test::Net;
using test::on_ranks;
using test::Outcome;
using test::train;

TEST_CASE("shards: a sharded optimizer has the bits of a whole one, averages included") {
  training::FitOptions options{.shards = 8, .clip = 0.5, .average = 0.9, .validate_every = 5};
  const Outcome whole = alone(options);
  options.shard_optimizer = true;
  CHECK(alone(options).weights == whole.weights);
  for (const int size : {2, 3, 8}) {
    const Outcome sharded = on_ranks(size, options);
    CHECK(sharded.weights == whole.weights);
    CHECK(sharded.figures == whole.figures);
  }
}

TEST_CASE("shards: each rank keeps the optimizer's state of its own parameters alone") {
  std::vector<int64_t> kept(2);
  test::run_ranks(2, [&](Communicator& ranks) {
    Rng rng(1);
    Net net(rng, 0.3);
    optim::Adam adam(net.named_parameters());
    auto batches = batches_of(14);
    training::fit(net, adam, batches,
                  [](const Net& n, const std::pair<Tensor, Tensor>& b) { return cross_entropy(n(b.first), b.second); },
                  {.steps = 2, .shard_optimizer = true, .seed = 1, .ranks = &ranks, .quiet = true});
    int64_t own = 0;
    for (const auto& [name, tensor] : adam.state())
      if (name.find("weight") != std::string::npos || name.find("bias") != std::string::npos) own += tensor.numel();
    kept[static_cast<size_t>(ranks.rank())] = own;
    CHECK(message_of([&] {
            adam.share({true, true, true, true});
          }).find("whose steps were taken elsewhere") != std::string::npos);
  });
  Rng rng(1);
  const int64_t whole = 2 * Net(rng, 0.3).parameter_count();  // two moments
  CHECK(kept[0] + kept[1] == whole);
  CHECK(std::max(kept[0], kept[1]) < whole * 2 / 3);
}

TEST_CASE("shards: the state of sharded optimizers goes on with any number of ranks, sharded or not") {
  const training::FitOptions options{.average = 0.9, .validate_every = 3};
  const Outcome straight = on_ranks(2, options);
  const test::Folder folder;
  training::FitOptions part = options;
  part.out = folder.path("run");
  part.resume = true;
  for (const auto& [size, steps] : {std::pair(4, 4), std::pair(3, 4), std::pair(2, 3), std::pair(1, 1000)}) {
    part.shards = 0;
    part.shard_optimizer = size != 2;
    Outcome last;
    test::run_ranks(size, [&, steps = steps](Communicator& ranks) {
      std::atomic<int64_t> asked = 0;
      training::FitOptions own = part;
      own.stop = [&] { return ++asked > steps && ranks.leads(); };
      const Outcome outcome = train(own, &ranks);
      if (ranks.leads()) last = outcome;
    });
    if (size > 1) continue;
    CHECK(last.weights == straight.weights);
    CHECK(last.figures == straight.figures);
  }
}

TEST_CASE("owners_of: the parameters of an optimizer are dealt out evenly by their numbers") {
  Rng rng(1);
  const Net net(rng, 0);  // 6 x 3, 6, 2 x 6, 2
  CHECK(training::owners_of(net.named_parameters(), 1) == std::vector<int>{0, 0, 0, 0});
  CHECK(training::owners_of(net.named_parameters(), 2) == std::vector<int>{0, 1, 1, 0});
  CHECK(training::owners_of(net.named_parameters(), 8).size() == 4);
}

TEST_CASE("shards: ranks share out a validation of independent batches, and measure what one rank measures") {
  const auto run = [](int size) {
    std::vector<double> values;
    std::vector<int64_t> updates(static_cast<size_t>(size));
    test::run_ranks(size, [&](Communicator& ranks) {
      Rng rng(1);
      Net net(rng, 0);
      auto valid = batches_of(3);  // 17 batches
      metrics::Mean loss("loss");
      metrics::Accuracy accuracy({.classes = 2});
      int64_t own = 0;
      const training::Validation validation =
          training::validation(net, valid, {&loss, &accuracy}, [&](const Net& n, const auto& b) {
            const Tensor scores = n(b.first);
            loss.update(cross_entropy(scores, b.second).detach(), b.second.dim(0));
            accuracy.update(scores, b.second);
            ++own;
          });
      const std::vector<training::Figure> figures = validation.measure_on_ranks(ranks);
      updates[static_cast<size_t>(ranks.rank())] = own;
      if (!ranks.leads()) return;
      for (const training::Figure& figure : figures) values.push_back(figure.value);
      if (size == 1)
        for (const training::Figure& figure : validation.measure()) values.push_back(figure.value);
    });
    for (int rank = 0; rank < size; ++rank) CHECK(updates[static_cast<size_t>(rank)] == (17 - rank + size - 1) / size);
    return values;
  };
  const std::vector<double> one = run(1);
  REQUIRE(one.size() == 4);
  CHECK(std::vector(one.begin(), one.begin() + 2) == std::vector(one.begin() + 2, one.end()));
  for (const int size : {2, 3, 8}) CHECK(run(size) == std::vector(one.begin(), one.begin() + 2));
}
