#pragma once
// OpenBLAS is loaded at run time, so that its choice of kernels can be corrected in time. It runs single-threaded.
// A program that loads no library has blas_absent.cpp in its place, by our own kernels.
// Sources: blas.cpp, blas_absent.cpp.
#include <string>

#include "core/backends/cpu/product.h"

namespace grus::cpu {

/// Loads OpenBLAS once. Returns false when it cannot be loaded; blas_error() then says why.
bool blas_load();
const std::string& blas_error();

/// Name of the kernels that OpenBLAS took: "Zen", "SkylakeX", ...
std::string blas_kernels();

/// Computes one product on the calling thread; beta 0 writes without reading y. blas_load() comes first.
void blas_gemm(const Product<float>& p);
void blas_gemm(const Product<double>& p);
/// Computes a product with n = 1; a is read once, as it lies.
void blas_gemv(const Product<float>& p);
void blas_gemv(const Product<double>& p);

}  // namespace grus::cpu
