// Folds over any axes, in two passes. The first folds `parts` interleaved shares of every output, an item for each; in
// the second a group folds the shares of one output. The order depends on sizes alone.
DEVICE long unfolded(long i, const Extent e, const Place p) {
  return row_at(i / e.cols, e, p) + i % e.cols * p.step;
}

// `kept` are the axes of x that y has, `folded` the others. With one part, the first pass writes y itself.
#define REDUCE(name, start, first, expression)                                                                    \
  KERNEL(partial_##name)(const Extent kept, const Extent folded, IN(T, x), const Place x_folded, OUT(T, y),       \
                         const long outputs, const long count, const long parts, const int parts_first,           \
                         const int accumulate) {                                                                  \
    const long item = ITEM_X;                                                                                     \
    if (item >= outputs * parts) return;                                                                          \
    const long part = parts_first ? item % parts : item / outputs;                                                \
    const long output = parts_first ? item / parts : item % outputs;                                              \
    const long from = unfolded(output, kept, x_at);                                                               \
    T result = start;                                                                                             \
    for (long i = part; i < count; i += parts) {                                                                  \
      const T each = x_data[from + (folded.rank <= 1 ? i * x_folded.step : unfolded(i, folded, x_folded))];       \
      const T a = result, b = first;                                                                              \
      result = expression;                                                                                        \
    }                                                                                                             \
    GLOBAL T* to = y_data + (parts > 1 ? output * parts + part : unfolded(output, kept, y_at));                   \
    *to = accumulate ? *to + result : result;                                                                     \
  }                                                                                                               \
  GROUP_FOLD(fold_##name, T, expression)                                                                         \
  KERNEL(join_##name)(const Extent kept, OUT(T, y), GLOBAL const T* partial, const long parts, const int accumulate) { \
    SHARED T all[WIDTH];                                                                                          \
    T mine = start;                                                                                               \
    for (long i = LANE; i < parts; i += WIDTH) {                                                                  \
      const T a = mine, b = partial[GROUP * parts + i];                                                           \
      mine = expression;                                                                                          \
    }                                                                                                             \
    const T result = fold_##name(mine, all);                                                                     \
    GLOBAL T* to = y_data + unfolded(GROUP, kept, y_at);                                                          \
    if (LANE == 0) *to = accumulate ? *to + result : result;                                                      \
  }
REDUCE(sum, 0, each, a + b)
REDUCE(sum_of_squares, 0, each* each, a + b)
REDUCE(product, 1, each, a* b)
REDUCE(max, T_MIN, each, LARGER(a, b))
REDUCE(min, T_MAX, each, SMALLER(a, b))
