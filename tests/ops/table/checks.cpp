#include "tests/ops/table/checks.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "core/record/record.h"
#include "core/watch/tape_observer.h"
#include "ops/math/elementwise.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Tensor make_input(const Input& input, uint64_t seed, DType numbers, Device device) {
  const Tensor x = input.values.empty() ? draw(input.shape, input.low, input.high, seed, device)
                                        : Tensor::from(input.values, input.shape, device);
  if (input.kind == Input::Kind::ids) return cast(x, DType::i64);
  return cast(x, input.kind == Input::Kind::mask ? DType::boolean : numbers);
}

/// Makes random weights for the outputs that are on the tape, the same numbers on every device.
void seed_outputs(const Tensors& outputs, Tensors& recorded, Tensors& seeds) {
  for (size_t k = 0; k < outputs.size(); ++k) {
    const Tensor& y = outputs[k];
    if (!y.defined() || y.node().tape == 0 || !is_float(y.dtype())) continue;
    recorded.push_back(y);
    seeds.push_back(cast(draw(y.shape(), -1, 1, 1000 + k, y.device()), y.dtype()));
  }
}

bool has_gradient(const Tensor& x) { return x.defined() && is_float(x.dtype()); }

Tensors watched(Tape& tape, const Tensors& inputs, Tensors& asked) {
  Tensors xs;
  for (const Tensor& x : inputs) {
    xs.push_back(has_gradient(x) ? tape.watch(x) : x);
    if (has_gradient(x)) asked.push_back(xs.back());
  }
  return xs;
}

}  // namespace

std::string label(const Row& row, const Sample& sample, DType dtype, Device device) {
  return fmt::format("{}, {}, {} on {}", row.op, sample.what, dtype, device);
}

Tensors make_inputs(const Sample& sample, DType numbers, Device device) {
  Tensors inputs;
  for (size_t i = 0; i < sample.inputs.size(); ++i)
    inputs.push_back(make_input(sample.inputs[i], 7 * i + 1, numbers, device));
  return inputs;
}

Run run(const Function& f, const Tensors& inputs, bool with_gradients) {
  if (!with_gradients) return {f(inputs), {}};
  Tape tape;
  Tensors asked, recorded, seeds;
  const Tensors xs = watched(tape, inputs, asked);
  Run result{f(xs), {}};
  for (size_t i = 0; i < inputs.size(); ++i)
    if (has_gradient(inputs[i])) result.names.push_back(f.names[i]);
  seed_outputs(result.outputs, recorded, seeds);
  result.gradients.resize(asked.size());
  if (!recorded.empty()) result.gradients = tape.grad(recorded, seeds, asked, false);
  for (size_t i = 0; i < result.gradients.size(); ++i)  // an undefined gradient: y does not depend on it
    if (!result.gradients[i].defined())
      result.gradients[i] = Tensor::zeros(asked[i].shape(), asked[i].dtype(), asked[i].device());
  return result;
}

void check_own_gradients(const Function& f, const Tensors& inputs, const std::string& what) {
  struct Rules : TapeObserver {
    void backward_begins(const Tape&, Record& record, const Grads&) override { run += record.op->name(); }
    std::string run;
  } rules;
  const TapeObserverScope scope(rules);
  Tape tape;
  Tensors asked, recorded, seeds;
  seed_outputs(f(watched(tape, inputs, asked)), recorded, seeds);
  for (size_t k = 0; k < recorded.size(); ++k) {
    const std::span<const Tensor> y(&recorded[k], 1), seed(&seeds[k], 1);
    CHECK_MESSAGE(tape.grad(y, seed, y, false)[0].to_bytes() == seeds[k].to_bytes(), what);
  }
  CHECK_MESSAGE(rules.run == "", what);
}

std::set<std::string> recorded_ops(const Function& f, const Tensors& inputs) {
  Tape tape;
  Tensors asked, recorded, seeds;
  const Tensors xs = watched(tape, inputs, asked);
  const Tensors outputs = f(xs);
  seed_outputs(outputs, recorded, seeds);
  if (!recorded.empty()) {
    Tensors gradients = tape.grad(recorded, seeds, asked, true), again, weights;
    seed_outputs(gradients, again, weights);
    if (!again.empty()) tape.grad(again, weights, asked, true);
  }
  std::set<std::string> names;
  for (size_t i = 0; i < tape.size(); ++i) names.insert(tape.record(i).op->name());
  return names;
}

void check_same(const Tensor& got, const Shape& shape, const std::vector<double>& expected, Tolerance tolerance,
                const std::string& what) {
  REQUIRE_MESSAGE(got.shape() == shape, fmt::format("{}: the result has shape {}, need {}", what, got.shape(), shape));
  const std::vector<double> found = values(got);
  size_t worst = 0;
  double worst_distance = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const double a = found[i], b = expected[i];
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const double scale = tolerance.relative ? std::abs(b) : std::max(1.0, std::abs(b));
    const double distance = std::isfinite(a) && std::isfinite(b) ? std::abs(a - b) / scale : HUGE_VAL;
    if (distance > worst_distance) worst = i, worst_distance = distance;
  }
  CHECK_MESSAGE(worst_distance <= tolerance.value,
                fmt::format("{}: element {} of {} is {}, need {} within {}", what, worst, shape, found[worst],
                            expected[worst], tolerance.value));
}

namespace {

void check_same(const Tensors& got, const Tensors& expected, Tolerance tolerance, const std::string& what,
                const char* part, const std::vector<std::string>& names) {
  REQUIRE_MESSAGE(got.size() == expected.size(), what);
  for (size_t k = 0; k < got.size(); ++k) {
    const std::string where = fmt::format("{}: {} {}", what, part, k < names.size() ? names[k] : std::to_string(k));
    REQUIRE_MESSAGE(got[k].defined() == expected[k].defined(), where);
    if (got[k].defined()) check_same(got[k], expected[k].shape(), values(expected[k]), tolerance, where);
  }
}

}  // namespace

void check_same(const Run& got, const Run& expected, Tolerance tolerance, const std::string& what) {
  check_same(got.outputs, expected.outputs, tolerance, what, "output", {});
  check_same(got.gradients, expected.gradients, tolerance, what, "gradient of", expected.names);
}

}  // namespace grus::test
