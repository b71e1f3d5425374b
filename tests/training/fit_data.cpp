// fit() on what data/ has beside data sets.
#include "data/batch/token_stream.h"
#include "data/pairs/loader.h"
#include "nn/embedding.h"
#include "ops/math/reduce.h"
#include "tests/training/small_run.h"

using namespace grus;

TEST_CASE("fit: a loader of sentence pairs and streams of ids are batches as they are") {
  data::Loader loader({{{1, 2}, {3}, {4}}, {{1}, {2, 3}, {5}}}, {.batch_tokens = 0, .batch_sentences = 2});
  data::TokenStreams streams({1, 2, 3, 4, 5, 6, 7, 8, 9}, {.streams = 2, .steps = 2});
  Rng rng(1);
  nn::Embedding table({.count = 10, .width = 2}, rng);
  optim::Adam adam(table.named_parameters());
  const auto of_pairs = [&](const data::Batch& batch) { return mean(table(batch.source.tensor())); };
  const auto of_windows = [&](const data::StreamWindow& window) { return mean(table(window.inputs)); };
  CHECK(training::fit(table, adam, loader, of_pairs, {.epochs = 2, .quiet = true}).step == 4);
  CHECK(training::fit(table, adam, streams, of_windows, {.epochs = 2, .quiet = true}).step == 4);
}
