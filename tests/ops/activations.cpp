// What a tape keeps of its records in 16 bits, and that gradients stay near those of f32.
#include <doctest/doctest.h>

#include <cmath>

#include "core/device/kernel_calls.h"
#include "core/device/precision.h"
#include "core/device/storage.h"
#include "core/tape/tape.h"
#include "core/watch/tape_print.h"
#include "nn/gru.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "ops/base/checkpoint.h"
#include "ops/conv/pool.h"
#include "ops/math/cumulative.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "tests/support/tensors.h"

using namespace grus;
using test::message_of;

namespace {

using Function = std::function<Tensor(const Tensor& x)>;

Tensor drawn(const Shape& shape, uint64_t seed, DType dtype = DType::f32) {
  Rng rng(seed);
  return random_normal(shape, 0, 1, rng, dtype, Device("cpu"));
}

/// Returns d(sum(f(x) weights)) / dx, with activations kept as `precision` says.
Tensor gradient(const Function& f, const Tensor& x, Precision precision) {
  const ActivationScope scope(precision);
  Tape tape;
  const Tensor watched = tape.watch(x), y = f(watched);
  return tape.grad(sum(y * drawn(y.shape(), 9)), {watched})[0];
}

/// Returns |a - b| / |b|, by the norms of all numbers together.
double distance(const Tensor& a, const Tensor& b) {
  const std::vector<float> x = a.to_vector<float>(), y = b.to_vector<float>();
  double apart = 0, size = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    apart += std::pow(static_cast<double>(x[i]) - static_cast<double>(y[i]), 2);
    size += std::pow(static_cast<double>(y[i]), 2);
  }
  return std::sqrt(apart / size);
}

struct Layers : nn::Module<Layers> {
  explicit Layers(Rng& rng)
      : gru(child("gru", nn::Gru({.input = 24, .hidden = 32, .bidirectional = true}, rng))),
        lstm(child("lstm", nn::Lstm({.input = 64, .hidden = 32}, rng))),
        norm(child("norm", nn::LayerNorm(32))),
        linear(child("linear", nn::Linear(32, 16, rng))) {}
  Tensor forward(const Tensor& x) const { return softmax(linear(tanh(norm(lstm(gru(x).y).y))), -1); }
  nn::Gru gru;
  nn::Lstm lstm;
  nn::LayerNorm norm;
  nn::Linear linear;
};

struct Copies : KernelObserver {
  void called(const KernelCall& call) override {
    narrowed += std::string_view(call.entry) == "copy" && is_narrow_float(call.dtype);
    copies += std::string_view(call.entry) == "copy";
  }
  int narrowed = 0, copies = 0;
};

}  // namespace

TEST_CASE("activations: gradients of layers in bf16 and f16 stay within their rounding of f32's, and are not f32's") {
  Rng rng(1);
  const Layers layers(rng);
  const Tensor x = drawn({12, 16, 24}, 2);
  const auto all = [&](Precision precision) {
    const ActivationScope scope(precision);
    for (const auto& [name, parameter] : layers.named_parameters()) parameter.leaf().zero_grad();
    Tape tape;
    const Tensor y = layers(x);
    tape.backward(sum(y * drawn(y.shape(), 3)));
    std::vector<Tensor> gradients;
    for (const auto& [name, parameter] : layers.named_parameters()) gradients.push_back(parameter.grad());
    return gradients;
  };
  const std::vector<Tensor> exactly = all(Precision::f32), again = all(Precision::f32);
  for (const auto& [precision, most] : {std::pair(Precision::bf16, 0x1p-6), {Precision::f16, 0x1p-9}}) {
    const std::vector<Tensor> rounded = all(precision), repeated = all(precision);
    for (size_t i = 0; i < exactly.size(); ++i) {
      CAPTURE(layers.named_parameters()[i].name);
      CHECK(distance(rounded[i], exactly[i]) < most);
      CHECK(rounded[i].to_bytes() == repeated[i].to_bytes());
      CHECK(exactly[i].to_bytes() == again[i].to_bytes());
    }
    CHECK(rounded[0].to_bytes() != exactly[0].to_bytes());
  }
}

