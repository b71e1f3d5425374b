// Linear recurrences of first order: threads share lines out, and a line's steps follow one another, so the bits are
// the same for any number of threads.
#include <algorithm>
#include <type_traits>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/base/thread_pool.h"

namespace grus::cpu {
namespace {

constexpr int64_t strip = 64;  // columns whose states one task carries

/// Walks `width` columns of one matrix, whose elements begin at `first`. The shape of the step is known here, so that
/// the loop over the columns is one over vectors.
template <class T, bool factors, bool terms>
void walk(const LinearRecurrenceArgs& args, int64_t first, int64_t width) {
  using Sum = std::conditional_t<std::is_same_v<T, float>, double, T>;
  const int64_t cols = args.y.cols, stride = args.backwards ? -cols : cols;
  const int64_t begin = first + (args.backwards ? (args.steps - 1) * cols : 0);
  T* y = data<T>(args.y) + begin;
  const T* a = factors ? data<const T>(args.a) + begin : nullptr;
  const T* b = terms ? data<const T>(args.b) + begin : nullptr;
  Sum state[strip];
  for (int64_t i = 0; i < args.steps; ++i) {
    for (int64_t j = 0; j < width; ++j) {
      if constexpr (factors && terms)
        state[j] = i == 0 ? static_cast<Sum>(b[j]) : static_cast<Sum>(a[j]) * state[j] + static_cast<Sum>(b[j]);
      else if constexpr (terms) state[j] = i == 0 ? static_cast<Sum>(b[j]) : state[j] + static_cast<Sum>(b[j]);
      else state[j] = i == 0 ? static_cast<Sum>(a[j]) : static_cast<Sum>(a[j]) * state[j];
      y[j] = static_cast<T>(state[j]);
    }
    y += stride;
    if (factors) a += stride;
    if (terms) b += stride;
  }
}

/// Walks `lines` neighbours of one column each. Their states are registers, and one line's sum does not wait for
/// another's.
template <class T, bool factors, bool terms, int lines>
void walk_lines(const LinearRecurrenceArgs& args, int64_t first) {
  using Sum = std::conditional_t<std::is_same_v<T, float>, double, T>;
  const int64_t n = args.steps, by = args.backwards ? -1 : 1, begin = first + (args.backwards ? n - 1 : 0);
  T* const y = data<T>(args.y) + begin;
  const T* const a = factors ? data<const T>(args.a) + begin : nullptr;
  const T* const b = terms ? data<const T>(args.b) + begin : nullptr;
  Sum state[lines];
  for (int line = 0; line < lines; ++line)
    y[line * n] = static_cast<T>(state[line] = static_cast<Sum>(terms ? b[line * n] : a[line * n]));
  for (int64_t i = 1; i < n; ++i)
    for (int line = 0; line < lines; ++line) {
      const int64_t at = line * n + i * by;
      if constexpr (factors) state[line] *= static_cast<Sum>(a[at]);
      if constexpr (terms) state[line] += static_cast<Sum>(b[at]);
      y[at] = static_cast<T>(state[line]);
    }
}

template <class T, bool factors, bool terms>
void run_lines(const LinearRecurrenceArgs& args) {
  constexpr int lines = 8;
  parallel_for(args.y.rows / args.steps, rows_per_task(args.steps), [&](int64_t begin, int64_t end) {
    for (; begin + lines <= end; begin += lines) walk_lines<T, factors, terms, lines>(args, begin * args.steps);
    for (; begin < end; ++begin) walk_lines<T, factors, terms, 1>(args, begin * args.steps);
  });
}

template <class T>
void run(const LinearRecurrenceArgs& args) {
  if (args.y.cols == 1) {
    if (!args.a.buffer) return run_lines<T, false, true>(args);
    return args.b.buffer ? run_lines<T, true, true>(args) : run_lines<T, true, false>(args);
  }
  const int64_t cols = args.y.cols, strips = (cols + strip - 1) / strip, size = args.steps * cols;
  const auto step = args.a.buffer ? (args.b.buffer ? walk<T, true, true> : walk<T, true, false>) : walk<T, false, true>;
  parallel_for(args.y.rows / args.steps * strips, rows_per_task(args.steps * std::min(cols, strip)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t at = begin; at < end; ++at) {
                   const int64_t column = at % strips * strip;
                   step(args, at / strips * size + column, std::min(strip, cols - column));
                 }
               });
}

bool is_dense(const Matrix& m) { return m.buffer == nullptr || m.row_stride == m.cols; }

}  // namespace

Status linear_recurrence(Context* context, const LinearRecurrenceArgs& args) {
  const bool fits = is_dense(args.y) && is_dense(args.a) && is_dense(args.b) && args.steps > 0 && args.y.cols > 0 &&
                    (args.a.buffer || args.b.buffer);
  if (!fits || !is_number(args.y.dtype)) return reference_backend().linear_recurrence(context, args);
  switch (args.y.dtype) {
    case DType::f32:
      run<float>(args);
      break;
    case DType::f64:
      run<double>(args);
      break;
    case DType::i32:
      run<int32_t>(args);
      break;
    default:
      run<int64_t>(args);
  }
  return Status::ok;
}

}  // namespace grus::cpu
