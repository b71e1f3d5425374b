// Which tape records, however tapes and NoGrads end.
#include <doctest/doctest.h>

#include <thread>

#include "core/tape/tape.h"
#include "ops/math/elementwise.h"

using namespace grus;

namespace {

const Ref<Leaf>& weight() {
  static const Ref<Leaf> leaf = Leaf::create(Tensor::from<double>({3}, {1}));
  return leaf;
}

/// Records something on the active tape, and takes its gradient there.
double gradient_by(Tape& tape) {
  weight()->zero_grad();
  tape.backward(weight()->tensor() * 2.0);
  return weight()->grad().item();
}

}  // namespace

TEST_CASE("recording: a tape that ends before an inner one leaves the inner one recording, and nothing afterwards") {
  auto outer = std::make_unique<Tape>();
  {
    Tape inner;
    outer.reset();
    CHECK(Tape::active() == &inner);
    CHECK(gradient_by(inner) == 2);
  }
  CHECK(Tape::active() == nullptr);
  CHECK((weight()->tensor() * 2.0).node().tape == 0);
}

TEST_CASE("recording: a new tape in the place of a living one records") {
  for (auto tape = std::make_unique<Tape>(); tape->size() < 4;) {
    const size_t before = tape->size();
    tape = std::make_unique<Tape>();
    for (size_t i = 0; i <= before; ++i) CHECK((weight()->tensor() * 2.0).defined());
    CHECK(Tape::active() == tape.get());
    CHECK(tape->size() == before + 1);
  }
  CHECK(Tape::active() == nullptr);
}

TEST_CASE("recording: a tape between two others ends and the inner one hands on to the outer one") {
  Tape outer;
  auto middle = std::make_unique<Tape>();
  auto inner = std::make_unique<Tape>();
  middle.reset();
  CHECK(Tape::active() == inner.get());
  inner.reset();
  CHECK(Tape::active() == &outer);
  CHECK(gradient_by(outer) == 2);
}

TEST_CASE("recording: a tape that ends under a NoGrad that outlives it does not come back") {
  auto tape = std::make_unique<Tape>();
  auto off = std::make_unique<NoGrad>();
  tape.reset();
  off.reset();
  CHECK(Tape::active() == nullptr);
  CHECK((weight()->tensor() * 2.0).node().tape == 0);
}

TEST_CASE("recording: a NoGrad that ends before what began inside it ends itself alone") {
  Tape outer;
  auto off = std::make_unique<NoGrad>();
  auto inner = std::make_unique<Tape>();
  auto off_too = std::make_unique<NoGrad>();
  off.reset();
  CHECK(Tape::active() == nullptr);
  off_too.reset();
  CHECK(Tape::active() == inner.get());
  CHECK(gradient_by(*inner) == 2);
  inner.reset();
  CHECK(Tape::active() == &outer);
}

TEST_CASE("recording: a tape that ends in another thread leaves its own thread without it") {
  auto tape = std::make_unique<Tape>();
  auto off = std::make_unique<NoGrad>();
  std::thread([&] {
    Tape own;
    tape.reset();
    CHECK(Tape::active() == &own);
    off.reset();
    CHECK(Tape::active() == &own);
    CHECK(gradient_by(own) == 2);
  }).join();
  CHECK(Tape::active() == nullptr);
  CHECK((weight()->tensor() * 2.0).node().tape == 0);
}

TEST_CASE("recording: a tape outlives its thread and is walked in another") {
  std::unique_ptr<Tape> tape, inner;
  Tensor loss;
  std::thread([&] {
    tape = std::make_unique<Tape>();
    loss = weight()->tensor() * 2.0;
    inner = std::make_unique<Tape>();
  }).join();
  weight()->zero_grad();
  tape->backward(loss);
  CHECK(weight()->grad().item() == 2);
  tape.reset();
  inner.reset();
  CHECK(Tape::active() == nullptr);
}
