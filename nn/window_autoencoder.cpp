#include "nn/window_autoencoder.h"

#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"

namespace grus::nn {
namespace {

WindowAutoencoderOptions checked(const WindowAutoencoderOptions& o) {
  require<UsageError>(
      o.columns > 0 && o.hidden > 0 && o.latent > 0 && o.layers > 0,
      "[WindowAutoencoder] need columns, hidden, latent and layers of at least 1, got {}, {}, {} and {}", o.columns,
      o.hidden, o.latent, o.layers);
  return o;
}

}  // namespace

void collect_tensors(const Rebuilt& rebuilt, std::vector<Tensor>& to) {
  to.push_back(rebuilt.y);
  if (rebuilt.kl.defined()) to.push_back(rebuilt.kl);
}

State first_state(const Tensor& rows, int64_t layers, bool lstm) {
  const int64_t parts = layers * (lstm ? 2 : 1);
  require(rows.rank() == 2 && rows.dim(1) % parts == 0, "[first_state] need rows (B, n H) of {} states, got {}", parts,
          rows.shape());
  const Tensor all = rows.reshape({rows.dim(0), parts, rows.dim(1) / parts}).transpose(0, 1);
  return lstm ? State{all.rows(0, layers), all.rows(layers, parts)} : State(all);
}

WindowAutoencoder::WindowAutoencoder(WindowAutoencoderOptions given, Rng& rng)
    : options(checked(given)),
      latent(
          child("latent",
                GaussianLatent({.input = given.hidden, .size = given.latent, .variational = given.variational}, rng))),
      start(child("start", Linear(given.latent, given.layers * given.hidden * (given.lstm ? 2 : 1), rng))),
      output(child("output", Linear(given.hidden, given.columns, rng))) {
  const auto layers = [&](auto made, int64_t input) {
    made.input = input, made.hidden = options.hidden, made.layers = options.layers;
    return made;
  };
  if (options.lstm) {
    lstm_encoder.emplace(child("encoder", Lstm(layers(LstmOptions{}, options.columns), rng)));
    lstm_decoder.emplace(child("decoder", Lstm(layers(LstmOptions{}, options.latent), rng)));
  } else {
    gru_encoder.emplace(child("encoder", Gru(layers(GruOptions{}, options.columns), rng)));
    gru_decoder.emplace(child("decoder", Gru(layers(GruOptions{}, options.latent), rng)));
  }
}

Code WindowAutoencoder::encode(const Tensor& x) const {
  require(x.rank() == 3 && x.dim(2) == options.columns && x.dim(1) > 0,
          "[WindowAutoencoder] need x (B, L, {}) with L > 0, got {}", options.columns, x.shape());
  const Tensor steps = x.transpose(0, 1);
  const State last = options.lstm ? (*lstm_encoder)(steps).state : (*gru_encoder)(steps).state;
  return latent(last.h[-1]);
}

Tensor WindowAutoencoder::decode(const Tensor& z, int64_t steps) const {
  const State first = first_state(tanh(start(z)), options.layers, options.lstm);
  const Tensor x = broadcast_to(z.reshape({1, z.dim(0), z.dim(1)}), {steps, z.dim(0), z.dim(1)});
  const Tensor s = options.lstm ? (*lstm_decoder)(x, first).y : (*gru_decoder)(x, first).y;
  return flip(output(s), {0}).transpose(0, 1);
}

Rebuilt WindowAutoencoder::forward(const Tensor& x) const {
  Code code = encode(x);
  return {decode(code.z, x.dim(1)), std::move(code.kl)};
}

}  // namespace grus::nn
