#include "core/tape/tape.h"
#include "core/watch/tape_print.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "tests/support/tensors.h"

using namespace grus;
using test::vector_of;

TEST_CASE("tape: a leaf's gradient adds up over uses and over tapes") {
  const Ref<Leaf> w = Leaf::create(vector_of({2, 3}));
  for (int i = 0; i < 2; ++i) {
    Tape tape;
    tape.backward(sum(w->tensor() * w->tensor()));
  }
  CHECK(w->grad().to_vector<double>() == std::vector<double>{8, 12});
  w->zero_grad();
  CHECK_FALSE(w->grad().defined());
}

TEST_CASE("leaf: hooks see each pass's gradient, once, and may change it before it is added") {
  const Ref<Leaf> w = Leaf::create(vector_of({2, 3}));
  std::vector<double> seen;
  w->on_gradient([&seen](const Tensor& gradient) {
    seen = gradient.to_vector<double>();
    return Tensor();  // as it was
  });
  w->on_gradient([&w](const Tensor& gradient) { return gradient + w->tensor() * 10.0; });  // its own weight decay
  for (int i = 0; i < 2; ++i) {
    Tape tape;
    tape.backward(sum(w->tensor() * 2.0 + w->tensor()));
    CHECK(seen == std::vector<double>{3, 3});
  }
  CHECK(w->grad().to_vector<double>() == std::vector<double>{46, 66});
  w->remove_hooks();
  w->zero_grad();
  Tape tape;
  tape.backward(sum(w->tensor()));
  CHECK(w->grad().to_vector<double>() == std::vector<double>{1, 1});
}

TEST_CASE("leaf: a hook's gradient must have the value's shape and dtype") {
  const Ref<Leaf> w = Leaf::create(vector_of({2, 3}));
  w->on_gradient([](const Tensor& gradient) { return sum(gradient); });
  Tape tape;
  CHECK_THROWS_WITH_AS(tape.backward(sum(w->tensor())), "[on_gradient] need a gradient of shape (2), got ()",
                       ShapeError);
}

TEST_CASE("leaf: what a hook throws leaves every leaf's gradient as it was") {
  const Ref<Leaf> first = Leaf::create(vector_of({2, 3})), second = Leaf::create(vector_of({4, 5}));
  first->set_grad(vector_of({7, 7}));
  second->on_gradient([](const Tensor&) -> Tensor { throw Error("enough"); });
  Tape tape;
  const Tensor loss = sum(first->tensor() * second->tensor());
  CHECK_THROWS_WITH_AS(tape.backward(loss), "enough", Error);
  CHECK(first->grad().to_vector<double>() == std::vector<double>{7, 7});
  CHECK_FALSE(second->grad().defined());
}

TEST_CASE("leaf: one that changed its kind since the forward pass takes no gradient, and no other leaf does") {
  const Ref<Leaf> first = Leaf::create(vector_of({2, 3})), second = Leaf::create(vector_of({4, 5}));
  Tape tape;
  const Tensor loss = sum(first->tensor() * second->tensor());
  second->replace(second->value().to(Device("reference")));
  CHECK_THROWS_WITH_AS(
      tape.backward(loss),
      "[backward] need leaves that stay where they are until backward, got one that is f64 (2) on reference "
      "with a gradient f64 (2) on cpu",
      UsageError);
  CHECK_FALSE(first->grad().defined());
  CHECK_FALSE(second->grad().defined());
}

TEST_CASE("tape: gradients are taken and what the walk used is freed") {
  Tape tape;
  const Tensor x = tape.watch(vector_of({3})), other = tape.watch(vector_of({1}));
  const Tensor y = x * x * x;
  const auto gradients = tape.take_gradients(std::vector{y}, {}, std::vector{x, other});
  CHECK(gradients[0].item() == 27);
  CHECK_FALSE(gradients[1].defined());
  CHECK(saved_bytes(tape) == 0);
}

