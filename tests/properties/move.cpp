// Ops that move elements, products, and ops by index: values against loops, gradients as adjoints.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/sequence/sequence.h"
#include "tests/properties/plain.h"

using namespace grus;
using namespace grus::test;

namespace {

/// Checks a linear op: the values in a float type, and the gradient in f64.
std::string linear_difference(Choices& choices, const std::string& what, const Array& x, const Array& expected,
                              const std::function<Tensor(const Tensor&)>& f) {
  const Device device = draw_device(choices);
  const DType dtype = choices.of(std::vector<DType>{DType::f64, DType::f32});
  std::string found = difference(f(tensor_of(choices, x, dtype, device)), expected);
  if (found.empty())
    found = adjoint_difference(
        choices, [&](const Tensor& t) { return f(t) * 2.0; }, x, device);
  return found.empty() ? "" : fmt::format("{} of {} on {}{}", what, text(x.sizes), device.name(), found);
}

std::vector<int64_t> draw_ids(Choices& choices, int64_t n, int64_t size) {
  std::vector<int64_t> ids(static_cast<size_t>(n));
  for (int64_t& id : ids) id = choices.in(0, size - 1);
  return ids;
}

}  // namespace

TEST_CASE("property: permute and flip move elements to their place") {
  check_property(800, [](Choices& choices) {
    const Array x = draw_numbers(choices, draw_sizes(choices, 4, 1));
    const size_t rank = x.sizes.size();
    std::vector<int> order(rank), flipped;
    std::iota(order.begin(), order.end(), 0);
    for (size_t i = rank; i > 1; --i)
      std::swap(order[i - 1], order[static_cast<size_t>(choices.in(0, static_cast<int64_t>(i) - 1))]);
    Sizes sizes;
    for (const int axis : order) sizes.push_back(x.sizes[static_cast<size_t>(axis)]);
    for (size_t axis = 0; axis < rank; ++axis)
      if (choices.maybe()) flipped.push_back(static_cast<int>(axis));
    const Array expected = made(sizes, [&](const Index& i) {
      Index from(rank);
      for (size_t k = 0; k < rank; ++k) from[static_cast<size_t>(order[k])] = i[k];
      for (size_t k = 0; k < rank; ++k)
        if (flipped.empty() || std::count(flipped.begin(), flipped.end(), static_cast<int>(k)))
          from[k] = x.sizes[k] - 1 - from[k];
      return x[from];
    });
    return linear_difference(
        choices, fmt::format("permute [{}] of flip [{}]", fmt::join(order, ", "), fmt::join(flipped, ", ")), x,
        expected,
        [&](const Tensor& t) { return permute(flip(t, std::span<const int>(flipped)), std::span<const int>(order)); });
  });
}

TEST_CASE("property: slice takes what Python's slices take, and pad puts it back") {
  check_property(800, [](Choices& choices) {
    const Array x = draw_numbers(choices, draw_sizes(choices, 4, 1));
    const int axis = draw_axis(choices, x.sizes);
    const auto a = static_cast<size_t>(axis);
    const int64_t size = x.sizes[a], begin = choices.in(-size - 1, size + 1), end = choices.in(-size - 1, size + 1),
                  step = choices.in(1, 3), after = choices.in(0, 2);
    std::vector<int64_t> taken;
    for (int64_t i = std::max<int64_t>(0, begin < 0 ? begin + size : begin);
         i < std::min(size, end < 0 ? end + size : end); i += step)
      taken.push_back(i);
    Sizes sizes = x.sizes;
    sizes[a] = static_cast<int64_t>(taken.size());
    sizes.back() += 1 + after;
    const Array expected = made(sizes, [&](Index i) {
      if (--i.back() < 0 || i.back() >= sizes.back() - 1 - after) return 7.0;
      i[a] = taken[static_cast<size_t>(i[a])];
      return x[i];
    });
    // The padding is a constant and has no part in the adjoint, so the op of the gradient pads with 0.
    const Device device = draw_device(choices);
    const auto f = [&](const Tensor& t, double value) {
      return pad(slice(t, axis, begin, end, step), {{1, after}}, value);
    };
    std::string found = difference(f(tensor_of(choices, x, draw_float(choices), device), 7), expected);
    if (found.empty())
      found = adjoint_difference(
          choices, [&](const Tensor& t) { return f(t, 0); }, x, device);
    return found.empty() ? ""
                         : fmt::format("slice {}:{}:{} along {} of {}{}", begin, end, step, axis, text(x.sizes), found);
  });
}

