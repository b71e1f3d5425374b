// Rows of numbers through a narrow place and back.    autoencode FILE FOLDER
// FOLDER keeps the run: end it at any moment, and the same command goes on to the same weights.
#include <fmt/core.h>

#include <grus/data/batch/batches.h>
#include <grus/data/read/table.h>
#include <grus/grus.h>

using namespace grus;

nn::Sequential network(int64_t from, int64_t to) {
  return nn::Sequential(nn::Linear(from, 32), nn::Tanh(), nn::Linear(32, to));
}

struct Autoencoder : nn::Module<Autoencoder> {
  Autoencoder(int64_t columns, int64_t code)
      : encoder(child("encoder", network(columns, code))), decoder(child("decoder", network(code, columns))) {}

  Tensor forward(const Tensor& rows) const { return decoder(encoder(rows)); }

  nn::Sequential encoder, decoder;
};

int main(int count, char** arguments) try {
  if (count != 3) return fmt::print(stderr, "usage: autoencode FILE FOLDER\n"), 2;
  manual_seed(1);
  const data::Table table = data::read_table(arguments[1]);
  const Tensor numbers = table.matrix(table.names());
  const Tensor rows = (numbers - numbers.mean({0})) / numbers.stddev({0});
  const auto [seen, held] = data::from_tensors(rows).split({0.8, 0.2}, {.seed = 1});
  const auto noisy = seen.map([](Tensor row, Rng& rng) {  // another noise in every epoch
    const Tensor clean = row;
    return std::pair(clean + random_normal(clean.shape(), 0, 0.1, rng), clean);
  });
  auto batches = data::batches(noisy, {.size = 32});
  auto valid = data::batches(held, {.size = 256});

  Autoencoder model(rows.dim(1), 2);
  optim::Adam adam(model.named_parameters(), {.lr = 5e-3});
  metrics::RootMeanSquaredError error;
  const training::Validation validation = training::validation(
      model, valid, {&error}, [&](const Autoencoder& m, const Tensor& clean) { error.update(m(clean), clean); });
  const auto loss = [](const Autoencoder& m, const std::pair<Tensor, Tensor>& b) {
    return mse_loss(m(b.first), b.second);
  };
  const training::FitResult result = training::fit(model, adam, batches, loss,
                                                   {.epochs = 30,
                                                    .schedule = optim::cosine(600, 0.1),
                                                    .validation = validation,
                                                    .out = arguments[2],
                                                    .resume = true,
                                                    .save_every = 20});
  fmt::print("root mean squared error {:.3f}\n", result.best_record().find("valid_rmse")->value);
} catch (const Error& error) {
  return fmt::print(stderr, "autoencode: {}\n", error.what()), 1;
}
