#pragma once
// An autoencoder of windows of numbers.
#include "nn/gaussian_latent.h"
#include "nn/gru.h"
#include "nn/lstm.h"

namespace grus::nn {

struct WindowAutoencoderOptions {
  int64_t columns;  // C
  int64_t hidden = 32, latent = 8, layers = 1;
  bool lstm = false, variational = false;
};

/// A Rebuilt is what an autoencoder makes of its input.
struct [[nodiscard]] Rebuilt {
  Tensor y;   // (B, L, C)
  Tensor kl;  // (B), as in Code
};
void collect_tensors(const Rebuilt& rebuilt, std::vector<Tensor>& to);

/// h = unit(x_1 ... x_L), z = latent(h);  s_0 = tanh(U z + u), s_t = unit'(z, s_t-1), y_(L+1-t) = W s_t + w: one code
/// for a whole window, which the decoder gives back from its last row to its first (Malhotra et al. 2016, arXiv
/// 1607.00148; there the decoder reads its own last value, here the code at every step).
class WindowAutoencoder : public Module<WindowAutoencoder> {
 public:
  /// Throws UsageError for sizes below 1.
  explicit WindowAutoencoder(WindowAutoencoderOptions options, Rng& rng = default_rng());
  /// x (B, L, C) -> y (B, L, C), kl (B). Throws ShapeError.
  Rebuilt forward(const Tensor& x) const;
  /// x (B, L, C) -> the code.
  Code encode(const Tensor& x) const;
  /// z (B, Z) -> y (B, steps, C).
  Tensor decode(const Tensor& z, int64_t steps) const;

  WindowAutoencoderOptions options;
  std::optional<Gru> gru_encoder, gru_decoder;
  std::optional<Lstm> lstm_encoder, lstm_decoder;
  GaussianLatent latent;
  Linear start, output;
};

/// Cuts the first state (B, n H) of a decoder's layers out of rows: h (L, B, H), and c where there is one.
State first_state(const Tensor& rows, int64_t layers, bool lstm);

}  // namespace grus::nn
