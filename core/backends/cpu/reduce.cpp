// Reductions of f32 over all elements, the last axes, or the axes before them; the rest goes to the plain loops. Sums
// are taken in f64, over pieces whose size does not depend on the number of threads.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/loops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/reduce.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

using N = Number<float>;
using Wide = Number<double>;

/// Number of f64 vectors that hold one f32 vector.
constexpr int halves = HWY_TARGET == HWY_SCALAR ? 1 : 2;

enum class Fold { sum, squares, product };

constexpr double start_of(Fold fold) { return fold == Fold::product ? 1 : 0; }

/// Adds x, or its square, to `halves` sums, or multiplies them by it.
template <Fold fold>
HWY_INLINE void add_wide(N x, Wide* sums) {
  const Wide::D d;
#if HWY_TARGET == HWY_SCALAR
  Wide parts[halves] = {{hn::PromoteTo(d, x.v)}};
#else
  const hn::Rebind<float, Wide::D> half;
  Wide parts[halves] = {{hn::PromoteTo(d, hn::LowerHalf(half, x.v))}, {hn::PromoteTo(d, hn::UpperHalf(half, x.v))}};
#endif
  for (int i = 0; i < halves; ++i) {
    if constexpr (fold == Fold::product) sums[i] = sums[i] * parts[i];
    else sums[i] = fold == Fold::squares ? fused(parts[i], parts[i], sums[i]) : sums[i] + parts[i];
  }
}

template <Fold fold>
double fold_of(const float* x, int64_t n) {
  constexpr int chains = 4;
  Wide sums[chains][halves];
  for (auto& chain : sums)
    for (Wide& sum : chain) sum = Wide::of(start_of(fold));
  int64_t i = 0;
  for (; i + chains * N::lanes <= n; i += chains * N::lanes)
    for (int c = 0; c < chains; ++c) add_wide<fold>(N::load(x + i + c * N::lanes), sums[c]);
  for (; i + N::lanes <= n; i += N::lanes) add_wide<fold>(N::load(x + i), sums[0]);
  if constexpr (fold == Fold::product) {
    Wide total = sums[0][0];
    for (int k = 1; k < chains * halves; ++k) total = total * sums[k / halves][k % halves];
    HWY_ALIGN double lanes[Wide::lanes];
    total.store(lanes);
    double product = 1;
    for (double lane : lanes) product *= lane;
    for (; i < n; ++i) product *= static_cast<double>(x[i]);
    return product;
  } else {
    if (i < n) add_wide<fold>(N::load(x + i, n - i), sums[0]);
    Wide total = Wide::of(0);
    for (const auto& chain : sums)
      for (const Wide& sum : chain) total = total + sum;
    return hn::GetLane(hn::SumOfLanes(Wide::D(), total.v));
  }
}

/// A NaN wins, as in the reference.
template <bool largest>
HWY_INLINE N better(N so_far, N x) {
  const N y = select(largest ? x > so_far : x < so_far, x, so_far);
  return select(x == x, y, x);
}
inline float better_of(bool largest, float so_far, float x) {
  return (largest ? x > so_far : x < so_far) || x != x ? x : so_far;
}

template <bool largest>
double extreme_of(const float* x, int64_t n) {
  constexpr int chains = 4;
  const float start = largest ? -HUGE_VALF : HUGE_VALF;
  const N::D d;
  N best[chains];
  for (N& each : best) each = N::of(start);
  int64_t i = 0;
  for (; i + chains * N::lanes <= n; i += chains * N::lanes)
    for (int c = 0; c < chains; ++c) best[c] = better<largest>(best[c], N::load(x + i + c * N::lanes));
  for (; i + N::lanes <= n; i += N::lanes) best[0] = better<largest>(best[0], N::load(x + i));
  for (int c = 1; c < chains; ++c) best[0] = better<largest>(best[0], best[c]);
  if (!hn::AllTrue(d, (best[0] == best[0]).m)) return static_cast<double>(std::numeric_limits<float>::quiet_NaN());
  float result = hn::GetLane(largest ? hn::MaxOfLanes(d, best[0].v) : hn::MinOfLanes(d, best[0].v));
  for (; i < n; ++i) result = better_of(largest, result, x[i]);
  return static_cast<double>(result);
}

