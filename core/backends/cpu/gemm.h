#pragma once
// Products by OpenBLAS on all threads.
#include "core/backends/cpu/product.h"

namespace grus::cpu {

/// Computes a product on all threads: the longer side of y is cut, at multiples of a register tile. blas_load() comes
/// first.
template <class T>
void split_blas_gemm(const Product<T>& p);
extern template void split_blas_gemm(const Product<float>& p);
extern template void split_blas_gemm(const Product<double>& p);

}  // namespace grus::cpu
