#pragma once
// What the products of f32 tensors multiply, on the cpu backend of this process. Sums are f32 either way, and f64
// products stay as they are.

namespace grus {

/// bf16: both sides are rounded to bfloat16 (8 bits of mantissa) on their way into the product. Faster by AVX-512's
/// instruction for it on AMD's CPUs (Intel's run it slower than f32, so they compute in f32 there as on older CPUs),
/// and everywhere when reading weights is what takes the time (few rows): packed, they take half the memory.
enum class Precision { f32, bf16 };

/// f32 until it is set. Between kernels only: not while another thread computes.
Precision product_precision();
void set_product_precision(Precision precision);

}  // namespace grus
