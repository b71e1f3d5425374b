// In the place of blas.cpp, for programs without OpenBLAS: f32 by our packed kernels, the rest, and what has a
// transposed a, in plain loops.
#include "core/backends/cpu/blas.h"
#include "core/backends/cpu/packed_gemm.h"

namespace grus::cpu {
namespace {

template <class T>
void plain_gemm(const Product<T>& p) {
  const int64_t row_a = p.transpose_a ? 1 : p.lda, step_a = p.transpose_a ? p.lda : 1;
  const int64_t step_b = p.transpose_b ? 1 : p.ldb, column_b = p.transpose_b ? p.ldb : 1;
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j) {
      T sum = 0;
      for (int64_t k = 0; k < p.k; ++k) sum += p.a[i * row_a + k * step_a] * p.b[k * step_b + j * column_b];
      T& y = p.y[i * p.ldy + j];
      y = p.alpha * sum + (p.beta == 0 ? T(0) : p.beta * y);
    }
}

}  // namespace

bool blas_load() { return true; }

const std::string& blas_error() {
  static const std::string none;
  return none;
}

std::string blas_kernels() { return "none"; }

void blas_gemm(const Product<float>& p) {
  Product<float> own = p;
  own.c = p.y;
  own.ldc = p.ldy;
  own.precision = Precision::f32;
  if (p.n == 1 || p.transpose_a || !packing_gemm(own)) plain_gemm(p);
}

void blas_gemm(const Product<double>& p) { plain_gemm(p); }
void blas_gemv(const Product<float>& p) { plain_gemm(p); }
void blas_gemv(const Product<double>& p) { plain_gemm(p); }

}  // namespace grus::cpu
