#include "metrics/mean.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/tape/tape.h"
#include "ops/loss/linear_cross_entropy.h"
#include "ops/loss/loss.h"
#include "tests/metrics/numbers.h"
#include "tests/support/tensors.h"
#include "tests/support/waits.h"

using namespace grus;
using namespace grus::metrics;
using test::inf;
using test::message_of;
using test::nan_number;

TEST_CASE("mean: losses of batches count by their examples") {
  for (const Device& device : test::devices()) {
    Mean loss;
    loss.update(Tensor::full({}, 2, DType::f32, device), 3);
    loss.update(Tensor::full({1}, 6, DType::f64, device), 1);
    loss.update(1.0, 4);
    loss.update(Tensor::full({}, nan_number, DType::f32, device), 0);  // no example, no loss
    CHECK(loss.value() == 2);
    loss.update(Tensor::from({8.0f, nan_number, 12.0f}, {3}, device),
                Tensor::from_bools({true, false, true}, {3}, device));
    CHECK(loss.value() == doctest::Approx(3.6));
    loss.reset();
    loss.update(Tensor::from({1.0, 4.0}, {2}, device), Tensor::from({3.0, 1.0}, {2}, device));
    CHECK(loss.value() == 1.75);
  }
}

TEST_CASE("mean: an update of a recorded loss is not recorded and keeps no tape") {
  Tape tape;
  const Tensor loss = mse_loss(tape.watch(Tensor::from({1.0f, 2.0f}, {2})), Tensor::zeros({2}));
  const size_t records = tape.size();
  Mean mean;
  mean.update(loss, 2);
  CHECK(tape.size() == records);
  tape.backward(loss);
  CHECK(mean.value() == 2.5);
}

TEST_CASE("mean: nothing, NaN and infinities of both signs are errors, not NaN") {
  Mean loss;
  CHECK(message_of([&] { (void)loss.value(); }) == "[loss] need at least one example, got none");
  loss.update(1.0, 2);
  loss.update(nan_number, 2);
  CHECK(message_of([&] { (void)loss.value(); }) ==
        "[loss] need values that are numbers, got NaN in row 1 since the reset");
  loss.reset();
  CHECK(message_of([&] { (void)loss.value(); }) == "[loss] need at least one example, got none");
  loss.update(inf, 1);
  CHECK(loss.value() == inf);
  loss.update(-inf, 1);
  CHECK(message_of([&] { (void)loss.value(); }).starts_with("[loss] need finite examples and weights, got a sum of "));
}

TEST_CASE("mean: what does not fit is an error") {
  Mean loss;
  CHECK(message_of([&] { loss.update(Tensor::zeros({2}), 2); }) == "[loss] need one number beside a count, got (2)");
  CHECK(message_of([&] { loss.update(0.0, -1); }) == "[loss] need a count of at least 0, got -1");
  CHECK(message_of([&] { loss.update(Tensor::zeros({2}, DType::i32), 2); }).starts_with("[loss] need"));
  CHECK(message_of([&] { loss.update(Tensor::zeros({2}), Tensor::zeros({3})); }) ==
        "[loss] need a weight for each of targets (2), got weights (3)");
  CHECK(message_of([&] { loss.update(Tensor::zeros({2}), Tensor::zeros({2}, DType::i64)); }) ==
        "[loss] need weights of f32 or f64, or a bool mask, got i64 (2)");
}

TEST_CASE("perplexity: a uniform guess of 8 classes has perplexity 8 and 3 bits, and ignored rows do not count") {
  for (const Device& device : test::devices()) {
    Perplexity perplexity;
    BitsPerCharacter bits;
    const Tensor logits = Tensor::zeros({2, 2, 8}, DType::f32, device);
    const Tensor targets = test::i32(std::vector<int32_t>{0, 7, -100, 3}, {2, 2}, device);
    perplexity.update(logits, targets);
    bits.update(logits, targets);
    CHECK(perplexity.value() == doctest::Approx(8));
    CHECK(bits.value() == doctest::Approx(3));
    Perplexity padded({.ignore_index = 0, .name = "padded"});
    padded.update(logits, test::i32(std::vector<int32_t>{0, 7, 1, 3}, {2, 2}, device));
    CHECK(padded.value() == doctest::Approx(8));
    CHECK(padded.name() == "padded");
    padded.reset();
    padded.update(logits, test::i32(std::vector<int32_t>{0, 0, 0, 0}, {2, 2}, device));
    CHECK(message_of([&] { (void)padded.value(); }) == "[padded] need at least one example, got none");
    bits.update_sum(3 * std::log(8.0), 9);  // three tokens of three characters each
    CHECK(bits.value() == doctest::Approx(18.0 / 12));
  }
}

TEST_CASE("perplexity: the sum of a fused loss gives that of the logits") {
  const Tensor x = Tensor::from({0.5f, -1.0f, 2.0f, 0.25f}, {2, 2}),
               w = Tensor::from({1.0f, 0.0f, 0.5f, -1.0f}, {2, 2});
  const Tensor targets = Tensor::from({int64_t{1}, int64_t{0}}, {2});
  Perplexity fused, plain;
  fused.update_sum(linear_cross_entropy(x, w, Tensor(), targets).nll_sum, 2);
  plain.update(x.matmul(w.transpose()), targets);
  CHECK(fused.value() == doctest::Approx(plain.value()));
}

TEST_CASE("perplexity: an update waits for the device only where a label is ignored, and then once") {
  const Tensor logits = Tensor::zeros({3, 4}), targets = Tensor::from({int32_t{0}, int32_t{3}, int32_t{1}}, {3});
  Perplexity perplexity;
  test::Waits waits;
  const KernelObserverScope scope(waits);
  perplexity.update(logits, targets);
  CHECK(waits.count == 0);
  perplexity.update(logits, Tensor::from({int32_t{0}, int32_t{-100}, int32_t{1}}, {3}));
  CHECK(waits.count == 1);
  CHECK(perplexity.value() == doctest::Approx(4));
}

TEST_CASE("perplexity: what cannot be is an error that names it") {
  Perplexity perplexity;
  CHECK(message_of([&] { (void)perplexity.value(); }) == "[perplexity] need at least one example, got none");
  CHECK(message_of([&] {
          perplexity.update(Tensor::zeros({2, 3}), Tensor::from({int64_t{0}, int64_t{3}}, {2}));
        }) == "[perplexity] need labels in [0, 3), got 3 in row 1");
  CHECK(message_of([&] {
          perplexity.update(Tensor::zeros({2, 3}), Tensor::zeros({3}, DType::i64));
        }) == "[perplexity] need logits (..., V) for targets (3), got (2, 3)");
  perplexity.update(Tensor::from({0.0f, 0.0f, 0.0f, nan_number}, {2, 2}), Tensor::zeros({2}, DType::i64));
  CHECK(message_of([&] { (void)perplexity.value(); }) ==
        "[perplexity] need losses that are numbers, got NaN in row 1 since the reset");
}
