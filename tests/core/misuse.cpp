// Mistakes that people make with tapes and ops, and the sentence they get.
#include <doctest/doctest.h>

#include <thread>

#include "core/base/error.h"
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "core/watch/tape_print.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using test::vector_of;

namespace {

/// Returns the message of what `run` throws, on a thread of its own.
template <class F>
std::string message_on_thread(F run) {
  std::string message;
  std::thread([&] {
    try {
      run();
    } catch (const Error& error) {
      message = error.what();
    }
  }).join();
  return message;
}

const Op faulty_op("faulty");

/// Makes an identity whose rule is `backward`.
template <class F>
Tensor faulty(const Tensor& x, F backward) {
  return record(faulty_op, {x}, x.detach(), backward);
}

}  // namespace

TEST_CASE("misuse: backward of what has more than one element needs a seed gradient") {
  const Ref<Leaf> w = Leaf::create(vector_of({1, 2}));
  Tape tape;
  const Tensor y = w->tensor() * 2.0;
  CHECK_THROWS_WITH_AS(tape.backward(y), "[backward] need one element or a seed gradient of shape (2), got none",
                       ShapeError);
  CHECK_THROWS_WITH_AS(tape.backward(y, vector_of({1})), "[backward] need a seed gradient of shape (2), got (1)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(tape.backward(y, Tensor::ones({2})), "[backward] need one dtype, got f64 (2) and f32 (2)",
                       DtypeError);
  tape.backward(y, vector_of({1, 10}));
  CHECK(w->grad().to_vector<double>() == std::vector<double>{2, 20});
}

TEST_CASE("misuse: backward twice, and ops after it") {
  const Ref<Leaf> w = Leaf::create(vector_of({3}));
  Tape tape;
  const Tensor loss = w->tensor() * w->tensor();
  tape.backward(loss);
  CHECK_THROWS_WITH_AS(tape.backward(loss),
                       "[backward] was called twice on this tape; make a new Tape for each forward pass, and of "
                       "several losses one sum",
                       UsageError);
  CHECK_THROWS_WITH_AS(tape.grad(loss, {w->tensor()}),
                       "[grad] this tape was walked by backward already; ask for gradients before", UsageError);
  CHECK_THROWS_WITH_AS(
      w->tensor() * 2.0,
      "[mul] this tape was walked already; make a new Tape for the next forward pass, and a NoGrad for "
      "a metric or a validation while this one lives",
      UsageError);
  CHECK(w->grad().item() == 6);
}

TEST_CASE("misuse: backward of a tensor that no gradient reaches, or of another tape") {
  const Ref<Leaf> w = Leaf::create(vector_of({3}));
  Tape outer;
  const Tensor before = w->tensor() * 2.0;
  Tape tape;
  CHECK_THROWS_WITH_AS(tape.backward(vector_of({1})),
                       "[backward] need a tensor that this tape recorded, got one that is not on it: nothing with a "
                       "gradient reached it, as under NoGrad or when all is frozen",
                       UsageError);
  CHECK_THROWS_WITH_AS(tape.backward(before),
                       "[backward] need a tensor that this tape recorded, got one recorded by another tape",
                       UsageError);
  CHECK_THROWS_WITH_AS(before * before, "[mul] got a tensor of shape (1) recorded by another tape; detach() it first",
                       UsageError);
}

TEST_CASE("misuse: a tensor of a tape that has ended") {
  const Ref<Leaf> w = Leaf::create(vector_of({1, 2}));
  Tensor state;
  {
    Tape tape;
    state = w->tensor() * 2.0;
  }
  CHECK((state * 2.0).to_vector<double>() == std::vector<double>{4, 8});  // its values are good without a tape
  Tape tape;
  CHECK_THROWS_WITH_AS(state * w->tensor(),
                       "[mul] got a tensor of shape (2) recorded by a tape that has ended; detach() it first",
                       UsageError);
  tape.backward(sum(state.detach() * w->tensor()));
  CHECK(w->grad().to_vector<double>() == std::vector<double>{2, 4});
}