TEST_CASE("property: concat of the parts of a split is the whole, in another order too") {
  check_property(600, [](Choices& choices) {
    const Array x = draw_numbers(choices, draw_sizes(choices, 3, 1));
    const int axis = draw_axis(choices, x.sizes);
    const auto a = static_cast<size_t>(axis);
    const int64_t cut = choices.in(0, x.sizes[a]);
    const Array expected = made(x.sizes, [&](Index i) {
      const int64_t second = x.sizes[a] - cut;
      i[a] = i[a] < second ? i[a] + cut : i[a] - second;
      return x[i];
    });
    return linear_difference(choices, fmt::format("exchange at {} along {}", cut, axis), x, expected,
                             [&](const Tensor& t) {
                               const std::vector<Tensor> parts = split(t, {cut, x.sizes[a] - cut}, axis);
                               return concat({parts[1], parts[0]}, axis);
                             });
  });
}

TEST_CASE("property: repeat and tile") {
  check_property(600, [](Choices& choices) {
    const Array x = draw_numbers(choices, draw_sizes(choices, 3, 1));
    const int axis = draw_axis(choices, x.sizes);
    const auto a = static_cast<size_t>(axis);
    const int64_t times = choices.in(1, 3);
    const bool tiled = choices.maybe();
    Sizes sizes = x.sizes;
    sizes[a] *= times;
    const Array expected = made(sizes, [&](Index i) {
      i[a] = tiled ? i[a] % x.sizes[a] : i[a] / times;
      return x[i];
    });
    return linear_difference(choices, fmt::format("{} {} along {}", tiled ? "tile" : "repeat", times, axis), x,
                             expected,
                             [&](const Tensor& t) { return tiled ? tile(t, times, axis) : repeat(t, times, axis); });
  });
}

TEST_CASE("property: products of matrices with broadcast leading axes, either side transposed") {
  check_property(800, [](Choices& choices) -> std::string {
    const Device device = draw_device(choices);
    const DType dtype = draw_float(choices);
    const Sizes batch = draw_sizes(choices, 2);
    const int64_t m = choices.in(1, 5), k = choices.in(0, 9), n = choices.in(1, 20);
    const bool turn_a = choices.maybe(), turn_b = choices.maybe();
    const MatmulOptions options{.transpose_a = turn_a, .transpose_b = turn_b};
    Sizes sizes_a = draw_narrower(choices, batch), sizes_b = batch, sizes_y = batch;
    const auto matrix = [](Sizes& sizes, int64_t rows, int64_t cols, bool transposed) {
      sizes.push_back(transposed ? cols : rows);
      sizes.push_back(transposed ? rows : cols);
    };
    matrix(sizes_a, m, k, turn_a);
    matrix(sizes_b, k, n, turn_b);
    matrix(sizes_y, m, n, false);
    const Array a = draw_numbers(choices, sizes_a), b = draw_numbers(choices, sizes_b);
    const Array expected = made(sizes_y, [&](const Index& i) {
      double total = 0;
      Index at = i, bt = i;
      const size_t row = i.size() - 2, col = i.size() - 1;
      for (int64_t j = 0; j < k; ++j) {
        at[row] = turn_a ? j : i[row];
        at[col] = turn_a ? i[row] : j;
        bt[row] = turn_b ? i[col] : j;
        bt[col] = turn_b ? j : i[col];
        // An axis of the matrix has its own size, even 1: only the batch broadcasts.
        total += a.under(at) * b.under(bt);
      }
      return total;
    });
    const Tensor x = tensor_of(choices, a, dtype, device), y = tensor_of(choices, b, dtype, device);
    std::string found = difference(matmul(x, y, options), expected, 1e-6);
    const Tensor fixed = tensor_of(choices, b, DType::f64, device);
    if (found.empty())
      found = adjoint_difference(
          choices, [&](const Tensor& t) { return matmul(t, fixed, options); }, a, device);
    const Tensor left = tensor_of(choices, a, DType::f64, device);
    if (found.empty())
      found = adjoint_difference(
          choices, [&](const Tensor& t) { return matmul(left, t, options); }, b, device);
    return found.empty() ? ""
                         : fmt::format("matmul {}{} {}{} on {}{}", text(sizes_a), turn_a ? "^T" : "", text(sizes_b),
                                       turn_b ? "^T" : "", device.name(), found);
  });
}

TEST_CASE("property: rows gathered by ids, and added back at repeated ones") {
  check_property(800, [](Choices& choices) {
    Sizes sizes = draw_sizes(choices, 3, 1);
    sizes[0] = std::max<int64_t>(1, sizes[0]);
    const Array x = draw_numbers(choices, sizes);
    const int64_t n = choices.in(0, 12);
    const std::vector<int64_t> ids = draw_ids(choices, n, sizes[0]);
    Sizes picked = sizes;
    picked[0] = n;
    const Array gathered = made(picked, [&](Index i) {
      i[0] = ids[static_cast<size_t>(i[0])];
      return x[i];
    });
    const std::string found =
        linear_difference(choices, fmt::format("rows [{}]", fmt::join(ids, ", ")), x, gathered,
                          [&](const Tensor& t) { return gather_rows(t, ids_of(ids, {n}, t.device())); });
    if (!found.empty()) return found;
    Array added(sizes);
    for (Index i : indices(picked)) {
      const double number = gathered[i];
      i[0] = ids[static_cast<size_t>(i[0])];
      added[i] += number;
    }
    return linear_difference(choices, fmt::format("scatter to [{}]", fmt::join(ids, ", ")), gathered, added,
                             [&](const Tensor& t) { return scatter_rows(t, ids_of(ids, {n}, t.device()), sizes[0]); });
  });
}

