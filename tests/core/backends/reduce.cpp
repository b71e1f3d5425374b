// Reductions over any axes.
#include <cmath>

#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

constexpr ReduceOp all_ops[] = {ReduceOp::sum, ReduceOp::sum_of_squares, ReduceOp::max, ReduceOp::min,
                                ReduceOp::product};

/// Returns x (dims) reduced over the axes marked true; y's memory holds `before`.
Values reduced(const Backend& backend, ReduceOp op, DType dtype, const Values& x, const Sizes& dims,
               const std::vector<bool>& axes, double before = 5, bool accumulate = false) {
  Sizes strides(dims.size());
  int64_t kept = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = axes[i] ? 0 : kept;
    if (!axes[i]) kept *= dims[i];
  }
  const Array from(backend, dtype, x), to(backend, dtype, Values(static_cast<size_t>(kept), before));
  CHECK(backend.table.reduce(backend.context, op, to.view(dims, strides), from.view(dims), accumulate) == Status::ok);
  return to.values();
}

Values arg_reduced(const Backend& backend, ArgReduceOp op, DType dtype, const Values& x, const Sizes& dims) {
  const Sizes kept(dims.begin(), dims.end() - 1);
  int64_t count = 1;
  for (int64_t n : kept) count *= n;
  const Array from(backend, dtype, x), to(backend, DType::i64, Values(static_cast<size_t>(count), -1));
  CHECK(backend.table.arg_reduce(backend.context, op, to.view(kept), from.view(dims)) == Status::ok);
  return to.values();
}

}  // namespace

TEST_CASE("reduce: known values over rows, columns and everything, of every number type") {
  const Values x = {1, -2, 3, 4, 5, -6};  // (2, 3)
  for (const Backend& backend : backends())
    for (DType dtype : number_types) {
      const auto check = [&](ReduceOp op, const std::vector<bool>& axes, const Values& expected) {
        check_near(reduced(backend, op, dtype, x, {2, 3}, axes), expected, 0,
                   fmt::format("reduction {} of {} on {}", static_cast<int>(op), name_of(dtype), backend.table.name));
      };
      check(ReduceOp::sum, {false, true}, {2, 3});
      check(ReduceOp::sum, {true, false}, {5, 3, -3});
      check(ReduceOp::sum, {true, true}, {5});
      check(ReduceOp::sum, {false, false}, x);
      check(ReduceOp::sum_of_squares, {true, true}, {91});
      check(ReduceOp::sum_of_squares, {false, true}, {14, 77});
      check(ReduceOp::product, {false, true}, {-6, -120});
      check(ReduceOp::product, {true, false}, {4, -10, -18});
      check(ReduceOp::product, {true, true}, {720});
      check(ReduceOp::max, {false, true}, {3, 5});
      check(ReduceOp::max, {true, false}, {4, 5, 3});
      check(ReduceOp::min, {true, true}, {-6});
      check_near(reduced(backend, ReduceOp::sum, dtype, x, {2, 3}, {false, true}, 10, true), {12, 13}, 0, "added");
    }
}

TEST_CASE("reduce: a sum of nothing is 0, and is written") {
  for (const Backend& backend : backends())
    for (DType dtype : number_types) {
      check_near(reduced(backend, ReduceOp::sum, dtype, {}, {3, 0}, {false, true}), {0, 0, 0}, 0, "(3, 0)");
      check_near(reduced(backend, ReduceOp::sum, dtype, {}, {0, 2}, {true, false}), {0, 0}, 0, "(0, 2)");
      check_near(reduced(backend, ReduceOp::sum, dtype, {}, {0, 2}, {false, true}), {}, 0, "(0, 2), rows");
      check_near(reduced(backend, ReduceOp::sum, dtype, {7}, {}, {}), {7}, 0, "a scalar");
    }
}

TEST_CASE("reduce: a NaN shows in sums and in extrema, wherever it stands") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types)
      for (int64_t n : {1, 15, 33})
        for (int64_t at = 0; at < n; ++at) {
          Values x = spread(n, 1);
          x[static_cast<size_t>(at)] = not_a_number;
          for (ReduceOp op : all_ops) {
            const Values y = reduced(backend, op, dtype, x, {n}, {true});
            CHECK_MESSAGE(std::isnan(y[0]), fmt::format("reduction {} of {} with NaN at {} on {}", static_cast<int>(op),
                                                        n, at, backend.table.name));
          }
          for (ArgReduceOp op : {ArgReduceOp::argmax, ArgReduceOp::argmin})
            check_near(arg_reduced(backend, op, dtype, x, {n}), {static_cast<double>(at)}, 0, "place of the NaN");
        }
}