double reduce_row(ReduceOp op, const float* x, int64_t n) {
  switch (op) {
    case ReduceOp::sum:
      return fold_of<Fold::sum>(x, n);
    case ReduceOp::sum_of_squares:
      return fold_of<Fold::squares>(x, n);
    case ReduceOp::max:
      return extreme_of<true>(x, n);
    case ReduceOp::min:
      return extreme_of<false>(x, n);
    case ReduceOp::product:
      return fold_of<Fold::product>(x, n);
  }
  return 0;
}

/// results[i] = the fold of row i, whose n elements begin at x + i stride.
template <double (*f)(const float*, int64_t)>
void each_row(const float* x, int64_t stride, int64_t rows, int64_t n, double* results) {
  for (int64_t i = 0; i < rows; ++i) results[i] = f(x + i * stride, n);
}
void reduce_neighbours(ReduceOp op, const float* x, int64_t stride, int64_t rows, int64_t n, double* results) {
  if (op == ReduceOp::sum) each_row<fold_of<Fold::sum>>(x, stride, rows, n, results);
  else if (op == ReduceOp::sum_of_squares) each_row<fold_of<Fold::squares>>(x, stride, rows, n, results);
  else if (op == ReduceOp::max) each_row<extreme_of<true>>(x, stride, rows, n, results);
  else if (op == ReduceOp::min) each_row<extreme_of<false>>(x, stride, rows, n, results);
  else each_row<fold_of<Fold::product>>(x, stride, rows, n, results);
}

/// result[j] = the fold of result[j] and x[i * stride + j] over i < rows, for a strip of up to column_strip columns.
constexpr int64_t column_strip = 64;
template <Fold fold, bool whole>
void sum_columns(const float* x, int64_t stride, int64_t rows, int64_t columns, double* result) {
  constexpr int64_t vectors = column_strip / N::lanes;
  Wide sums[vectors][halves];
  HWY_ALIGN double lanes[column_strip] = {};
  std::copy_n(result, columns, lanes);
  for (int64_t v = 0; v < vectors; ++v)
    for (int h = 0; h < halves; ++h) sums[v][h] = Wide::load(lanes + v * N::lanes + h * Wide::lanes);
  for (int64_t i = 0; i < rows; ++i, x += stride) {
    if constexpr (whole) {  // a count that the compiler knows: the sums stay in registers
      for (int64_t v = 0; v < vectors; ++v) add_wide<fold>(N::load(x + v * N::lanes), sums[v]);
    } else {
      for (int64_t v = 0; v * N::lanes < columns; ++v)
        add_wide<fold>(N::load(x + v * N::lanes, std::min(columns - v * N::lanes, N::lanes)), sums[v]);
    }
  }
  for (int64_t v = 0; v < vectors; ++v)
    for (int h = 0; h < halves; ++h) sums[v][h].store(lanes + v * N::lanes + h * Wide::lanes);
  std::copy_n(lanes, columns, result);
}

template <Fold fold>
void sum_columns(const float* x, int64_t stride, int64_t rows, int64_t columns, double* result) {
  if (columns == column_strip) sum_columns<fold, true>(x, stride, rows, columns, result);
  else sum_columns<fold, false>(x, stride, rows, columns, result);
}

