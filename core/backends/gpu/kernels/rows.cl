// Kernels over the rows of a matrix: rows by id, and the best entries of a row. A wrong id reads nothing: `fault`
// remembers that there was one, until the host asks.
KERNEL(gather)(const long rows, const long cols, const long table_rows, M_OUT(T, y), M_IN(T, table), IDS(ids),
               GLOBAL int* fault) {
  const long j = ITEM_X;
  if (j < cols) EACH_ROW(rows) {
      const long id = ID(ids, i);
      const int valid = id >= 0 && id < table_rows;
      if (!valid) *fault = 1;
      ROW(y, i)[j] = valid ? ROW(table, id)[j] : 0;
    }
}

#ifndef T_STORED
// links[2 i] says whether no row before i has its id; links[2 i + 1] is the next row with its id, or -1.
KERNEL(link_ids)(const long rows, const long table_rows, IDS(ids), GLOBAL int* links, GLOBAL int* fault) {
  const long i = ITEM_X;
  if (i >= rows) return;
  const long id = ID(ids, i);
  const int valid = id >= 0 && id < table_rows;
  if (!valid) *fault = 1;
  int first = valid;
  for (long k = 0; k < i && first; ++k) first = ID(ids, k) != id;
  long next = i + 1;
  while (next < rows && ID(ids, next) != id) ++next;
  links[2 * i] = first;
  links[2 * i + 1] = next < rows ? (int)next : -1;
}

KERNEL(scatter_add)(const long rows, const long cols, M_OUT(T, table), M_IN(T, x), IDS(ids), GLOBAL const int* links) {
  const long j = ITEM_X;
  if (j < cols) EACH_ROW(rows) {
      if (!links[2 * i]) continue;
      GLOBAL T* to = ROW(table, ID(ids, i)) + j;
      T sum = *to;
      for (long k = i; k >= 0; k = links[2 * k + 1]) sum += ROW(x, k)[j];
      *to = sum;
    }
}

// Tells whether entry a comes before b: the larger first (or the smaller), NaN before all, the lower index among
// equals. An index of -1 is no entry.
DEVICE int before(T a, long index_a, T b, long index_b, int smallest) {
  if (index_a < 0 || index_b < 0) return index_b < 0;
  const int nan_a = a != a, nan_b = b != b;
  if (nan_a != nan_b) return nan_a;
  if (nan_a || a == b) return index_a < index_b;
  return smallest ? a < b : a > b;
}

// Finds the `count` first entries of each row by before(), one pass over the row for each; values may be absent.
KERNEL(top)(const Extent extent, IN(T, x), const long count, const int smallest, GLOBAL T* values, const Place values_at,
            GLOBAL long* ids, const Place ids_at) {
  SHARED T all_values[WIDTH];
  SHARED long all_ids[WIDTH];
  const long row = GROUP;
  GLOBAL const T* from = x_data + row_at(row, extent, x_at);
  T last = 0;
  long last_id = -1;
  for (long k = 0; k < count; ++k) {
    T best = 0;
    long best_id = -1;
    for (long j = LANE; j < extent.cols; j += WIDTH) {
      const T each = from[j * x_at.step];
      if (k > 0 && !before(last, last_id, each, j, smallest)) continue;
      if (before(each, j, best, best_id, smallest)) best = each, best_id = j;
    }
    all_values[LANE] = best;
    all_ids[LANE] = best_id;
    BARRIER;
    for (int reach = WIDTH / 2; reach > 0; reach /= 2) {
      if (LANE < reach && before(all_values[LANE + reach], all_ids[LANE + reach], all_values[LANE], all_ids[LANE], smallest)) {
        all_values[LANE] = all_values[LANE + reach];
        all_ids[LANE] = all_ids[LANE + reach];
      }
      BARRIER;
    }
    last = all_values[0];
    last_id = all_ids[0];
    BARRIER;
    if (LANE == 0) {
      ids[row_at(row, extent, ids_at) + k * ids_at.step] = last_id;
      if (values) values[row_at(row, extent, values_at) + k * values_at.step] = last;
    }
  }
}
#endif
