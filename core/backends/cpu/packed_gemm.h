#pragma once
// f32 products with b packed ahead. op(b) (k, n) is stored as panels of panel_width() columns: panel p, row k, column j
// at (p * k_total + k) * width + j, the last one filled up with zeros; both forms of b pack to the same panels.
#include <cstdint>

#include "core/backends/cpu/product.h"

namespace grus::cpu {

/// Columns of a panel: two vectors.
int64_t panel_width();
inline int64_t panels_of(int64_t n) { return (n + panel_width() - 1) / panel_width(); }
inline int64_t packed_elements(int64_t k, int64_t n) { return panels_of(n) * panel_width() * k; }

/// Packs panels [first, last) of op(b) into `to`, the place of the first of them. b, ldb, transpose_b, k and n are
/// read.
void pack_panels(const Product<float>& p, int64_t first, int64_t last, float* to);
/// Packs all of op(b) on all threads.
void pack_all(const Product<float>& p, float* to);

/// The product with op(b) in `packed`, on all threads; b itself is not read.
void packed_gemm(const Product<float>& p, const float* packed);

/// The product with b packed on the way, panel by panel, by the thread that needs it.
void packing_gemm(const Product<float>& p);

}  // namespace grus::cpu