void reduce_columns(ReduceOp op, const float* x, int64_t stride, int64_t rows, int64_t columns, double* result) {
  if (op == ReduceOp::sum) return sum_columns<Fold::sum>(x, stride, rows, columns, result);
  if (op == ReduceOp::sum_of_squares) return sum_columns<Fold::squares>(x, stride, rows, columns, result);
  if (op == ReduceOp::product) return sum_columns<Fold::product>(x, stride, rows, columns, result);
  float best[column_strip];
  std::copy_n(result, columns, best);
  for (int64_t i = 0; i < rows; ++i, x += stride)
    for (int64_t j = 0; j < columns; ++j) best[j] = better_of(op == ReduceOp::max, best[j], x[j]);
  std::copy_n(best, columns, result);
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {

HWY_EXPORT(reduce_row);
HWY_EXPORT(reduce_neighbours);
HWY_EXPORT(reduce_columns);

constexpr int64_t piece = 1 << 14;
constexpr int64_t strip = 64;  // is column_strip
constexpr int64_t rows_ahead =
    16;  // rows of a strip before the next one, so that no more streams of memory are read at a time
constexpr int64_t rows_of_piece = 1024;

double folded(ReduceOp op, double a, double b) {
  if (op == ReduceOp::max) return b > a || b != b ? b : a;
  if (op == ReduceOp::min) return b < a || b != b ? b : a;
  return op == ReduceOp::product ? a * b : a + b;
}

/// Reduces a long row in pieces of a fixed size, on all threads.
double reduce_long(ReduceOp op, const float* x, int64_t n) {
  const int64_t pieces = std::max<int64_t>(1, (n + piece - 1) / piece);
  std::vector<double> partial(static_cast<size_t>(pieces));
  parallel_for(pieces, 2, [&](int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p)
      partial[static_cast<size_t>(p)] =
          HWY_DYNAMIC_DISPATCH(reduce_row)(op, x + p * piece, std::min(piece, n - p * piece));
  });
  double result = partial[0];
  for (int64_t p = 1; p < pieces; ++p) result = folded(op, result, partial[static_cast<size_t>(p)]);
  return result;
}

void put(float* y, double value, bool accumulate) {
  *y = static_cast<float>(accumulate ? static_cast<double>(*y) + value : value);
}

/// The loop that walks y and x together, and which of its merged axes are reduced.
struct Shape {
  Loop<2> loop;
  bool reduced(int axis) const { return loop.strides[0][axis] == 0; }
  /// Every axis but the last is kept, and the last is reduced.
  bool along_rows() const {
    for (int axis = 0; axis + 1 < loop.rank; ++axis)
      if (reduced(axis)) return false;
    return reduced(loop.rank - 1) && loop.inner_stride(1) == 1;
  }
  /// The axes are (reduced, kept) or (kept, reduced, kept).
  bool along_columns() const {
    const int last = loop.rank - 1;
    return loop.rank >= 2 && loop.rank <= 3 && !reduced(last) && reduced(last - 1) && (last == 1 || !reduced(0)) &&
           loop.inner_stride(0) == 1 && loop.inner_stride(1) == 1;
  }
};

void reduce_rows(ReduceOp op, const Loop<2>& loop, float* y, const float* x, bool accumulate) {
  const int64_t rows = loop.rows(), n = loop.inner();
  if (n >= 2 * piece) {
    for (int64_t row = 0; row < rows; ++row) {
      const auto at = loop.offsets(row);
      put(y + at[0], reduce_long(op, x + at[1], n), accumulate);
    }
    return;
  }
  parallel_for(rows, loop_grain / std::max<int64_t>(n, 1) + 1, [&](int64_t first, int64_t last) {
    constexpr int64_t at_once = 64;
    double results[at_once];
    RowWalk<2> walk(loop, first);
    for (int64_t row = first; row < last;) {
      // Rows of one matrix stand at equal distances.
      const int64_t left = loop.rank > 1 ? loop.dims[loop.rank - 2] - row % loop.dims[loop.rank - 2] : 1;
      const int64_t count = std::min({left, last - row, at_once}),
                    stride = loop.rank > 1 ? loop.strides[1][loop.rank - 2] : 0;
      HWY_DYNAMIC_DISPATCH(reduce_neighbours)(op, x + walk.at()[1], stride, count, n, results);
      for (int64_t i = 0; i < count; ++i, ++row, walk.next()) put(y + walk.at()[0], results[i], accumulate);
    }
  });
}

double neutral(ReduceOp op) {
  if (op == ReduceOp::max || op == ReduceOp::min) return op == ReduceOp::max ? -HUGE_VAL : HUGE_VAL;
  return op == ReduceOp::product ? 1 : 0;
}

/// sums[j] = the fold of x[i * stride + j] over i < rows.
void reduce_strips(ReduceOp op, double* sums, const float* x, int64_t stride, int64_t rows, int64_t columns) {
  std::fill_n(sums, columns, neutral(op));
  for (int64_t row = 0; row < rows; row += rows_ahead)
    for (int64_t from = 0; from < columns; from += strip) HWY_DYNAMIC_DISPATCH(reduce_columns)
  (op, x + row * stride + from, stride, std::min(rows_ahead, rows - row), std::min(strip, columns - from), sums + from);
}

/// Writes, or adds, to the first `width` of y's `columns` what the `pieces` rows of `sums` fold to, in order.
void put_folded(ReduceOp op, float* y, const double* sums, int64_t pieces, int64_t columns, int64_t width,
                bool accumulate) {
  for (int64_t j = 0; j < width; ++j) {
    double result = sums[j];
    for (int64_t piece = 1; piece < pieces; ++piece) result = folded(op, result, sums[piece * columns + j]);
    put(y + j, result, accumulate);
  }
}

/// Reduces x as `outer` matrices, each cut into pieces of rows and strips of columns, which threads take.
void reduce_down(ReduceOp op, const Loop<2>& loop, float* y, const float* x, bool accumulate) {
  const int last = loop.rank - 1;
  const int64_t outer = last == 2 ? loop.dims[0] : 1, rows = loop.dims[last - 1], columns = loop.inner();
  const int64_t stride = loop.strides[1][last - 1];
  const int64_t strips = (columns + strip - 1) / strip, pieces = (rows + rows_of_piece - 1) / rows_of_piece;
  const auto at = [&](int view, int64_t i) { return last == 2 ? i * loop.strides[view][0] : 0; };
  const bool whole = pieces == 1;  // a strip's sums are final at once
  std::vector<double> partial(static_cast<size_t>(whole ? 0 : outer * pieces * columns));
  parallel_for(outer * pieces * strips, loop_grain / (std::min(rows, rows_of_piece) * strip) + 1,
               [&](int64_t first, int64_t end) {
                 std::vector<double> own(static_cast<size_t>(whole ? columns : 0));
                 for (int64_t task = first; task < end;) {
                   const int64_t piece = task / strips, i = piece / pieces, row = piece % pieces * rows_of_piece;
                   const int64_t begin = task % strips, count = std::min(end - task, strips - begin);
                   const int64_t column = begin * strip, width = std::min(count * strip, columns - column);
                   double* const sums = whole ? own.data() : partial.data() + piece * columns + column;
                   reduce_strips(op, sums, x + at(1, i) + row * stride + column, stride,
                                 std::min(rows_of_piece, rows - row), width);
                   if (whole) put_folded(op, y + at(0, i) + column, sums, 1, columns, width, accumulate);
                   task += count;
                 }
               });
  for (int64_t i = 0; !whole && i < outer; ++i)
    put_folded(op, y + at(0, i), partial.data() + i * pieces * columns, pieces, columns, columns, accumulate);
}

/// Tells for each row whether any, or whether all are true: the search for one that decides ends at it.
void reduce_bools(bool any, const Loop<2>& loop, bool* y, const bool* x) {
  const int64_t rows = loop.rows(), n = loop.inner();
  parallel_for(rows, 4 * loop_grain / std::max<int64_t>(n, 1) + 1, [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row) {
      const auto at = loop.offsets(row);
      y[at[0]] = (std::memchr(x + at[1], any ? 1 : 0, static_cast<size_t>(n)) != nullptr) == any;
    }
  });
}

}  // namespace

Status reduce(Context* context, ReduceOp op, const View& y, const View& x, bool accumulate) {
  const Shape shape{loop_over(x, y, x)};
  if (x.dtype == DType::boolean && !shape.loop.empty() && shape.along_rows()) {
    reduce_bools(op == ReduceOp::max, shape.loop, data<bool>(y), data<const bool>(x));
    return Status::ok;
  }
  if (x.dtype == DType::f32 && !shape.loop.empty()) {
    if (shape.along_rows()) {
      reduce_rows(op, shape.loop, data<float>(y), data<const float>(x), accumulate);
      return Status::ok;
    }
    if (shape.along_columns()) {
      reduce_down(op, shape.loop, data<float>(y), data<const float>(x), accumulate);
      return Status::ok;
    }
  }
  return reference_backend().reduce(context, op, y, x, accumulate);
}

}  // namespace grus::cpu
#endif