TEST_CASE("activations: a tape holds half of the bytes, and a step needs less memory") {
  Rng rng(1);
  const Layers layers(rng);
  const Device cpu("cpu");
  const Tensor x = drawn({40, 64, 24}, 2);
  const auto step = [&](Precision precision) {
    const ActivationScope scope(precision);
    Tape tape;
    reset_peak_memory(cpu);
    const size_t before = memory_statistics(cpu).live;
    const Tensor loss = sum(square(layers(x)));
    const size_t held = saved_bytes(tape), live = memory_statistics(cpu).live - before;
    tape.backward(loss);
    return std::array<size_t, 3>{held, live, memory_statistics(cpu).peak - before};
  };
  step(Precision::f32);
  const auto [held, live, peak] = step(Precision::f32);
  for (const Precision precision : {Precision::bf16, Precision::f16}) {
    const auto [held_narrow, live_narrow, peak_narrow] = step(precision);
    CHECK(static_cast<double>(held_narrow) < 0.6 * static_cast<double>(held));  // parameters and x stay f32
    CHECK(static_cast<double>(live_narrow) < 0.6 * static_cast<double>(live));
    CHECK(static_cast<double>(peak_narrow) < 0.9 * static_cast<double>(peak));
  }
}

TEST_CASE(
    "activations: a tensor that several records save is rounded once, and small ones, constants and parameters never") {
  const ActivationScope scope(Precision::bf16);
  const Ref<Leaf> w = Leaf::create(drawn({64, 64}, 1));
  const Tensor constant = drawn({64, 64}, 2), small = Tensor::full({8}, 0.5, DType::f32, Device("cpu"));
  Tape tape;
  const Tensor x = tape.watch(drawn({64, 64}, 3)), few = tape.watch(small);
  Copies copies;
  {
    const KernelObserverScope observed(copies);
    const Tensor y = matmul(x, w->tensor()) + x * x + x * constant;
    CHECK(square(few).defined());
  }
  CHECK(copies.narrowed == 1);
  int narrow = 0, wide = 0;
  for (size_t i = 0; i < tape.size(); ++i)
    for (const Tensor& saved : tape.record(i).saved)
      if (saved.defined()) ++(saved.dtype() == DType::bf16 ? narrow : wide);
  CHECK(narrow == 3);  // of the product, and twice of x * x
  CHECK(wide == 3);    // the parameter, the constant, the small one
}

TEST_CASE("activations: what a gradient compares, divides out or multiplies many times is kept as it is") {
  const Tensor x = drawn({64, 128}, 4), image = drawn({1, 2, 64, 64}, 5);
  const Tensor other = x + 0.001f * drawn({64, 128}, 6);
  const std::pair<const char*, Function> functions[] = {
      {"amax", [](const Tensor& x) { return amax(x, {1}); }},
      {"clamp", [](const Tensor& x) { return clamp(x, -0.5, 0.5); }},
      {"maximum", [&](const Tensor& x) { return maximum(x, other); }},
      {"logsumexp", [](const Tensor& x) { return logsumexp(100 * x, {1}); }},
      {"log_softmax", [](const Tensor& x) { return log_softmax(100 * x, 1); }},
      {"cumprod", [](const Tensor& x) { return cumprod(1 + 0.01f * x, 1); }},
      {"prod", [](const Tensor& x) { return prod(1 + 0.01f * x, {1}); }},
      {"remainder",
       [](const Tensor& x) {
         return remainder(Tensor::full({64, 128}, 7.3), 0.1f + square(x));
       }},
  };
  for (const auto& [name, f] : functions) {
    CAPTURE(name);
    CHECK(distance(gradient(f, x, Precision::bf16), gradient(f, x, Precision::f32)) < 0x1p-7);
  }
  const Function pooled = [](const Tensor& x) { return max_pool2d(x, {2, 2}); };
  CHECK(gradient(pooled, image, Precision::bf16).to_bytes() == gradient(pooled, image, Precision::f32).to_bytes());
}

