// Norms over rows (Ba et al. 2016; Zhang and Sennrich 2019) and their gradients, one row at a time.
#include <cmath>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

template <class T>
double at(const Matrix& vector, int64_t j, double otherwise) {
  return present(vector) ? static_cast<double>(element<const T>(vector, j)) : otherwise;
}

template <class T>
void norm_row(const NormArgs& a, int64_t i) {
  const T* x = row<const T>(a.x, i);
  const auto count = static_cast<double>(a.x.cols);
  double mean = 0, squares = 0;
  for (int64_t j = 0; j < a.x.cols && a.centred; ++j) mean += static_cast<double>(x[j]) / count;
  for (int64_t j = 0; j < a.x.cols; ++j)
    squares += (static_cast<double>(x[j]) - mean) * (static_cast<double>(x[j]) - mean);
  const double rstd = 1 / std::sqrt(squares / count + a.eps);
  for (int64_t j = 0; j < a.x.cols; ++j)
    row<T>(a.y, i)[j] =
        static_cast<T>((static_cast<double>(x[j]) - mean) * rstd * at<T>(a.weight, j, 1) + at<T>(a.bias, j, 0));
  if (a.centred) element<T>(a.mean, i) = static_cast<T>(mean);
  element<T>(a.rstd, i) = static_cast<T>(rstd);
}

/// dx = rstd (g - mean(g) - n mean(g n)), n = (x - mean) rstd, g = dy weight; without `centred` mean(g) is left out.
template <class T>
void norm_row_backward(const NormBackwardArgs& a, int64_t i) {
  const T *x = row<const T>(a.x, i), *dy = row<const T>(a.dy, i);
  const double mean = at<T>(a.mean, i, 0), rstd = at<T>(a.rstd, i, 1), count = static_cast<double>(a.x.cols);
  const auto n = [&](int64_t j) { return (static_cast<double>(x[j]) - mean) * rstd; };
  const auto g = [&](int64_t j) { return static_cast<double>(dy[j]) * at<T>(a.weight, j, 1); };
  double sum = 0, product = 0;
  for (int64_t j = 0; j < a.x.cols; ++j) {
    sum += g(j) / count;
    product += g(j) * n(j) / count;
  }
  for (int64_t j = 0; j < a.x.cols; ++j) {
    if (present(a.dx)) row<T>(a.dx, i)[j] += static_cast<T>(rstd * (g(j) - (a.centred ? sum : 0) - n(j) * product));
    if (present(a.dweight)) element<T>(a.dweight, j) += static_cast<T>(static_cast<double>(dy[j]) * n(j));
    if (present(a.dbias)) element<T>(a.dbias, j) += dy[j];
  }
}

}  // namespace

void norm_rows(const NormArgs& args) {
  with_float("norm_rows", args.x.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.x.rows; ++i) norm_row<T>(args, i);
  });
}

void norm_rows_backward(const NormBackwardArgs& args) {
  with_float("norm_rows_backward", args.dy.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.x.rows; ++i) norm_row_backward<T>(args, i);
  });
}

}  // namespace grus::reference
