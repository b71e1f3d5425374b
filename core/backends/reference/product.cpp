// Matrix products, and rows picked by ids.
#include <algorithm>

#include "core/backends/reference/access.h"
#include "core/backends/reference/entries.h"

namespace grus::reference {

Status gemm(Context*, const GemmArgs& args) {
  const int64_t inner = args.transpose_a ? args.a.rows : args.a.cols;
  return with_float(args.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t batch = 0; batch < args.batch; ++batch) {
      const T *a = data<T>(args.a) + batch * args.a.batch_stride, *b = data<T>(args.b) + batch * args.b.batch_stride;
      for (int64_t i = 0; i < args.y.rows; ++i) {
        T* y = row<T>(args.y, i) + batch * args.y.batch_stride;
        for (int64_t j = 0; j < args.y.cols; ++j) {
          double sum = 0;
          for (int64_t k = 0; k < inner; ++k) {
            const T left = args.transpose_a ? a[k * args.a.row_stride + i] : a[i * args.a.row_stride + k];
            const T right = args.transpose_b ? b[j * args.b.row_stride + k] : b[k * args.b.row_stride + j];
            sum += static_cast<double>(left) * static_cast<double>(right);
          }
          // beta 0 ignores what stood there, even NaN.
          const double before = args.beta == 0 ? 0 : args.beta * static_cast<double>(y[j]);
          y[j] = static_cast<T>(args.alpha * sum + before);
        }
      }
    }
    return Status::ok;
  });
}

Status gather_rows(Context*, const Matrix& y, const Matrix& table, const Matrix& ids) {
  return with_type(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < y.rows; ++i) std::copy_n(row<T>(table, id_at(ids, i)), y.cols, row<T>(y, i));
    return Status::ok;
  });
}

Status scatter_add_rows(Context*, const Matrix& table, const Matrix& x, const Matrix& ids) {
  return with_type(table.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < x.rows; ++i) {
      T* to = row<T>(table, id_at(ids, i));
      const T* from = row<T>(x, i);
      for (int64_t j = 0; j < x.cols; ++j) to[j] = static_cast<T>(to[j] + from[j]);
    }
    return Status::ok;
  });
}

}  // namespace grus::reference
