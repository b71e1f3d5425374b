// Every argument of every op is wrong in every way: one too small, one too large, of another kind, undefined, on
// another device, an id out of range. Under the address sanitizer this shows what a kernel would have trusted.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "tests/ops/table/checks.h"
#include "tests/support/skip.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

namespace {

struct Wrong {
  std::string what;
  Tensor x;
};

/// Returns x with its sizes changed, its elements repeated or left out.
Tensor resized(const Tensor& x, const Shape& shape) {
  const std::vector<double> old = values(x);
  std::vector<double> all(static_cast<size_t>(shape.numel()));
  for (size_t i = 0; i < all.size(); ++i) all[i] = old.empty() ? 0 : old[i % old.size()];
  return cast(Tensor::from(all, shape, x.device()), x.dtype());
}

void add_sizes(const Tensor& x, std::vector<Wrong>& all) {
  for (int axis = 0; axis < x.rank(); ++axis)
    for (const int64_t by : {-1, 1})
      if (x.dim(axis) + by >= 0)
        all.push_back(
            {fmt::format("axis {} of {}", axis, x.dim(axis) + by), resized(x, x.shape().with(axis, x.dim(axis) + by))});
  all.push_back({"one axis more", x.reshape(x.shape().inserted(0, 1))});
  if (x.rank() > 0) all.push_back({"one axis less", resized(x, x.shape().without(0))});
}

void add_ids(const Tensor& x, std::vector<Wrong>& all) {
  using Limits = std::numeric_limits<int64_t>;
  if (x.dtype() != DType::i64 || x.numel() == 0) return;
  for (const int64_t id : {int64_t{-1}, int64_t{1000000}, int64_t{1} << 32, Limits::min(), Limits::max()}) {
    std::vector<int64_t> ids = x.to_vector<int64_t>();
    ids.back() = id;
    const Tensor known = Tensor::from(ids, x.shape(), x.device());
    all.push_back({fmt::format("an id of {}", id), known});
    all.push_back({fmt::format("an id of {} that the host does not know", id), known.clone()});
  }
}

/// Returns x in every wrong way.
std::vector<Wrong> wrong_ones(const Tensor& x, Device other) {
  std::vector<Wrong> all{{"undefined", {}}, {fmt::format("on {}", other.name()), x.to(other)}};
  for (const DType dtype : every_dtype)
    if (dtype != x.dtype()) all.push_back({fmt::format("as {}", dtype), cast(x, dtype)});
  add_sizes(x, all);
  add_ids(x, all);
  return all;
}

struct Outcome {
  std::string error;  // "" where there was none
  Run run;
};

Outcome outcome_of(const Function& f, const Tensors& inputs, bool gradients) {
  Outcome outcome;
  try {
    outcome.run = run(f, inputs, gradients);
  } catch (const Error& error) {
    outcome.error = error.what();
  }
  return outcome;
}

/// Accepts one line that names an op and what it needs, but no error of the device, which should not be asked.
bool is_sound(const std::string& error) {
  return error.starts_with("[") && error.find("] need ") != std::string::npos &&
         error.find("] need device ") == std::string::npos && error.find('\n') == std::string::npos;
}

/// Does what check_same does, without an end to the test where shapes differ.
void check_alike(const Run& got, const Run& expected, Tolerance tolerance, const std::string& what) {
  bool shapes = got.outputs.size() == expected.outputs.size();
  for (size_t k = 0; shapes && k < got.outputs.size(); ++k)
    shapes = got.outputs[k].shape() == expected.outputs[k].shape();
  CHECK_MESSAGE(shapes, what, ": shapes differ");
  if (shapes) check_same(got, expected, tolerance, what);
}

bool has_op(const std::vector<Row>& rows, const std::string& op) {
  return std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return row.op == op; });
}

/// Tells whether an error names the row's op ([gru] for gru_packed, too), or what its sample calls before. Ops that
/// tapes alone record are called by way of other ops; a cell in `scan` calls whatever it likes.
bool names_op(const Row& row, const std::string& error) {
  static const std::vector<Row> by_tapes = tape_rows();
  const std::string name = error.substr(1, error.find(']') - 1);
  return row.op.starts_with(name) || name == "device" || name == "cast" || (row.op == "reshape" && name == "rows") ||
         row.op == "scan" || has_op(by_tapes, row.op);
}

void check_wrong(const Row& row, const Sample& sample, DType dtype, size_t argument) {
  const Device first = devices()[0], second = devices()[1];
  std::vector<std::vector<Wrong>> wrong;
  for (const Device& device : {first, second})
    wrong.push_back(wrong_ones(make_inputs(sample, dtype, device)[argument], device == first ? second : first));
  for (size_t k = 0; k < wrong[0].size(); ++k) {
    Outcome outcomes[2];
    const std::string what =
        fmt::format("{}, {} {}", label(row, sample, dtype, second), sample.inputs[argument].name, wrong[0][k].what);
    for (size_t d = 0; d < 2; ++d) {
      Tensors inputs = make_inputs(sample, dtype, devices()[d]);
      inputs[argument] = wrong[d][k].x;
      outcomes[d] = outcome_of(sample.f, inputs, row.gradients > 0);
      if (!outcomes[d].error.empty()) {
        CHECK_MESSAGE((is_sound(outcomes[d].error) && names_op(row, outcomes[d].error)), what, ": ", outcomes[d].error);
        continue;
      }
      if (!sample.twin) continue;
      const Outcome twin = outcome_of(sample.twin, inputs, row.gradients > 0);
      CHECK_MESSAGE(twin.error == "", what, ": the twin says ", twin.error);
      if (twin.error.empty()) check_alike(outcomes[d].run, twin.run, {row.f32}, what + ", beside its twin");
    }
    CHECK_MESSAGE(outcomes[0].error.empty() == outcomes[1].error.empty(), what, ": ", outcomes[0].error, " | ",
                  outcomes[1].error);
    if (outcomes[0].error.empty() && outcomes[1].error.empty())
      check_alike(outcomes[1].run, outcomes[0].run, {row.f32}, what);
  }
}

}  // namespace

TEST_CASE("table: an argument that is wrong is refused in one sentence, or every device makes the same of it") {
  if (devices().size() < 2) return skip("there is no second device");
  const std::vector<Row> kernels = kernel_rows();  // no ops: nobody checks their arguments
  for (const Row& row : rows())
    for (const Sample& sample : row.samples)
      for (size_t i = 0; i < sample.inputs.size(); ++i)
        if (sample.size == Size::ordinary && !has_op(kernels, row.op))
          for (const DType dtype : row.dtypes) check_wrong(row, sample, dtype, i);
}
