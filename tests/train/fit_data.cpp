// fit() on the batches of data/.
#include "data/batches.h"
#include "data/loader.h"
#include "data/token_stream.h"
#include "nn/embedding.h"
#include "ops/math/reduce.h"
#include "tests/train/small_run.h"

using namespace grus;
using test::bits;
using test::message_of;

namespace {

using Pair = std::pair<Tensor, int64_t>;

data::Dataset<Pair> points() {
  return data::generate(26, [](int64_t, Rng& rng) {
    const Tensor x = random_normal({3}, 0, 1, rng);
    return Pair{x, x[0].item() > 0 ? 1 : 0};
  });
}

struct Run {
  Rng rng{1};
  test::Net net{rng};
  optim::Adam adam{net.named_parameters()};
  train::FitResult operator()(const std::string& out, int64_t batch, int64_t kill = 0) {
    auto batches = data::batches(points(), {.size = batch, .shuffle = true, .workers = 2});
    test::Killer killer;
    killer.at = kill;
    return train::fit(
        net, adam, batches,
        [](const test::Net& net, const std::pair<Tensor, Tensor>& b) { return cross_entropy(net(b.first), b.second); },
        {.epochs = 2, .out = out, .resume = true, .save_every = 1, .seed = 1, .quiet = true, .callbacks = {&killer}});
  }
};

}  // namespace

TEST_CASE(
    "fit: batches of a data set, made by workers, are resumed to the same bits, and refused when they are others") {
  const test::Folder folder;
  Run straight, killed, resumed, other;
  straight(folder.path("straight"), 4);
  CHECK_THROWS_AS(killed(folder.path("run"), 4, 9), std::runtime_error);
  const std::string message = message_of([&] { other(folder.path("run"), 5); });
  CHECK_MESSAGE(message.starts_with(folder.path("run/state.safetensors") + ": need data as the run began with, "),
                message);
  resumed(folder.path("run"), 4);
  CHECK(bits(resumed.net) == bits(straight.net));
}

TEST_CASE("fit: a loader of sentence pairs and streams of ids are batches as they are") {
  data::Loader loader({{{1, 2}, {3}, {4}}, {{1}, {2, 3}, {5}}}, {.batch_tokens = 0, .batch_sentences = 2});
  data::TokenStreams streams({1, 2, 3, 4, 5, 6, 7, 8, 9}, {.streams = 2, .steps = 2});
  Rng rng(1);
  nn::Embedding table({.count = 10, .width = 2}, rng);
  optim::Adam adam(table.named_parameters());
  const auto of_pairs = [&](const data::Batch& batch) { return mean(table(batch.source.tensor())); };
  const auto of_windows = [&](const data::StreamWindow& window) { return mean(table(window.inputs)); };
  CHECK(train::fit(table, adam, loader, of_pairs, {.epochs = 2, .quiet = true}).step == 4);
  CHECK(train::fit(table, adam, streams, of_windows, {.epochs = 2, .quiet = true}).step == 4);
}
