#pragma once
// A small translator and its training step.
#include "ops/math/elementwise.h"
#include "optim/adam.h"
#include "optim/clip.h"
#include "tests/bench/peer_model.h"

namespace grus::bench {

/// Returns `count` sentences of 3 to 9 words, no two neighbours of the same length.
inline std::vector<std::vector<int32_t>> sentences(int64_t count, int32_t words, int64_t salt) {
  std::vector<std::vector<int32_t>> rows;
  for (int64_t b = 0; b < count; ++b) {
    std::vector<int32_t>& row = rows.emplace_back(1, SOS);
    for (int64_t i = 0; i < 3 + (b * 5 + salt) % 7; ++i)
      row.push_back(4 + static_cast<int32_t>((b * 31 + i * 17 + salt) % (words - 4)));
    row.push_back(EOS);
  }
  return rows;
}

struct Translator {
  static constexpr int32_t words = 60;
  static constexpr int64_t batch = 8;
  Rng rng{1};
  PeerModel model{words, words, 0.1, rng};
  nn::Parameters parameters = model.named_parameters();
  optim::Adam adam{parameters};
  std::vector<std::vector<int32_t>> source = sentences(batch, words, 1), target = sentences(batch, words, 4);
  PackedIds s = packed_ids(source, 0, batch, 0, 0), inputs = packed_ids(target, 0, batch, 0, 1),
            targets = packed_ids(target, 0, batch, 1, 0);

  void train() {
    adam.zero_grad();
    Tape tape;
    tape.backward(model(s, inputs, targets.ids));
    adam.step(optim::clip_scale(parameters, 1.0).scale);
  }
  /// Returns the multiply-adds of a training step's products at real places, times 6: forward, and twice that backward.
  double flops() const {
    constexpr double E = 256, H = 512, V = words;
    const auto n = static_cast<double>(s.lengths.total()), m = static_cast<double>(inputs.lengths.total()),
               b = static_cast<double>(batch);
    return 6 * (n * (2 * 3 * H * (E + H) + 2 * H * H) + b * 2 * H * H +
                m * (3 * H * (E + 3 * H) + H * H + V * (E + 3 * H)));
  }
};

}  // namespace grus::bench
