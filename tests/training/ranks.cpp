// Runs of several ranks that stop, go on or fail.
#include <atomic>
#include <mutex>

#include "tests/training/rank_runs.h"

using namespace grus;
using parallel::Communicator;
using test::alone;
using test::batches_of;
using test::message_of;
using test::Net;
using test::on_ranks;
using test::Outcome;
using test::train;

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
