// Sums and extrema over any axes.
#include <fmt/format.h>

#include <algorithm>

#include "core/backends/gpu/entries.h"
#include "core/backends/gpu/views.h"

namespace grus::gpu {
namespace {

constexpr const char* names[] = {"sum", "sum_of_squares", "max", "min", "product"};

/// The axes of x that y has, and those that are folded (y's stride is 0), as views over each.
struct Split {
  View kept_x, kept_y, folded_x;
  Split(const View& y, const View& x) : kept_x(x), kept_y(y), folded_x(x) {
    kept_x.rank = kept_y.rank = folded_x.rank = 0;
    for (int a = 0; a < x.rank; ++a) {
      if (y.strides[a] == 0 && x.dims[a] != 1) {
        add(folded_x, x.dims[a], x.strides[a]);
      } else {
        add(kept_x, x.dims[a], x.strides[a]);
        add(kept_y, x.dims[a], y.strides[a]);
      }
    }
  }
  static void add(View& view, int64_t dim, int64_t stride) {
    view.dims[view.rank] = dim;
    view.strides[view.rank++] = stride;
  }
};

/// Returns into how many shares the fold of one output is cut: enough for a whole device, none of less than 32
/// elements.
int64_t parts_of(int64_t outputs, int64_t count) {
  constexpr int64_t busy = 1 << 15, least = 32;
  return std::clamp<int64_t>(std::min(busy / std::max<int64_t>(outputs, 1), count / least), 1, 4096);
}

}  // namespace

void reduce(Machine& m, ReduceOp op, const View& y, const View& x, bool accumulate) {
  if (x.dtype == DType::boolean && op != ReduceOp::max && op != ReduceOp::min)
    throw Failure{Status::unsupported, "[reduce] need numbers, got bool"};
  const Split split(y, x);
  const Grid kept(split.kept_x, {&split.kept_x, &split.kept_y}), folded(split.folded_x, {&split.folded_x});
  Place x_folded = folded.places[0];
  x_folded.offset = 0;  // the offset is in kept's
  const int64_t outputs = kept.count(), count = folded.count();
  if (outputs == 0) return;
  const int64_t parts = parts_of(outputs, count);
  const auto parts_first = static_cast<int32_t>(parts > 1 && x_folded.step == 1);
  const char* name = names[static_cast<int>(op)];
  Arguments first;
  first.add(kept.extent).add(folded.extent);
  kept.push(first, 0);
  first.add(x_folded);
  void* const partial = parts > 1 ? m.scratch(0, static_cast<size_t>(outputs * parts) * size_of(x.dtype)) : nullptr;
  if (partial) first.add(partial).add(Place{});
  else kept.push(first, 1);
  first.add(outputs).add(count).add(parts).add(parts_first).add(static_cast<int32_t>(accumulate && !partial));
  m.run("reduce", x.dtype, fmt::format("partial_{}", name), groups_of(outputs * parts), 1, first);
  if (!partial) return;
  Arguments second;
  second.add(kept.extent);
  kept.push(second, 1);
  second.add(partial).add(parts).add(static_cast<int32_t>(accumulate));
  m.run("reduce", x.dtype, fmt::format("join_{}", name), outputs, 1, second);
}

}  // namespace grus::gpu
