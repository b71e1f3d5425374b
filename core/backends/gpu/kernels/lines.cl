// Kernels along lines: sorting by a bitonic network, and linear recurrences of first order.
#ifndef T_STORED
KERNEL(sort_begin)(const long rows, const long size, GLOBAL long* order) {
  const long j = ITEM_X;
  if (j < size) EACH_ROW(rows) order[i * size + j] = j;
}

// Tells whether entry a stands before entry b. Entries from cols on are padding and stand last; NaN counts as the
// largest; equal ones keep their order.
DEVICE int stands_before(GLOBAL const T* x, long a, long b, long cols, int descending) {
  if (a >= cols || b >= cols) return a < b;
  const T left = x[a], right = x[b];
  const int nan_left = left != left, nan_right = right != right;
  const int less = nan_left || nan_right ? !nan_left && nan_right : left < right;
  const int greater = nan_left || nan_right ? nan_left && !nan_right : left > right;
  if (descending ? greater : less) return 1;
  if (descending ? less : greater) return 0;
  return a < b;
}

// Compares entries that lie `distance` apart within blocks, whose directions alternate.
KERNEL(sort_step)(const long rows, const long cols, const long size, const long block, const long distance,
                  const int descending, M_IN(T, x), GLOBAL long* order) {
  const long pair = ITEM_X;
  if (pair < size / 2) EACH_ROW(rows) {
      const long left = 2 * pair - (pair & (distance - 1)), right = left + distance;
      GLOBAL long* of_row = order + i * size;
      const long a = of_row[left], b = of_row[right];
      if (stands_before(ROW(x, i), b, a, cols, descending) != ((left & block) == 0)) continue;
      of_row[left] = b;
      of_row[right] = a;
    }
}

KERNEL(sort_end)(const long rows, const long cols, const long size, M_IN(T, x), M_OUT(T, values), M_OUT(long, ids),
                 GLOBAL const long* order) {
  const long j = ITEM_X;
  if (j < cols) EACH_ROW(rows) {
      const long id = order[i * size + j];
      ROW(ids, i)[j] = id;
      ROW(values, i)[j] = ROW(x, i)[id];
    }
}

// y_i = a_i y_{i-1} + b_i; an absent a is 1, an absent b is 0, and the first step is its b, or its a without one.
#define STEP_AT(i) ((i) * cols + column)
KERNEL(recurrence_by_item)(const long matrices, const long steps, const long cols, M_OUT(T, y), M_IN(T, a), M_IN(T, b),
                           const int backwards) {
  const long column = ITEM_X;
  if (column < cols) EACH_ROW(matrices) {
      T state = 0;
      for (long n = 0; n < steps; ++n) {
        const long at = (i * steps + (backwards ? steps - 1 - n : n)) * cols + column;
        const T term = PRESENT(b) ? ROW(b, 0)[at] : (T)0;
        if (n == 0) state = PRESENT(b) ? term : ROW(a, 0)[at];
        else state = (PRESENT(a) ? ROW(a, 0)[at] * state : state) + term;
        ROW(y, 0)[at] = state;
      }
    }
}

// A group takes one line, WIDTH steps at a time, by doubling the reach of each lane. Sums alone and products alone stay
// apart, so that 0 meets no infinity that is not there.
KERNEL(recurrence_by_group)(const long matrices, const long steps, const long cols, M_OUT(T, y), M_IN(T, a), M_IN(T, b),
                            const int backwards) {
  SHARED T factors[WIDTH];
  SHARED T terms[WIDTH];
  const long first = GROUP / cols * steps, column = GROUP % cols;
  T carry = 0;
  for (long from = 0; from < steps; from += WIDTH) {
    const long n = from + LANE, at = (first + (backwards ? steps - 1 - n : n)) * cols + column;
    const int counts = n < steps;
    T factor = counts && PRESENT(a) ? ROW(a, 0)[at] : (T)1, term = counts && PRESENT(b) ? ROW(b, 0)[at] : (T)0;
    if (n == 0 && PRESENT(b)) factor = 0;
    for (int reach = 1; reach < WIDTH; reach *= 2) {
      factors[LANE] = factor;
      terms[LANE] = term;
      BARRIER;
      if (LANE >= reach) {
        if (PRESENT(b)) term += PRESENT(a) ? factor * terms[LANE - reach] : terms[LANE - reach];
        if (PRESENT(a)) factor *= factors[LANE - reach];
      }
      BARRIER;
    }
    T state = PRESENT(b) ? term : factor;
    if (from > 0) state = PRESENT(b) ? (PRESENT(a) ? factor * carry : carry) + term : factor * carry;
    if (counts) ROW(y, 0)[at] = state;
    factors[LANE] = state;
    BARRIER;
    carry = factors[WIDTH - 1];
    BARRIER;
  }
}
#endif
