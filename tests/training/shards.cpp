// Steps in shards: the same bits on any number of ranks, and what ranks send one another.
#include <atomic>

#include "data/batch/token_stream.h"
#include "nn/language_model.h"
#include "optim/sgd.h"
#include "tests/training/rank_runs.h"
#include "training/carried.h"

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
