// Models on data sets of one's own: stopped and resumed, they end with the weights of a run that never stopped.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "data/batch/batches.h"
#include "data/read/table.h"
#include "data/text/keras_tokenizer.h"
#include "metrics/classification.h"
#include "metrics/regression.h"
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "optim/adam.h"
#include "tests/support/folder.h"
#include "training/fit.h"

using namespace grus;
using test::Folder;

namespace {

struct Mood : nn::Module<Mood> {
  Mood(int64_t words, Rng& rng)
      : embedding(child("embedding", nn::Embedding({.count = words, .width = 6}, rng))),
        gru(child("gru", nn::Gru({.input = 6, .hidden = 8}, rng))),
        dense(child("dense", nn::Linear(8, 2, rng))) {}
  Tensor forward(const data::Packed& text) const {
    return dense(gru.forward_packed(embedding(text.rows), text.lengths).state.h[0]);
  }
  nn::Embedding embedding;
  nn::Gru gru;
  nn::Linear dense;
};

// Trains until `stop_at` batches were used (-1: to the end) and returns the bytes of all weights.
std::vector<std::byte> train_mood(const std::string& folder, int64_t stop_at, int64_t workers) {
  const std::vector<std::string> texts{"good good film", "bad film",      "a good one",  "bad",     "so bad a story",
                                       "very good",      "a bad bad one", "good story!", "so good", "bad bad bad bad"};
  const std::vector<int64_t> labels{1, 0, 1, 0, 0, 1, 0, 1, 1, 0};
  data::KerasTokenizer tokenizer;
  tokenizer.fit_on_texts(texts);
  const auto all = data::zip(data::Dataset(tokenizer.texts_to_sequences(texts)), data::Dataset(labels));
  const auto [train, valid] = all.split({0.8, 0.2}, {.stratify = labels, .classes = 2});
  const auto shaken = train.map([](std::pair<std::vector<int32_t>, int64_t> x, Rng& rng) {
    std::swap(x.first.front(), x.first[static_cast<size_t>(rng.next().seed % x.first.size())]);
    return x;
  });
  Rng rng(1);
  Mood model(tokenizer.vocabulary_size(), rng);
  optim::Adam adam(model.named_parameters(), {.lr = 0.02});
  auto batches = data::batches(shaken, {.tokens = 9, .bucket = 4, .workers = workers});
  auto held_out = data::batches(valid, {.size = 4, .shuffle = false});
  metrics::Accuracy accuracy({.classes = 2});
  using Batch = decltype(batches)::value_type;
  const auto update = [&](const Mood& m, const Batch& b) { accuracy.update(m(b.first), b.second); };
  int64_t seen = 0;
  training::fit(model, adam, batches,
                [&](const Mood& m, const Batch& b) {
                  ++seen;
                  return training::Loss(cross_entropy(m(b.first), b.second),
                                        static_cast<double>(b.first.lengths.batch()));
                },
                {.epochs = 6,
                 .validation = training::validation(model, held_out, {&accuracy}, update),
                 .watch = "train_loss",  // falls to the end, so that the last weights are kept
                 .out = folder,
                 .resume = true,
                 .stop = [&] { return seen == stop_at; },
                 .quiet = true});
  std::vector<std::byte> weights;
  for (const auto& parameter : model.named_parameters()) {
    const auto bytes = parameter.parameter.value().to_bytes();
    weights.insert(weights.end(), bytes.begin(), bytes.end());
  }
  return weights;
}

}  // namespace

TEST_CASE(
    "fit: a classifier of ragged text, stopped and resumed with another number of workers, ends with equal bits") {
  const Folder folder;
  const auto whole = train_mood(folder.path("whole"), -1, 0);
  CHECK(train_mood(folder.path("parts"), 4, 2) != whole);
  train_mood(folder.path("parts"), 5, 1);
  CHECK(train_mood(folder.path("parts"), -1, 3) == whole);
}

TEST_CASE("fit: a forecaster on a table learns from its past, and other data do not go on with its state") {
  const Folder folder;
  std::ofstream csv(folder.path("series.csv"));
  csv << "day,level\n";
  for (int day = 0; day < 80; ++day) csv << day << ',' << std::sin(day * 0.7) << '\n';
  csv.close();
  const Tensor level = data::read_table(folder.path("series.csv")).matrix({"level"});  // (80, 1)
  const auto windows =
      data::generate(80 - 6, [level](int64_t i) { return std::pair(level.rows(i, i + 6).reshape({6}), level[i + 6]); });
  const auto [past, future] = windows.split({0.75, 0.25}, {.shuffle = false});
  Rng rng(1);
  nn::Linear line(6, 1, rng);
  optim::Adam adam(line.named_parameters(), {.lr = 0.05});
  auto batches = data::batches(past, {.size = 8}), held_out = data::batches(future, {.size = 8, .shuffle = false});
  using Batch = decltype(batches)::value_type;
  metrics::MeanAbsoluteError error;
  const auto loss = [](const nn::Linear& m, const Batch& b) { return mse_loss(m(b.first), b.second); };
  const auto update = [&](const nn::Linear& m, const Batch& b) { error.update(m(b.first), b.second); };
  training::FitOptions options{.epochs = 30,
                               .validation = training::validation(line, held_out, {&error}, update),
                               .out = folder.path("run"),
                               .resume = true,
                               .quiet = true};
  const auto result = training::fit(line, adam, batches, loss, options);
  CHECK(result.best_record().find("valid_mae")->value < 0.1);
  auto other = data::batches(past.take(50), {.size = 8});
  options.epochs = 40;
  CHECK_THROWS_AS(training::fit(line, adam, other, loss, options), Error);
}