TEST_CASE("property: gather, index_select and scatter_add along any axis") {
  check_property(800, [](Choices& choices) {
    Sizes sizes = draw_sizes(choices, 3, 1);
    const int axis = draw_axis(choices, sizes);
    const auto a = static_cast<size_t>(axis);
    sizes[a] = std::max<int64_t>(1, sizes[a]);
    const Array x = draw_numbers(choices, sizes);
    Sizes picked = sizes;
    picked[a] = choices.in(0, 5);
    if (count(picked) > 200) return std::string();
    const std::vector<int64_t> ids = draw_ids(choices, count(picked), sizes[a]),
                               chosen = draw_ids(choices, picked[a], sizes[a]);
    const auto moved = [&](Index i) {
      i[a] = ids[place(picked, i)];
      return i;
    };
    const Array gathered = made(picked, [&](const Index& i) { return x[moved(i)]; });
    const Array selected = made(picked, [&](Index i) {
      i[a] = chosen[static_cast<size_t>(i[a])];
      return x[i];
    });
    Array added = x;
    for (const Index& i : indices(picked)) added[moved(i)] += gathered[i];
    const std::string along = fmt::format(" along {}", axis);
    return linear_difference(choices, "gather" + along, x, gathered,
                             [&](const Tensor& t) { return gather(t, axis, ids_of(ids, picked, t.device())); }) +
           linear_difference(
               choices, "index_select" + along, x, selected,
               [&](const Tensor& t) { return index_select(t, axis, ids_of(chosen, {picked[a]}, t.device())); }) +
           linear_difference(choices, "scatter_add" + along, x, added, [&](const Tensor& t) {
             const Tensor at = ids_of(ids, picked, t.device());
             return scatter_add(t, axis, at, gather(t, axis, at));
           });
  });
}

TEST_CASE("property: the largest k come in order, the first among equals first") {
  check_property(600, [](Choices& choices) {
    Sizes sizes = draw_sizes(choices, 3, 1);
    sizes.back() = std::max<int64_t>(1, sizes.back());
    const Array x = draw_numbers(choices, sizes);
    const int64_t k = choices.in(1, sizes.back());
    Sizes kept = sizes;
    kept.back() = k;
    Array ids(kept);
    const Array best = made(kept, [&](Index i) {
      const auto at = static_cast<size_t>(i.back());
      std::vector<int64_t> order(static_cast<size_t>(sizes.back()));
      std::iota(order.begin(), order.end(), 0);
      const auto number = [&](int64_t j) {
        Index from = i;
        from.back() = j;
        return x[from];
      };
      std::stable_sort(order.begin(), order.end(), [&](int64_t p, int64_t q) { return number(p) > number(q); });
      ids[i] = static_cast<double>(order[at]);
      return number(order[at]);
    });
    const Device device = draw_device(choices);
    const TopK found_ids = top_k(tensor_of(choices, x, draw_float(choices), device), k);
    const std::string found = difference(found_ids.ids, ids);
    if (!found.empty()) return fmt::format("ids of top_k {} of {}{}", k, text(sizes), found);
    return linear_difference(choices, fmt::format("top_k {}", k), x, best,
                             [&](const Tensor& t) { return top_k(t, k).values; });
  });
}

TEST_CASE("property: packing ragged sequences keeps the real steps, unpacking puts zeros in the others") {
  check_property(600, [](Choices& choices) {
    const int64_t steps = choices.in(1, 6), batch = choices.in(1, 6);
    std::vector<int64_t> lengths(static_cast<size_t>(batch));
    for (int64_t& length : lengths) length = choices.in(0, steps);
    Sizes sizes{steps, batch};
    if (choices.maybe()) sizes.push_back(choices.in(1, 5));
    const Array x = draw_numbers(choices, sizes);
    const Array expected =
        made(sizes, [&](const Index& i) { return i[0] < lengths[static_cast<size_t>(i[1])] ? x[i] : 0.0; });
    return linear_difference(choices, fmt::format("lengths [{}]", fmt::join(lengths, ", ")), x, expected,
                             [&](const Tensor& t) {
                               const Lengths ragged(lengths, steps, t.device());
                               return unpack(pack(t, ragged), ragged);
                             });
  });
}
