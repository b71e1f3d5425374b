// Matrix products.
#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

/// Returns element (i, j) of a matrix, or of its transpose.
template <class T>
T at(const T* matrix, int64_t row_stride, bool transposed, int64_t i, int64_t j) {
  return transposed ? matrix[j * row_stride + i] : matrix[i * row_stride + j];
}

template <class T>
void gemm_of(const GemmArgs& args, T* y, const T* a, const T* b, const T* c) {
  const int64_t inner = args.transpose_a ? args.a.rows : args.a.cols;
  const int64_t c_stride = args.c.buffer ? args.c.row_stride : args.y.row_stride;
  for (int64_t i = 0; i < args.y.rows; ++i)
    for (int64_t j = 0; j < args.y.cols; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < inner; ++k)
        sum += static_cast<double>(at(a, args.a.row_stride, args.transpose_a, i, k)) *
               static_cast<double>(at(b, args.b.row_stride, args.transpose_b, k, j));
      // With beta 0, c may hold anything, even NaN: it is not read.
      const double added = args.beta == 0 ? 0 : args.beta * static_cast<double>(c[i * c_stride + j]);
      y[i * args.y.row_stride + j] = static_cast<T>(args.alpha * sum + added);
    }
}

}  // namespace

void gemm(const GemmArgs& args) {
  with_float("gemm", args.y.dtype, [&]<class T>() {
    for (int64_t n = 0; n < args.batch; ++n) {
      T* const y = data<T>(args.y) + n * args.y.batch_stride;
      gemm_of(args, y, data<const T>(args.a) + n * args.a.batch_stride, data<const T>(args.b) + n * args.b.batch_stride,
              args.c.buffer ? data<const T>(args.c) : y);
    }
  });
}

}  // namespace grus::reference
