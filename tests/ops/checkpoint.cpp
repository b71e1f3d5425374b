#include "ops/base/checkpoint.h"

#include <doctest/doctest.h>

#include "core/tape/tape.h"
#include "core/watch/tape_print.h"
#include "ops/gradcheck.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;
using Xs = std::span<const Tensor>;
using Tensors = std::vector<Tensor>;

namespace {

/// Returns loss and gradients of `f(x)`, summed with weights, with respect to x and the leaf.
Tensors run(const TensorFunction& f, const Tensor& x, const Ref<Leaf>& leaf) {
  manual_seed(3);
  Tape tape;
  const Tensor watched = tape.watch(x);
  const Tensor y = f(Tensors{watched});
  const Tensor loss = sum(y * draw(y.shape(), -2, 2, 9, x.device()));
  Tensors all = tape.grad(loss, {watched, leaf->tensor()});
  all.push_back(loss);
  all.push_back(random_uniform({2}, 0, 1, default_rng(), DType::f64, x.device()));  // the generator goes on as it would
  return all;
}

void check_same(const TensorFunction& plain, const TensorFunction& checkpointed, const Tensor& x,
                const Ref<Leaf>& leaf) {
  const Tensors a = run(plain, x, leaf), b = run(checkpointed, x, leaf);
  for (size_t i = 0; i < a.size(); ++i) check_equal(b[i], a[i].shape(), values(a[i]), 0);
}

}  // namespace

TEST_CASE("checkpoint: values and gradients, of inputs and of leaves used inside, are those without it, dropout too") {
  for (const Device& d : devices()) {
    const Ref<Leaf> w = Leaf::create(draw({3, 3}, -2, 2, 1, d));
    const Tensor x = draw({4, 3}, -2, 2, 2, d);
    const TensorFunction f = [&w](Xs in) { return dropout(tanh(matmul(dropout(in[0], 0.5), w->tensor())), 0.5); };
    check_same(
        f, [&f](Xs in) { return checkpoint(f, {in[0]}); }, x, w);
    const TensorFunction twice = [&f](Xs in) { return f(Tensors{f(in)}); };
    check_same(
        twice, [&f](Xs in) { return checkpoint(f, {checkpoint(f, {in[0]})}); }, x, w);
    const TensorFunction nested = [&f](Xs in) {
      return checkpoint(TensorFunction([&f](Xs inner) { return f(Tensors{checkpoint(f, {inner[0]})}); }), {in[0]});
    };
    check_same(twice, nested, x, w);
  }
}

TEST_CASE("checkpoint: a generator of one's own is wound back too") {
  const Device d = devices()[0];
  const Ref<Leaf> w = Leaf::create(draw({4, 3}, -2, 2, 1, d));
  Rng own(5);
  const TensorFunction f = [&](Xs in) { return dropout(in[0] * w->tensor(), 0.5, own); };
  const Tensor x = draw({4, 3}, -2, 2, 2, d);
  const Tensors plain = run(f, x, w);
  CHECK(own.state().draw == 1);
  own.set_state({5, 0});
  const Tensors checkpointed = run([&](Xs in) { return checkpoint(f, {in[0]}, &own); }, x, w);
  CHECK(own.state().draw == 1);
  for (size_t i = 0; i < plain.size(); ++i) check_equal(checkpointed[i], plain[i].shape(), values(plain[i]), 0);
}

TEST_CASE("checkpoint: backward() reaches leaves through it, and a leaf that changed is an error") {
  const Device d = devices()[0];
  const Ref<Leaf> w = Leaf::create(f64({2, 3}, {2}, d));
  const TensorFunction f = [&w](Xs in) { return in[0] * w->tensor() * w->tensor(); };
  for (const bool changes : {false, true}) {
    Tape tape;
    const Tensor loss = sum(checkpoint(f, {f64({1, 10}, {2}, d)}));
    if (!changes) {
      tape.backward(loss);
      check_equal(w->grad(), {2}, {4, 60});
    } else {
      w->assign(f64({5, 5}, {2}, d));
      CHECK(message_of([&] { tape.backward(loss); }) ==
            "[checkpoint] a parameter of shape (2) that backward needs was changed since the forward pass");
    }
  }
}

TEST_CASE("checkpoint: gradients of gradients, with several outputs, one of them without a gradient") {
  for (const Device& d : devices()) {
    const Tensors inputs{draw({2, 3}, -2, 2, 1, d), draw({2, 3}, -2, 2, 2, d)};
    const TensorsFunction inner = [](Xs x) { return Tensors{tanh(x[0]) * x[1], argmax(x[0]), square(x[1])}; };
    const TensorsFunction f = [&inner](Xs x) { return checkpoint(inner, {x[0], x[0] * x[1]}); };
    CHECK(message_of([&] { gradcheck(f, inputs); }) == "");
    CHECK(message_of([&] { gradgradcheck(f, inputs); }) == "");
  }
}

TEST_CASE("checkpoint: the tape holds the inputs only, and nothing is left of the second run") {
  const Device d = devices()[0];
  const Ref<Leaf> w = Leaf::create(Tensor::full({64, 64}, 0.01, DType::f64, d));
  const TensorFunction chain = [&w](Xs in) {
    Tensor y = in[0];
    for (int i = 0; i < 8; ++i) y = tanh(matmul(y, w->tensor()));
    return y;
  };
  const size_t one = 64 * 64 * sizeof(double), before = memory_statistics(d).live;
  {
    Tape plain;
    chain(Tensors{plain.watch(Tensor::ones({64, 64}, DType::f64, d))});
    CHECK(saved_bytes(plain) >= 8 * one);
  }
  {
    Tape tape;
    const Tensor x = tape.watch(Tensor::ones({64, 64}, DType::f64, d));
    const Tensor loss = sum(checkpoint(chain, {x}));
    CHECK(saved_bytes(tape) <= 2 * one);  // x and w
    tape.backward(loss);
  }
  w->zero_grad();
  CHECK(memory_statistics(d).live == before);
}

TEST_CASE("checkpoint: without a tape it is the function; a tensor that is no input is refused") {
  const Device d = devices()[0];
  const Tensor x = f64({1, 2}, {2}, d);
  const TensorFunction twice = [](Xs in) { return in[0] * 2.0; };
  check_equal(checkpoint(twice, {x}), {2}, {2, 4});
  Tape tape;
  const Tensor hidden = tape.watch(x) * 3.0;
  CHECK(checkpoint(twice, {x}).node().tape == 0);
  CHECK(message_of([&] { checkpoint(TensorFunction([&](Xs in) { return in[0] * hidden; }), {tape.watch(x)}); }) ==
        "[mul] got a tensor of shape (2) recorded by another tape; make it an input of the function");
}
