#include "tests/random/onnx_modules.h"

#include <fmt/format.h>

#include "core/tensor/random.h"
#include "data/read/npy.h"
#include "formats/onnx.h"
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "nn/multihead_attention.h"
#include "nn/rnn.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/sequence/attention.h"
#include "ops/sequence/sequence.h"

namespace grus::test {
namespace {

using Tensors = std::vector<Tensor>;

/// Writes a model of ids or vectors (T, B, ...) that was recorded with one size and is asked for another.
struct Writer {
  const std::string folder;
  Rng& rng;
  int written = 0;

  Tensor drawn(int64_t steps, int64_t batch, int64_t width) {
    if (width > 0) return random_normal({steps, batch, width}, 0, 0.8, rng);
    std::vector<int64_t> ids(static_cast<size_t>(steps * batch));
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i * 7 % 11);
    return Tensor::from(ids, {steps, batch});
  }

  void write(const std::string& name, const formats::OnnxFunction& f, const nn::NamedTensors& state, int64_t width,
             bool ragged) {
    const std::string path = fmt::format("{}/{}{}", folder, name, ragged ? "-ragged" : "");
    formats::OnnxOptions options{.state = state};
    if (ragged) options.lengths = formats::OnnxLengths{};
    formats::save_onnx(path + ".onnx", f, {{"x", drawn(4, 3, width), {"time", "batch"}}}, options);
    const Lengths lengths = ragged ? Lengths({2, 9, 1, 9, 5}, 9) : Lengths();
    const Tensor x = drawn(9, 5, width);
    std::vector<std::pair<std::string, Tensor>> arrays{{"x", x}};
    if (ragged) arrays.emplace_back("lengths", lengths.lengths_tensor());
    size_t k = 0;
    for (const Tensor& y : f({x}, lengths)) arrays.emplace_back(fmt::format("output{}", k++), y.detach());
    data::write_npz(path + ".npz", arrays);
    ++written;
  }

  /// Writes a recurrence over x, ragged and not: y and the last states.
  template <class M>
  void write_layers(const std::string& name, M layers) {
    layers.eval();
    const auto f = [&](const Tensors& x, const Lengths& lengths) {
      const Output out = lengths.batch() > 0 ? layers(x[0], lengths) : layers(x[0]);
      Tensors all{out.y, out.state.h};
      if (out.state.c.defined()) all.push_back(out.state.c);
      return all;
    };
    for (const bool ragged : {false, true}) write(name, f, layers.state_dict(), 3, ragged);
  }
};

void write_recurrences(Writer& to) {
  for (const int64_t layers : {1, 2, 3})
    for (const bool both : {false, true}) {
      const auto name = [&](const std::string& kind) {
        return fmt::format("{}-{}{}", kind, layers, both ? "-both" : "");
      };
      for (const Reset reset : {Reset::after, Reset::before})
        for (const Update update : {Update::keep, Update::replace})
          to.write_layers(
              name(fmt::format("gru-{}-{}", reset == Reset::after ? "after" : "before",
                               update == Update::keep ? "keep" : "replace")),
              nn::Gru(
                  {.input = 3, .hidden = 5, .layers = layers, .bidirectional = both, .reset = reset, .update = update},
                  to.rng));
      to.write_layers(name("lstm"),
                      nn::Lstm({.input = 3, .hidden = 5, .layers = layers, .bidirectional = both}, to.rng));
      to.write_layers(name("rnn"), nn::Rnn({.input = 3, .hidden = 5, .layers = layers, .bidirectional = both}, to.rng));
    }
}

/// Ids to logits by an embedding, a GRU, pooled by mean, largest and last, a norm and a linear layer.
void write_classifier(Writer& to) {
  nn::Embedding words({.count = 11, .width = 6}, to.rng);
  nn::Gru gru({.input = 6, .hidden = 4, .bidirectional = true}, to.rng);
  nn::LayerNorm norm(24);
  nn::Linear out(24, 3, to.rng);
  gru.eval();
  const auto f = [&](const Tensors& x, const Lengths& lengths) {
    const Tensor y = gru(words(x[0]), lengths).y;
    const Tensor real = unsqueeze(transpose(lengths.mask()), 2);
    const Tensor count = cast(lengths.lengths_tensor(), DType::f32).reshape({lengths.batch(), 1});
    const Tensor mean = sum(y, 0) / count, largest = amax(where(real, y, -1e9), 0);
    const Tensor last = gather_rows(pack(y, lengths), lengths.last_rows());
    return Tensors{log_softmax(out(norm(concat({mean, largest, last}, 1))))};
  };
  to.write("classifier", f, {}, 0, true);
}

void write_attention(Writer& to) {
  nn::Linear keys(6, 4, to.rng), query(6, 4, to.rng);
  const Tensor v = random_normal({4}, 0, 1, to.rng);
  const auto additive = [&](const Tensors& x, const Lengths& lengths) {
    const AttentionOutput out =
        additive_attention(query(x[0][0]), keys(x[0]), x[0], v, lengths.batch() > 0 ? &lengths : nullptr);
    return Tensors{out.context, out.weights};
  };
  to.write("additive", additive, {}, 6, false);
  to.write("additive", additive, {}, 6, true);
  nn::MultiheadAttention heads({.width = 6, .heads = 2}, to.rng);
  heads.eval();
  for (const bool causal : {false, true})
    to.write(
        causal ? "causal" : "attention",
        [&](const Tensors& x, const Lengths&) { return Tensors{heads(x[0], nn::AttentionCall{.causal = causal}).y}; },
        heads.state_dict(), 6, false);
}

}  // namespace

int write_modules(const std::string& folder, uint64_t seed) {
  Rng rng(seed);
  Writer to{folder, rng};
  write_recurrences(to);
  write_classifier(to);
  write_attention(to);
  return to.written;
}

}  // namespace grus::test