TEST_CASE("misuse: an op on another thread's tape") {
  const Ref<Leaf> w = Leaf::create(vector_of({1, 2}));
  Tape tape;
  const Tensor y = w->tensor() * 2.0;
  CHECK(message_on_thread([&] { exp(y); }) ==
        "[exp] got a tensor of shape (2) that a tape of another thread is recording, and this thread has no tape: its "
        "gradient would be lost; detach() it first");
  CHECK(message_on_thread([&] {
          Tape own;
          exp(y);
        }) == "[exp] got a tensor of shape (2) recorded by a tape of another thread; detach() it first");
  CHECK(message_on_thread([&] {
          const NoGrad off;
          exp(y);
          exp(y.detach());
        }) == "");
}

TEST_CASE("misuse: a parameter or a tensor that changed between forward and backward") {
  const Ref<Leaf> w = Leaf::create(vector_of({1, 2}));
  {
    Tape tape;
    const Tensor loss = sum(w->tensor() * w->tensor());
    w->assign(vector_of({5, 5}));
    CHECK_THROWS_WITH_AS(tape.backward(loss),
                         "[mul] a parameter of shape (2) that backward needs was changed since the forward pass",
                         UsageError);
  }
  Tape tape;
  Tensor x = vector_of({1, 2});
  const Tensor loss = sum(w->tensor() * x);
  Raw::write_view(x);  // a kernel that writes in place does so
  CHECK_THROWS_WITH_AS(tape.backward(loss),
                       "[mul] a tensor of shape (2) that backward needs was changed since the forward pass",
                       UsageError);
}

TEST_CASE("misuse: tensors of another dtype, device or shape") {
  const Tensor x = Tensor::ones({2, 3});
  CHECK_THROWS_WITH_AS(x * Tensor::ones({2, 3}, DType::f64), "[mul] need one dtype, got f32 (2, 3) and f64 (2, 3)",
                       DtypeError);
  CHECK_THROWS_WITH_AS(
      matmul(Tensor::ones({2, 3}, DType::f32, Device("cpu")), Tensor::ones({3, 1}, DType::f32, Device("reference"))),
      "[matmul] need one device, got cpu and reference", DeviceError);
  CHECK_THROWS_WITH_AS(x + Tensor::ones({2}), "[add] need shapes that broadcast together, got (2, 3) and (2)",
                       ShapeError);
}

TEST_CASE("misuse: a gradient rule that gives or asks for what is not there") {
  const Ref<Leaf> w = Leaf::create(vector_of({1, 2}));
  const auto walk = [&](auto rule) {
    Tape tape;
    tape.backward(sum(faulty(w->tensor(), rule)));
  };
  CHECK_THROWS_WITH_AS(walk([](const Tensor& dy, Input x) { x.add(sum(dy)); }),
                       "[faulty] backward made a gradient of shape () for input 0 of shape (2)", ShapeError);
  CHECK_THROWS_WITH_AS(walk([](const Tensor& dy, Input x) { x.add(cast(dy, DType::f32)); }),
                       "[faulty] backward made a gradient of f32 for input 0 of f64", DtypeError);
  const auto walk_product = [&](auto rule) {
    Tape tape;
    tape.backward(sum(record(faulty_op, {w->tensor(), vector_of({3, 4})}, vector_of({5, 6}), rule)));
  };
  CHECK_THROWS_WITH_AS(walk_product([](const Tensor&, Input, Input b) { b.shape(); }),
                       "[faulty] backward asks for the shape of input 1, which nothing wants", UsageError);
  CHECK_THROWS_WITH_AS(walk_product([](const Tensor&, Input, Input b) { b.target(); }),
                       "[faulty] backward asks for the gradient of input 1, which nothing wants", UsageError);
}

TEST_CASE("misuse: a tape that keeps nothing cannot be walked") {
  const Ref<Leaf> w = Leaf::create(vector_of({2}));
  Tape tape(Tape::Keep::nothing);
  const Tensor y = w->tensor() * w->tensor();
  CHECK(saved_bytes(tape) == 0);
  CHECK(tape.leaves().size() == 1);
  CHECK_THROWS_WITH_AS(tape.backward(y), "[backward] need a tape that keeps what is saved, got one that does not",
                       UsageError);
  CHECK_THROWS_WITH_AS(tape.grad(y, {w->tensor()}),
                       "[grad] need a tape that keeps what is saved, got one that does not", UsageError);
}
