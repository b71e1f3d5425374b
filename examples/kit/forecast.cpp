// The next 12 rows of a table of numbers from the last 24.    forecast FILE FOLDER
// FOLDER keeps the run: end it at any moment, and the same command goes on to the same weights.
#include <fmt/core.h>

#include <grus/data/batch/batches.h>
#include <grus/data/read/table.h>
#include <grus/grus.h>

using namespace grus;
using Batch = std::pair<Tensor, Tensor>;  // past (B, 24, C), future (B, 12, C)

constexpr int64_t seen = 24, ahead = 12;

struct Forecaster : nn::Module<Forecaster> {
  explicit Forecaster(int64_t columns)
      : gru(child("gru", nn::Gru({.input = columns, .hidden = 48, .batch_first = true}))),
        output(child("output", nn::Linear(48, ahead * columns))) {}

  // What is forecast is the difference to the last row, so that a level that drifts does no harm.
  Tensor forward(const Tensor& past) const {
    const int64_t batch = past.dim(0), columns = past.dim(2);
    const Tensor last = slice(past, 1, seen - 1, seen);
    return last + output(gru(past - last).state.h[0]).reshape({batch, ahead, columns});
  }

  nn::Gru gru;
  nn::Linear output;
};

int main(int count, char** arguments) try {
  if (count != 3) return fmt::print(stderr, "usage: forecast FILE FOLDER\n"), 2;
  manual_seed(1);
  const data::Table table = data::read_table(arguments[1]);
  const Tensor rows = table.matrix(table.names());
  const Tensor past = rows.rows(0, rows.dim(0) * 8 / 10);  // the scale comes from what training may see
  const Tensor series = (rows - past.mean({0})) / past.stddev({0});
  const auto windows = data::generate(rows.dim(0) - seen - ahead + 1, [&](int64_t i) {
    return Batch(series.rows(i, i + seen), series.rows(i + seen, i + seen + ahead));
  });
  const auto [first, later] = windows.split({0.8, 0.2}, {.shuffle = false});  // by time
  auto batches = data::batches(first, {.size = 32}), valid = data::batches(later, {.size = 256});

  Forecaster model(rows.dim(1));
  optim::Adam adam(model.named_parameters(), {.lr = 3e-3});
  metrics::MeanAbsoluteError error;
  const auto judge = [&](const Forecaster& m, const Batch& b) { error.update(m(b.first), b.second); };
  const auto loss = [](const Forecaster& m, const Batch& b) { return mse_loss(m(b.first), b.second); };
  const training::FitResult result = training::fit(model, adam, batches, loss,
                                                   {.epochs = 10,
                                                    .clip = 1,
                                                    .validation = training::validation(model, valid, {&error}, judge),
                                                    .out = arguments[2],
                                                    .resume = true,
                                                    .save_every = 20});
  fmt::print("mean absolute error {:.3f} standard deviations\n", result.best_record().find("valid_mae")->value);
} catch (const Error& error) {
  return fmt::print(stderr, "forecast: {}\n", error.what()), 1;
}
