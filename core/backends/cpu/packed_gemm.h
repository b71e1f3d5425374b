#pragma once
// f32 products with b packed ahead. op(b) (k, n) is stored as words (gemm_tile.h) in panels of panel_width() columns,
// one after the other and each row by row, the last one filled up with zeros; both forms of b pack to the same panels.
// What is packed is for the bf16_products() of that time.
#include <cstdint>

#include "core/backends/cpu/product.h"

namespace grus::cpu {

/// Columns of a panel: two vectors.
int64_t panel_width();
inline int64_t panels_of(int64_t n) { return (n + panel_width() - 1) / panel_width(); }
/// Floats that op(b) takes when it is packed.
int64_t packed_elements(int64_t k, int64_t n);

/// Packs op(b) on all threads; b, ldb, transpose_b, k and n are read.
void pack_all(const Product<float>& p, float* to);

/// The product with op(b) in `packed`, on all threads; b itself is not read.
void packed_gemm(const Product<float>& p, const float* packed);

/// The product with b packed on the way, in parts of some MiB; false: no memory for it.
bool packing_gemm(const Product<float>& p);

}  // namespace grus::cpu