TEST_CASE("activations: gradients can be asked for twice, and have gradients") {
  const Function f = [](const Tensor& x) { return sigmoid(matmul(tanh(x), x)); };
  const Tensor x = drawn({64, 64}, 1);
  const auto second = [&](Precision precision) {
    const ActivationScope scope(precision);
    Tape tape;
    const Tensor watched = tape.watch(x);
    const Tensor y = sum(f(watched)), first = tape.grad(y, {watched}, true)[0];
    CHECK(tape.grad(y, {watched})[0].to_bytes() == tape.grad(y, {watched})[0].to_bytes());
    return tape.grad(sum(square(first)), {watched})[0];
  };
  CHECK(distance(second(Precision::bf16), second(Precision::f32)) < 0x1p-5);
}

TEST_CASE("activations: a fused loop writes no gradient over what a later walk reads") {
  Rng rng(1);
  const nn::Gru gru({.input = 8, .hidden = 16}, rng);
  const nn::Lstm lstm({.input = 8, .hidden = 16}, rng);
  const Tensor x = drawn({20, 16, 8}, 2);
  const Ref<Leaf> leaf = Leaf::create(x);
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const ActivationScope scope(precision);
    Tape tape;
    const Tensor input = leaf->tensor(), y = sum(square(gru(input).y)) + sum(square(lstm(input).y));
    const Tensor first = tape.grad(y, {input})[0], again = tape.grad(y, {input})[0];
    leaf->zero_grad();
    tape.backward(y);
    CHECK(first.to_bytes() == again.to_bytes());
    CHECK(first.to_bytes() == leaf->grad().to_bytes());
  }
}

TEST_CASE("activations: a checkpoint's second run keeps them as the tape does that it belongs to") {
  const Function inner = [](const Tensor& x) { return tanh(matmul(tanh(x), x)); };
  const Tensor x = drawn({64, 64}, 1);
  Copies copies;
  Tape* made = nullptr;
  {
    const ActivationScope scope(Precision::bf16);
    made = new Tape;
  }
  const std::unique_ptr<Tape> tape(made);
  const Tensor watched = tape->watch(x);
  const Tensor y = sum(checkpoint(
      std::function<Tensor(std::span<const Tensor>)>([&](std::span<const Tensor> xs) { return inner(xs[0]); }),
      {watched}));
  const KernelObserverScope observed(copies);
  CHECK(tape->grad(y, {watched})[0].defined());
  CHECK(copies.narrowed >= 2);
}

TEST_CASE("activations: f64 and int8 are refused in a sentence, and numbers beyond f16 become infinite") {
  {
    const ActivationScope scope(Precision::bf16);
    Tape tape;
    const Tensor x = tape.watch(drawn({2, 3}, 1, DType::f64));
    CHECK(message_of([&] { const Tensor y = tanh(x); }) ==
          "[tanh] need f32 where activations are kept in bf16, got f64 (2, 3)");
  }
  CHECK(message_of([] { const ActivationScope scope(Precision::int8); }) ==
        "[activations] need f32, bf16 or f16, got int8, which is for inference");
  CHECK(activation_precision() == Precision::f32);
  const Tensor x = Tensor::full({64, 64}, 70000, DType::f32, Device("cpu"));
  CHECK(std::isinf(gradient([](const Tensor& x) { return x * x; }, x, Precision::f16).to_vector<float>()[0]));
  CHECK(std::isfinite(gradient([](const Tensor& x) { return x * x; }, x, Precision::bf16).to_vector<float>()[0]));
}