TEST_CASE("reduce: infinities are ordinary extremes") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      check_near(reduced(backend, ReduceOp::max, dtype, {-infinity, -infinity}, {2}, {true}), {-infinity}, 0, "max");
      check_near(reduced(backend, ReduceOp::min, dtype, {infinity, infinity}, {2}, {true}), {infinity}, 0, "min");
      check_near(reduced(backend, ReduceOp::max, dtype, {-3, -2}, {2}, {true}), {-2}, 0, "negative max");
    }
}

TEST_CASE("reduce: a long sum in f32 keeps its digits") {
  const double tenth = static_cast<double>(0.1f);
  for (const Backend& backend : backends()) {
    const Values y = reduced(backend, ReduceOp::sum, DType::f32, Values(100000, 0.1), {100000}, {true});
    CHECK(std::abs(y[0] / (100000 * tenth) - 1) < 2e-5);
  }
}

TEST_CASE("arg_reduce: the first of equals, per row") {
  for (const Backend& backend : backends())
    for (DType dtype : number_types) {
      const Values x = {1, 7, 7, 0, -4, 2, -4, 2};
      check_near(arg_reduced(backend, ArgReduceOp::argmax, dtype, x, {2, 4}), {1, 1}, 0, "argmax");
      check_near(arg_reduced(backend, ArgReduceOp::argmin, dtype, x, {2, 4}), {3, 0}, 0, "argmin");
      check_near(arg_reduced(backend, ArgReduceOp::argmax, dtype, x, {2, 2, 2}), {1, 0, 1, 1}, 0, "three axes");
      check_near(arg_reduced(backend, ArgReduceOp::argmax, dtype, x, {8}), {1}, 0, "one axis");
    }
}

namespace {

void check_every_choice_of_axes(DType dtype, const Sizes& dims) {
  for (unsigned mask = 0; mask < 1u << dims.size(); ++mask)
    for (ReduceOp op : all_ops)
      for (bool accumulate : {false, true}) {
        int64_t n = 1;
        std::vector<bool> axes;
        for (size_t i = 0; i < dims.size(); ++i) {
          n *= dims[i];
          axes.push_back(mask >> i & 1);
        }
        const Values x = spread(n, 1, is_float(dtype) ? -1 : -20, is_float(dtype) ? 2 : 20);
        check_agreement(
            tolerance_of(dtype, 3e-5, 1e-12),
            fmt::format("reduction {} of {} ({}), axes {:b}", static_cast<int>(op), name_of(dtype),
                        fmt::join(dims, ", "), mask),
            [&](const Backend& backend) { return reduced(backend, op, dtype, x, dims, axes, 3, accumulate); });
      }
}

}  // namespace

TEST_CASE("reduce: backends agree over every choice of axes, on sizes around the edges of vectors") {
  const std::vector<Sizes> shapes = {{1},      {15},     {16},       {17},       {33},         {1, 17},   {17, 1},
                                     {16, 33}, {33, 16}, {2, 3, 17}, {3, 33, 2}, {2, 3, 2, 5}, {200, 301}};
  for (DType dtype : number_types)
    for (const Sizes& dims : shapes) check_every_choice_of_axes(dtype, dims);
}

TEST_CASE("reduce: backends agree where rows are cut into pieces") {
  for (const Sizes& dims : {Sizes{2049, 70}, Sizes{2, 1025, 17}}) check_every_choice_of_axes(DType::f32, dims);
}

TEST_CASE("reduce: backends agree on transposed and broadcast inputs") {
  for (DType dtype : float_types)
    for (const Sizes& strides : {Sizes{1, 17}, Sizes{0, 1}, Sizes{1, 0}, Sizes{2, 40}})
      for (const Sizes& kept : {Sizes{1, 0}, Sizes{0, 1}, Sizes{0, 0}})
        for (ReduceOp op : all_ops)
          check_agreement(tolerance_of(dtype, 3e-5, 1e-12), "strided reduction", [&](const Backend& backend) {
            const Array x(backend, dtype, spread(2000, 1)), y(backend, dtype, Values(33, 0));
            CHECK(backend.table.reduce(backend.context, op, y.view({17, 33}, kept), x.view({17, 33}, strides, 5),
                                       false) == Status::ok);
            const Array ids(backend, DType::i64, Values(17, -1));
            CHECK(backend.table.arg_reduce(backend.context, ArgReduceOp::argmin, ids.view({17}),
                                           x.view({17, 33}, strides, 5)) == Status::ok);
            return joined({y.values(), ids.values()});
          });
}
