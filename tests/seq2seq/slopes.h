#pragma once
// Gradients of a whole model, against differences of its loss.
#include <doctest/doctest.h>

#include <functional>

#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "seq2seq/likelihood.h"
#include "tests/seq2seq/small.h"

namespace grus::test {

inline seq2seq::PackedBatch small_batch(size_t pairs) {
  std::vector<int64_t> all(pairs);
  for (size_t i = 0; i < pairs; ++i) all[i] = static_cast<int64_t>(i);
  return seq2seq::to_device(data::make_batch(small_corpus(pairs), all, seq2seq::source_marks));
}

/// Checks the gradient of every parameter along one direction, in training mode, with the same masks of dropout.
inline void check_slopes(seq2seq::Architecture& model, const std::function<Tensor()>& loss_now) {
  model.module().train();
  const auto loss = [&] {
    manual_seed(3);
    return loss_now();
  };
  {
    Tape tape;
    tape.backward(loss());
  }
  Rng rng(5);
  for (auto& [name, parameter] : model.module().named_parameters()) {
    nn::Parameter p = parameter;
    const Tensor value = p.value().clone(), direction = random_normal(p.shape(), 0, 1, rng);
    const double step = 3e-3;
    p.assign(value + direction * step);
    const double above = loss().item();
    p.assign(value - direction * step);
    const double below = loss().item();
    p.assign(value);
    const double slope = sum(p.grad() * direction).item();
    CAPTURE(name);
    CHECK((above - below) / (2 * step) == doctest::Approx(slope).epsilon(0.02).scale(0.05));
  }
}

inline void check_slopes(seq2seq::Architecture& model) {
  const seq2seq::PackedBatch batch = small_batch(7);
  check_slopes(model, [&] { return seq2seq::loss_of(model, batch, 0.1).loss; });
}

}  // namespace grus::test
