#pragma once
// What the products of f32 tensors multiply, on the cpu backend of this process. Sums are f32 either way, and f64
// products stay as they are.

namespace grus {

/// bf16: both sides are rounded to bfloat16 (8 bits of mantissa) on their way into the product: faster where the CPU
/// has AVX-512's instruction for it (has_bf16_products()), correct everywhere.
enum class Precision { f32, bf16 };

/// f32 until it is set. Between kernels only: not while another thread computes.
Precision product_precision();
void set_product_precision(Precision precision);

/// Whether this CPU multiplies bf16 itself.
bool has_bf16_products();

}  // namespace grus
