#pragma once
// f32 products with b packed ahead. op(b) (k, n) is stored as words (gemm_tile.h) in panels of panel_width() columns,
// one after the other and each row by row, the last one filled up with zeros; both forms of b pack to the same panels.
// A form that was packed for one precision is of no use to another.
#include <cstdint>

#include "core/backends/cpu/product.h"

namespace grus::cpu {

/// TileKernels::instructions of the kernels that are taken here.
const char* products_by(Precision precision);

/// Columns of a panel, which holds two vectors.
int64_t panel_width(Precision precision);
/// Floats that op(b) takes when it is packed; k, n and precision are read.
int64_t packed_elements(const Product<float>& p);

/// Packs op(b) on all threads; b, ldb, transpose_b, k, n and precision are read.
void pack_all(const Product<float>& p, float* to);

/// Computes the product with op(b) in `packed`, on all threads; b itself is not read.
void packed_gemm(const Product<float>& p, const float* packed);

/// Returns the depth k that packing_gemm multiplies at once: what is deeper has other bits than packed_gemm's.
int64_t depth_at_once(const Product<float>& p);

/// Computes the product with b packed on the way, in parts of some MiB; false when there is no memory for it.
bool packing_gemm(const Product<float>& p);

}  // namespace grus::cpu
