// y = alpha op(a) op(b) + beta y for each matrix of a batch, an item for each element. It is for batches of small
// matrices; single products are a library's.
typedef struct {
  long offset, row, column, batch;  // strides
} Matrices;

KERNEL(product)(const long batch, const long rows, const long cols, const long inner, GLOBAL const T* a, const Matrices of_a,
                GLOBAL const T* b, const Matrices of_b, GLOBAL T* y, const Matrices of_y, const T alpha, const T beta) {
  const long j = ITEM_X;
  if (j < cols) EACH_ROW(batch * rows) {
      const long n = i / rows, row = i % rows;
      GLOBAL const T* left = a + of_a.offset + n * of_a.batch + row * of_a.row;
      GLOBAL const T* right = b + of_b.offset + n * of_b.batch + j * of_b.column;
      T sum = 0;
      for (long k = 0; k < inner; ++k) sum += left[k * of_a.column] * right[k * of_b.row];
      GLOBAL T* to = y + of_y.offset + n * of_y.batch + row * of_y.row + j;
      *to = beta == K(0) ? alpha * sum : alpha * sum + beta * *to;
    }
}
