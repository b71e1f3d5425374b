#include <atomic>
#include <mutex>

#include "data/batch/batches.h"
#include "data/batch/token_stream.h"
#include "metrics/classification.h"
#include "metrics/mean.h"
#include "nn/language_model.h"
#include "optim/sgd.h"
#include "tests/parallel/thread_ranks.h"
#include "tests/training/small_run.h"
#include "training/carried.h"
#include "training/optimizer_shards.h"

using namespace grus;
using parallel::Communicator;
using test::bits;
using test::message_of;
using test::Net;

namespace {

using Example = std::pair<Tensor, int64_t>;

data::Batches<std::pair<Tensor, Tensor>> batches_of(int64_t size, int64_t count = 50) {
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

struct Outcome {
  std::string weights;
  std::vector<double> figures;
  training::FitResult result;
};

// One rank's training of a small classifier.
Outcome train(training::FitOptions options, Communicator* ranks, int64_t batch_size = 14) {
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

Outcome alone(const training::FitOptions& options, int64_t batch_size = 14) {
  Communicator one;
  return train(options, &one, batch_size);
}

// What all ranks must give alike.
Outcome on_ranks(int size, const training::FitOptions& options, int64_t batch_size = 14) {
  std::vector<Outcome> all(static_cast<size_t>(size));
  test::run_ranks(
      size, [&](Communicator& ranks) { all[static_cast<size_t>(ranks.rank())] = train(options, &ranks, batch_size); });
  for (const Outcome& one : all) {
    CHECK(one.weights == all[0].weights);
    CHECK(one.figures == all[0].figures);
  }
  return all[0];
}

}  // namespace

TEST_CASE("shards: any number of ranks trains the same bits and measures the same figures") {
  const training::FitOptions options{.shards = 8, .clip = 0.5, .average = 0.9, .validate_every = 5};
  const Outcome one = alone(options);
  for (const int size : {2, 3, 4, 8}) {
    const Outcome several = on_ranks(size, options);
    CHECK(several.weights == one.weights);
    CHECK(several.figures == one.figures);
  }
}

TEST_CASE("shards: accumulated batches are those of each shard, and shards without examples count for nothing") {
  const training::FitOptions options{.accumulate = 3, .shards = 5};
  const Outcome one = alone(options, 4);
  CHECK(on_ranks(2, options, 4).weights == one.weights);
  CHECK(on_ranks(5, options, 4).weights == one.weights);
}

TEST_CASE("shards: several ranks have 8 unless another number is given, and one rank with 8 gives their bits") {
  CHECK(on_ranks(2, {}).weights == alone({.shards = 8}).weights);
  CHECK(alone({.shards = 8}).weights != alone({.shards = 4}).weights);
}

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

TEST_CASE("shards: small buckets and large ones carry the same gradients") {
  CHECK(on_ranks(2, {.bucket_mb = 1e-6}).weights == on_ranks(2, {.bucket_mb = 100}).weights);
}

TEST_CASE("shards: buckets leave while the backward pass of the last shard still runs") {
  // Each bucket has one parameter. The first step learns the order in which gradients come.
  struct Watch : training::Callback {
    explicit Watch(Communicator& ranks) : ranks(ranks) {}
    Communicator& ranks;
    int64_t before = 0, left = 0, shards = 0;
    bool on_every_rank() const override { return true; }
    void shard_begin(const training::ShardBegin&, training::Control&) override { before = ranks.traffic().messages; }
    void backward_end(const training::BackwardEnd& event, training::Control&) override {
      if (event.step == 2) left += ranks.traffic().messages - before;
      if (event.step == 2) ++shards;
    }
  };
  std::atomic<int> right = 0;
  test::run_ranks(2, [&](Communicator& ranks) {
    Watch watch(ranks);
    train({.steps = 2, .bucket_mb = 1e-6, .callbacks = {&watch}}, &ranks);
    if (watch.shards == 4 && watch.left >= 4) ++right;
  });
  CHECK(right == 2);
}

TEST_CASE("shards: bf16 on the wire gives nearly the same weights, alike on all ranks, for fewer bytes") {
  training::FitOptions options{.epochs = 1, .shards = 8};
  const Outcome exact = on_ranks(3, options);
  options.wire = parallel::Wire::bf16;
  const Outcome rounded = on_ranks(3, options);
  CHECK(rounded.weights != exact.weights);
  CHECK(std::abs(rounded.figures[0] - exact.figures[0]) < 1e-2);
  options.reduce = parallel::Reduce::fast;
  CHECK(message_of([&] { on_ranks(2, options); }) ==
        "[fit] need a sum along the tree to send gradients as bf16, got the fast one");
}

TEST_CASE("shards: one rank alone sends nothing, several tell what they sent and how long they waited") {
  test::run_ranks(2, [&](Communicator& ranks) {
    train({.steps = 3}, &ranks);
    if (!ranks.leads()) return;
    const std::string line = parallel::traffic_text(ranks, 3);
    CHECK_MESSAGE(line.find("2 ranks, rank 0 in 3 steps: ") == 0, line);
    CHECK(ranks.traffic().sent > 0);
    CHECK(ranks.traffic().reducing > 0);
  });
  Communicator one;
  train({.steps = 3, .shards = 8}, &one);
  CHECK(one.traffic().sent == 0);
}

TEST_CASE("ranks: the wish of another rank's callback ends all behind the next step") {
  struct Wish : training::Callback {
    explicit Wish(bool wishes) : wishes(wishes) {}
    const bool wishes;
    bool on_every_rank() const override { return true; }
    void step_end(const training::StepEnd& event, training::Control& control) override {
      if (wishes && event.step == 3) control.stop("enough\nof it");
    }
  };
  test::run_ranks(2, [&](Communicator& ranks) {
    Wish wish(!ranks.leads());
    const Outcome outcome = train({.callbacks = {&wish}}, &ranks);
    CHECK(outcome.result.why == "enough");
    CHECK(outcome.result.step == 4);
  });
}

TEST_CASE("shards: the gradient of a step without dropout is that of the whole batch") {
  Rng rng(1), same(1);
  Net cut(rng, 0), whole(same, 0);
  const auto run = [](Net& net, int64_t shards) {
    Communicator one;
    optim::Sgd sgd(net.named_parameters(), {.lr = 0.5});
    auto batches = batches_of(14);
    training::fit(net, sgd, batches,
                  [](const Net& n, const std::pair<Tensor, Tensor>& b) {
                    return training::Loss(cross_entropy(n(b.first), b.second), static_cast<double>(b.second.dim(0)));
                  },
                  {.epochs = 2, .shards = shards, .seed = 1, .ranks = &one, .quiet = true});
  };
  run(cut, 8);
  run(whole, 0);
  CHECK(test::gap(cut.first.weight.value(), whole.first.weight.value()) < 1e-5);
  CHECK(bits(cut) != bits(whole));
}

TEST_CASE("shards: the fast sum gives nearly the same weights") {
  training::FitOptions options{.epochs = 1, .shards = 8};
  const Outcome exact = on_ranks(3, options);
  options.reduce = parallel::Reduce::fast;
  const Outcome fast = on_ranks(3, options);
  CHECK(std::abs(fast.figures[0] - exact.figures[0]) < 1e-3);
}

TEST_CASE("shards: a run of 4 ranks that was stopped goes on with 3, and ends as one never stopped") {
  const training::FitOptions options{.validate_every = 3};
  const Outcome straight = on_ranks(2, options);
  const test::Folder folder;
  training::FitOptions part = options;
  part.out = folder.path("run");
  part.resume = true;
  for (const auto& [size, steps] : {std::pair(4, 5), std::pair(3, 4), std::pair(1, 1000)}) {
    part.shards = 0;
    std::vector<Outcome> outcomes(static_cast<size_t>(size));
    test::run_ranks(size, [&, steps = steps](Communicator& ranks) {
      std::atomic<int64_t> asked = 0;
      training::FitOptions own = part;
      own.stop = [&] { return ++asked > steps && ranks.rank() == ranks.size() - 1; };
      const Outcome outcome = train(own, &ranks);
      CHECK(outcome.result.finished == (size == 1));
      outcomes[static_cast<size_t>(ranks.rank())] = outcome;
    });
    if (size > 1) continue;
    CHECK(outcomes[0].weights == straight.weights);
    CHECK(outcomes[0].figures == straight.figures);
  }
}

TEST_CASE("shards: a run goes on with the shards that it began with") {
  const test::Folder folder;
  training::FitOptions options{.steps = 2, .shards = 8, .out = folder.path("run"), .resume = true};
  alone(options);
  options.steps = 4;
  options.shards = 4;
  CHECK(message_of([&] { alone(options); }) == "[fit] need the shards that the run began with, 8, got 4");
  options.shards = 0;
  CHECK(alone(options).result.step == 4);
}

TEST_CASE("shards: a run without shards goes on with one rank alone") {
  const test::Folder folder;
  training::FitOptions options{.steps = 2, .out = folder.path("run"), .resume = true};
  alone(options);
  options.steps = 4;
  CHECK(message_of([&] { on_ranks(2, options); }) ==
        "[fit] need a run that began with shards to go on with 2 ranks, got one without");
}

TEST_CASE("ranks: other options, more ranks than shards and batches that cannot be cut are refused") {
  CHECK(message_of([] {
          test::run_ranks(2, [](Communicator& ranks) { train({.clip = ranks.leads() ? 1.0 : 2.0}, &ranks); });
        }).find("[ranks] need the same options on all ranks, got '4 epochs") == 0);
  CHECK(message_of([] {
          test::run_ranks(2, [](Communicator& ranks) {
            train({.alike = {{"--train", ranks.leads() ? "crc32:1" : "crc32:2"}}}, &ranks);
          });
        }) == "[ranks] need the same --train on all ranks, got crc32:1 on rank 0 and crc32:2 on rank 1");
  CHECK(message_of([] { on_ranks(3, {.shards = 2}); }) ==
        "[shards] need at least as many shards as ranks, got 2 for 3 ranks");
  test::Start start;
  CHECK(message_of([&] { start.fit({.epochs = 1, .shards = 2}); }).find("[fit] need batches that can be cut into 2") ==
        0);
}

TEST_CASE("ranks: the rank whose shard is not finite names the op to all") {
  const auto run = [](Communicator* ranks) {
    Rng rng(1);
    Net net(rng, 0);
    optim::Adam adam(net.named_parameters());
    auto batches = batches_of(8);
    training::fit(net, adam, batches,
                  [&](const Net& n, const std::pair<Tensor, Tensor>& b) {
                    const Tensor scores = n(b.first);
                    const bool bad = ranks->rank() == 1;
                    return cross_entropy(bad ? scores * log(scores * 0 - 1) : scores, b.second);
                  },
                  {.epochs = 1, .shards = 8, .seed = 1, .ranks = ranks, .quiet = true});
  };
  std::mutex mutex;
  std::vector<std::string> told;
  test::run_ranks(2, [&](Communicator& ranks) {
    const std::string what = message_of([&] { run(&ranks); });
    const std::lock_guard lock(mutex);
    told.push_back(what);
  });
  REQUIRE(told.size() == 2);
  CHECK(told[0] == told[1]);
  CHECK_MESSAGE(told[0].find("step 1 (epoch 1): [log]") == 0, told[0]);
}

TEST_CASE("ranks: callbacks of the leader alone are told, and may stop all") {
  struct Counter : training::Callback {
    int64_t steps = 0;
    void step_end(const training::StepEnd& event, training::Control& control) override {
      if (++steps == 3 && event.step == 3) control.stop("enough");
    }
  };
  std::atomic<int64_t> told = 0;
  test::run_ranks(2, [&](Communicator& ranks) {
    Counter counter;
    const Outcome outcome = train({.callbacks = {&counter}}, &ranks);
    CHECK(outcome.result.why == "enough");
    CHECK(outcome.result.step == 3);
    told += counter.steps;
  });
  CHECK(told == 3);
}

TEST_CASE("shards: each shard of a text's streams carries its own state, and any number of ranks gives the same bits") {
  const auto run = [](Communicator* ranks, const std::filesystem::path& out, int64_t stop_after) {
    Rng rng(1), draws(2);
    nn::LanguageModel model({.vocabulary = 9, .embedding = 5, .hidden = 6, .layers = 1, .dropout = 0.2}, rng);
    optim::Adam adam(model.named_parameters(), {.lr = 0.02});
    const Tensor drawn = random_integers({700}, 0, 9, draws, DType::i32, Device("cpu"));
    data::TokenStreams streams(drawn.to_vector<int32_t>(), {.streams = 6, .steps = 7});
    training::Carried<nn::LanguageState> carried;
    int64_t asked = 0;
    training::fit(model, adam, streams,
                  [&](const nn::LanguageModel& m, const data::StreamWindow& window) {
                    nn::LanguageLoss now =
                        m.loss(window.inputs, window.targets, window.first ? nn::LanguageState() : *carried);
                    *carried = now.state.detach();
                    return training::Loss(now.loss, static_cast<double>(window.targets.numel()), now.nll_sum);
                  },
                  {.epochs = 2,
                   .shards = 4,
                   .out = out,
                   .resume = !out.empty(),
                   .seed = 3,
                   .stop = [&] { return stop_after > 0 && ++asked > stop_after; },
                   .ranks = ranks,
                   .quiet = true,
                   .callbacks = {&carried}});
    return bits(model);
  };
  Communicator one;
  const std::string straight = run(&one, {}, 0);
  for (const int size : {2, 3}) {
    std::vector<std::string> weights(static_cast<size_t>(size));
    test::run_ranks(size,
                    [&](Communicator& ranks) { weights[static_cast<size_t>(ranks.rank())] = run(&ranks, {}, 0); });
    for (const std::string& of_rank : weights) CHECK(of_rank == straight);
  }
  const test::Folder folder;
  test::run_ranks(2, [&](Communicator& ranks) { run(&ranks, folder.path("run"), 8); });
  test::run_ranks(3, [&](Communicator& ranks) { run(&ranks, folder.path("run"), 5); });
  CHECK(run(&one, folder.path("run"), 0) == straight);
}
