// The choice of a product's way: f32 with a weight on the right, unless both are large, int8, and all of bf16 and f16
// go to our packed kernels. int8 without a weight is f32. The rest goes to OpenBLAS, cut into one part per thread, or,
// with a long vector, into pieces of it. kernel_choice.h may give our kernels more of f32.
#include "core/backends/cpu/gemm.h"

#include <algorithm>
#include <vector>

#include "core/backends/cpu/blas.h"
#include "core/backends/cpu/derived.h"
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/kernel_choice.h"
#include "core/backends/cpu/packed_gemm.h"
#include "core/backends/cpu/product.h"
#include "core/base/thread_pool.h"
#include "core/base/use_only.h"

namespace grus::cpu {
namespace {

// A product of fewer multiply-adds is not worth a second thread.
constexpr int64_t parallel_work = 1 << 17;
// Beside more rows than this, to pack a weight for one product costs little. In f32 a packed form of more bytes than
// this then comes from beyond the caches, and OpenBLAS is as fast.
constexpr int64_t large_form = 4 << 20, many_rows = 384;
constexpr int64_t vector_piece = 2048;  // terms of a product with a vector whose sum T holds well

/// Returns the precision in which the product is computed.
Precision precision_of(const GemmArgs& args) {
  if (args.precision != Precision::int8) return args.precision;
  const bool weight = args.b_is_weight && args.batch == 1 && !args.transpose_a;
  const int64_t k = args.a.cols;
  return weight && is_worth_int8(args.y.cols, k) ? Precision::int8 : Precision::f32;
}

template <class T>
Product<T> product_of(const GemmArgs& args, int64_t batch) {
  Product<T> p;
  p.transpose_a = args.transpose_a;
  p.transpose_b = args.transpose_b;
  p.m = args.y.rows;
  p.n = args.y.cols;
  p.k = args.transpose_a ? args.a.rows : args.a.cols;
  p.alpha = static_cast<T>(args.alpha);
  p.beta = static_cast<T>(args.beta);
  p.a = data<const T>(args.a) + batch * args.a.batch_stride;
  p.b = data<const T>(args.b) + batch * args.b.batch_stride;
  p.y = data<T>(args.y) + batch * args.y.batch_stride;
  p.lda = args.a.row_stride;
  p.ldb = args.b.row_stride;
  p.ldy = args.y.row_stride;
  p.c = args.c.buffer ? data<const T>(args.c) : p.y;
  p.ldc = args.c.buffer ? args.c.row_stride : p.ldy;
  p.precision = precision_of(args);
  return p;
}

template <class T>
void scale(const Product<T>& p) {
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j) p.y[i * p.ldy + j] = p.beta == 0 ? 0 : p.beta * p.c[i * p.ldc + j];
}

/// Computes a product by OpenBLAS, which adds to y.
template <class T>
void blas_product(const Product<T>& p) {
  if (p.c != p.y && p.beta != 0)
    for (int64_t i = 0; i < p.m; ++i) std::copy_n(p.c + i * p.ldc, p.n, p.y + i * p.ldy);
  if (p.n == 1 && !p.transpose_a && p.k <= vector_piece) blas_gemv(p);
  else blas_gemm(p);
}

/// Computes op(a) b of a long vector b, such as the weight gradient of a series with one value a step, from pieces of b
/// on all threads, each short enough for sums in T. Returns false for any other product.
template <class T>
bool long_vector_product(const Product<T>& p) {
  constexpr int64_t piece = vector_piece;
  if (p.n != 1 || !p.transpose_a || p.k < 2 * piece) return false;
  const int64_t pieces = p.k / piece;
  std::vector<T> partial(static_cast<size_t>(pieces * p.m));
  parallel_for(pieces, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t begin = p.k * i / pieces;
      Product<T> part = p;
      part.k = p.k * (i + 1) / pieces - begin;
      part.a += begin * p.lda;
      part.b += begin * (p.transpose_b ? 1 : p.ldb);
      part.y = partial.data() + i * p.m;
      part.ldy = 1;
      part.beta = 0;
      blas_gemv(part);
    }
  });
  for (int64_t row = 0; row < p.m; ++row) {
    double sum = p.beta == 0 ? 0 : static_cast<double>(p.beta) * static_cast<double>(p.c[row * p.ldc]);
    for (int64_t i = 0; i < pieces; ++i) sum += static_cast<double>(partial[static_cast<size_t>(i * p.m + row)]);
    p.y[row * p.ldy] = static_cast<T>(sum);
  }
  return true;
}