TEST_CASE("tape: gradients of gradients are recorded on the same tape") {
  Tape tape;
  const Tensor x = tape.watch(vector_of({2, -1}));
  const Tensor y = sum(x * x * x);
  const Tensor first = tape.grad(y, std::vector{x}, true)[0];
  const Tensor second = tape.grad(sum(first), std::vector{x}, true)[0];
  const Tensor third = tape.grad(sum(second), std::vector{x})[0];
  CHECK(first.to_vector<double>() == std::vector<double>{12, 3});
  CHECK(second.to_vector<double>() == std::vector<double>{12, -6});
  CHECK(third.to_vector<double>() == std::vector<double>{6, 6});
}

TEST_CASE("tape: the gradient of an inner value is asked for by name, and undefined where nothing reaches") {
  Tape tape;
  const Tensor x = tape.watch(vector_of({3})), other = tape.watch(vector_of({1}));
  const Tensor inner = x * x;
  const Tensor y = sum(inner * inner);
  const auto gradients = tape.grad(y, std::vector{inner, x, other});
  CHECK(gradients[0].item() == 18);
  CHECK(gradients[1].item() == 108);
  CHECK_FALSE(gradients[2].defined());
}

TEST_CASE("tape: an inner value's gradient may be all that is asked for, whatever made the value") {
  Tape tape;
  const Tensor x = tape.watch(vector_of({3, 4}));
  for (const Tensor& inner : {x.reshape({2, 1}), x.rows(0, 2), sum(x, {0}, true), broadcast_to(x, {2, 2}), exp(x)}) {
    const auto gradients = tape.grad(sum(inner * 2.0), {inner});
    CHECK(gradients[0].shape() == inner.shape());
    CHECK(gradients[0].to_vector<double>()[0] == 2);
  }
}

TEST_CASE("tape: rows and entries of a tensor are views with gradients") {
  const Ref<Leaf> w = Leaf::create(Tensor::from<double>({1, 2, 3, 4, 5, 6}, {3, 2}));
  Tape tape;
  const Tensor x = w->tensor();
  CHECK(x[1].to_vector<double>() == std::vector<double>{3, 4});
  CHECK(Raw::shares_storage(x[-1], x));
  tape.backward(sum(x[0] * x[2]) + sum(x.rows(1, 3)));
  CHECK(w->grad().to_vector<double>() == std::vector<double>{5, 6, 1, 1, 2, 3});
}

TEST_CASE("tape: nothing is recorded without a tape, without a gradient to take, or under NoGrad") {
  const Ref<Leaf> w = Leaf::create(vector_of({1}));
  CHECK((w->tensor() * 2.0).node().tape == 0);
  Tape tape;
  CHECK((vector_of({1}) * 2.0).node().tape == 0);
  {
    const NoGrad off;
    CHECK((w->tensor() * 2.0).node().tape == 0);
  }
  w->requires_grad = false;
  CHECK((w->tensor() * 2.0).node().tape == 0);
  w->requires_grad = true;
  CHECK((w->tensor() * 2.0).node().tape != 0);
}

TEST_CASE("tape: saved memory is released as backward consumes it") {
  const Ref<Leaf> w = Leaf::create(Tensor::ones({64, 64}));
  const size_t before = memory_statistics(default_device()).live;
  {
    Tape tape;
    const Tensor y = sum(tanh(matmul(w->tensor(), w->tensor())));
    CHECK(saved_bytes(tape) > 0);
    tape.backward(y);
    CHECK(saved_bytes(tape) == 0);
  }
  w->zero_grad();
  CHECK(memory_statistics(default_device()).live == before);
}

TEST_CASE("tape: a gradient that two inputs share is copied before one of them adds to it in place") {
  Tape tape;
  const Tensor x = tape.watch(Tensor::from<double>({1, 2}, {1, 2})),
               z = tape.watch(Tensor::from<double>({5, 6}, {1, 2}));
  const Tensor product = matmul(x, Tensor::from<double>({3, 0, 0, 3}, {2, 2}));
  const auto gradients = tape.grad(sum(product) + sum(x + z), std::vector{x, z});
  CHECK(gradients[0].to_vector<double>() == std::vector<double>{4, 4});
  CHECK(gradients[1].to_vector<double>() == std::vector<double>{1, 1});
}
