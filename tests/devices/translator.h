#pragma once
// A small attention translator on whatever device is the default, and its training: embeddings, a bidirectional GRU,
// attention inside the decoder's loop, the fused output layer, dropout, clipping and Adam.
#include <memory>
#include <string>
#include <vector>

#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "optim/adam.h"

namespace grus::test {

/// Makes a device the default one of this thread, as long as it lives.
class OnDevice {
 public:
  explicit OnDevice(Device device) : before_(default_device()) { set_default_device(device); }
  ~OnDevice() { set_default_device(before_); }
  OnDevice(const OnDevice&) = delete;

 private:
  Device before_;
};

struct Sentences {
  Tensor source, inputs, targets;  // packed ids
  Lengths source_lengths, target_lengths;
};
/// Returns a ragged batch of made-up sentences of at most `longest` words; another `salt` gives others.
Sentences sentences(int64_t batch, int64_t longest, int32_t salt);

class SmallTranslator : public nn::Module<SmallTranslator> {
 public:
  static constexpr int64_t words = 24, width = 10, hidden = 16;
  explicit SmallTranslator(Rng& rng);
  /// Returns the mean loss of a target word.
  Tensor forward(const Sentences& batch) const;

  nn::Embedding source_embedding, target_embedding;
  nn::Gru encoder;
  nn::Linear initial, query, key, score;
  nn::GruCell cell;
  nn::Linear output;

 private:
  Tensor embedded(const nn::Embedding& table, const Tensor& ids, const Lengths& lengths) const;
};

/// A training has a model and an optimizer, with the same numbers on every device.
struct Training {
  Training();
  /// Takes a step: forward, backward, clipped Adam. Returns the loss before it, which nobody has waited for.
  Tensor step(const Sentences& batch);
  /// Returns the loss without dropout.
  double judge(const Sentences& batch);

  Rng rng{7};
  SmallTranslator model{rng};
  nn::Parameters parameters = model.named_parameters();
  optim::Adam adam{parameters, {.lr = 0.003}};
};

/// Returns the losses of a new Training over `steps` steps on `device`.
std::vector<double> losses_on(Device device, int64_t steps);

}  // namespace grus::test