template <class T>
void blas_batch(const GemmArgs& args) {
  const Product<T> p = product_of<T>(args, 0);
  if (args.batch == 1) {
    if (!long_vector_product(p)) split_blas_gemm(p);
    return;
  }
  const int64_t work = std::max<int64_t>(1, p.m * p.n * p.k);
  parallel_for(args.batch, parallel_work / work + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) blas_gemm(product_of<T>(args, i));
  });
}

/// Tells whether a product with a weight is our kernels': always, but in f32 with a large weight and many rows.
bool takes_weight(const Product<float>& p) {
  return p.precision != Precision::f32 || p.m <= many_rows || packed_elements(p) * 4 <= large_form ||
         f32_choice().large_weights;
}

/// Tells whether a product packs the weight for itself: many rows hide it, a part of k has the bits of the whole, and
/// int8 is for use alone, where weights stay as they are.
bool may_pack_alone(const Product<float>& p) {
  return p.m > many_rows && p.precision != Precision::int8 && p.k <= depth_at_once(p);
}

/// Tells whether our f32 kernels may take a product without a weight: packing must be little beside it.
bool is_worth_packing(const Product<float>& p) {
  constexpr int64_t least = 32;
  return p.m >= least && p.n >= least && p.k >= least;
}

/// Computes by our kernels, where they are the better choice (f32: with a weight on the right) or the only one (bf16,
/// f16, int8). Returns false when they do not take the product.
bool packed_batch(const GemmArgs& args) {
  const Product<float> p = product_of<float>(args, 0);
  if (use_only && p.transpose_a) return false;  // it has no tiles for one: plain loops compute what nobody asks for
  if (args.batch == 1 && args.b_is_weight && takes_weight(p)) {
    if (may_pack_alone(p) && is_first_use(args.b.buffer, args.b.offset, p)) return packing_gemm(p);
    const PackedWeight packed = packed_weight(args.b.buffer, args.b.offset, p);
    if (packed.get()) packed_gemm(p, packed.get());
    return packed.get() != nullptr;
  }
  if (p.precision == Precision::f32 && !(f32_choice().plain && is_worth_packing(p))) return false;
  for (int64_t i = 0; i < args.batch; ++i)
    if (!packing_gemm(product_of<float>(args, i)))
      return false;  // the first one, if any: later ones need no more memory
  return true;
}

template <class T>
Status gemm_of(const GemmArgs& args) {
  const Product<T> first = product_of<T>(args, 0);
  if (first.m == 0 || first.n == 0 || args.batch == 0) return Status::ok;
  if (first.k == 0 || args.alpha == 0) {
    for (int64_t i = 0; i < args.batch; ++i) scale(product_of<T>(args, i));
    return Status::ok;
  }
  if constexpr (std::is_same_v<T, float>)
    if (packed_batch(args)) return Status::ok;
  if (!blas_load()) return fail_with(blas_error());
  blas_batch<T>(args);
  return Status::ok;
}

}  // namespace

template <class T>
void split_blas_gemm(const Product<T>& p) {
  constexpr int64_t tile = 16;
  const int64_t tiles = (std::max(p.m, p.n) + tile - 1) / tile;
  const int64_t grain = std::max<int64_t>(1, tiles * parallel_work / std::max<int64_t>(1, p.m * p.n * p.k));
  parallel_for(tiles, grain, [&](int64_t begin, int64_t end) {
    const int64_t from = begin * tile, size = std::min(end * tile, std::max(p.m, p.n)) - from;
    blas_product(p.m >= p.n ? part_of(p, from, size, 0, p.n) : part_of(p, 0, p.m, from, size));
  });
}
template void split_blas_gemm(const Product<float>& p);
template void split_blas_gemm(const Product<double>& p);

Status gemm(Context* context, const GemmArgs& args) {
  if (args.y.dtype == DType::f32) return gemm_of<float>(args);
  if (args.y.dtype == DType::f64) return gemm_of<double>(args);
  return reference_backend().gemm(context, args);
}

}  // namespace grus::cpu
