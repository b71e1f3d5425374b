// bf16 products on CPUs without a quick instruction for them, and f16 products: a panel is stored in 16 bits, half the
// memory to read, and widened to f32 as the tile loads it; rows of a are rounded while they are copied. The sums are
// those of f32 on rounded operands.
#include <algorithm>
#include <array>
#include <utility>

#include "core/backends/cpu/gemm_tile.h"
#include "core/base/use_only.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/gemm_tile_widened.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
#include "core/backends/cpu/gemm_tile-inl.h"

namespace grus::cpu::HWY_NAMESPACE {

using DU = hn::RebindToUnsigned<D>;
using DNarrow = hn::Rebind<uint16_t, D>;

// Which conversions of f16 the instruction set has; Highway's own in their place do not round to nearest.
#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2 && !defined(HWY_DISABLE_F16C)) || HWY_ARCH_ARM_A64
#define GRUS_CONVERTS_F16 1
#else
#define GRUS_CONVERTS_F16 0
#endif

/// A format rounds floats to numbers of 16 bits, of which it stores the two vectors of a panel's row, and loads the
/// left or the right one as floats. Lane i of a row of bf16 is 32 bits of column i and column `lanes` + i: a shift
/// makes one of them a float, a mask the other.
struct Bf16 {
  static HWY_INLINE V load(const float* row, int column) {
    const auto both = hn::Load(DU(), reinterpret_cast<const uint32_t*>(row));
    return hn::BitCast(D(), column == 0 ? hn::ShiftLeft<16>(both) : hn::And(both, hn::Set(DU(), 0xffff0000u)));
  }
  /// Rounds to the nearest bf16, ties to even; NaN stays NaN.
  template <class DF>
  static HWY_INLINE hn::Vec<DF> rounded(DF d, hn::Vec<DF> x) {
    const hn::RebindToUnsigned<DF> du;
    const auto bits = hn::BitCast(du, x), odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
    const auto nearest = hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fffu)));
    const auto quiet = hn::Or(bits, hn::Set(du, 0x400000u));
    const auto chosen = hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(x)), quiet, nearest);
    return hn::BitCast(d, hn::And(chosen, hn::Set(du, 0xffff0000u)));
  }
  static HWY_INLINE void store(V left, V right, float* row) {
    const auto low = hn::ShiftRight<16>(hn::BitCast(DU(), rounded(D(), left)));
    hn::Store(hn::Or(low, hn::BitCast(DU(), rounded(D(), right))), DU(), reinterpret_cast<uint32_t*>(row));
  }
};

/// IEEE 754's binary16: rounded to nearest, ties to even; from 65520 on it is infinite, NaN stays NaN.
struct F16 {
  static HWY_INLINE V load(const float* row, int column) {
    return load_half(reinterpret_cast<const uint16_t*>(row) + column);
  }
  static HWY_INLINE void store(V left, V right, float* row) {
    store_half(left, reinterpret_cast<uint16_t*>(row));
    store_half(right, reinterpret_cast<uint16_t*>(row) + lanes);
  }
#if GRUS_CONVERTS_F16
  template <class DF>
  static HWY_INLINE hn::Vec<DF> rounded(DF d, hn::Vec<DF> x) {
    return hn::PromoteTo(d, hn::DemoteTo(hn::Rebind<hwy::float16_t, DF>(), x));
  }
  static HWY_INLINE V load_half(const uint16_t* from) {
    const hn::Rebind<hwy::float16_t, D> narrow;
    return hn::PromoteTo(D(), hn::Load(narrow, reinterpret_cast<const hwy::float16_t*>(from)));
  }
  static HWY_INLINE void store_half(V x, uint16_t* to) {
    const hn::Rebind<hwy::float16_t, D> narrow;
    hn::Store(hn::DemoteTo(narrow, x), narrow, reinterpret_cast<hwy::float16_t*>(to));
  }
#else
  /// Returns the 16 bits of the nearest f16 in each lane, as to_half (core/base/half.h).
  template <class DF>
  static HWY_INLINE hn::Vec<hn::RebindToUnsigned<DF>> bits_of(DF d, hn::Vec<DF> x) {
    const hn::RebindToUnsigned<DF> du;
    const hn::RebindToSigned<DF> di;
    const auto bits = hn::BitCast(du, x), size = hn::And(bits, hn::Set(du, 0x7fffffffu));
    const auto above = [&](uint32_t limit) {
      return hn::RebindMask(du, hn::Gt(hn::BitCast(di, size), hn::Set(di, static_cast<int32_t>(limit))));
    };
    const auto half = hn::Set(d, 0.5f);
    const auto subnormal = hn::Sub(hn::BitCast(du, hn::Add(hn::BitCast(d, size), half)), hn::BitCast(du, half));
    const auto odd = hn::And(hn::ShiftRight<13>(size), hn::Set(du, 1));
    const auto normal = hn::ShiftRight<13>(hn::Add(hn::Sub(size, hn::Set(du, (112u << 23) - 0xfffu)), odd));
    auto all = hn::IfThenElse(above(0x387fffffu), normal, subnormal);
    all = hn::IfThenElse(above(0x477fefffu), hn::Set(du, 0x7c00u), all);
    all = hn::IfThenElse(above(0x7f800000u), hn::Set(du, 0x7e00u), all);
    return hn::Or(all, hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 0x8000u)));
  }
  /// Returns the numbers that 16 bits in each lane stand for.
  template <class DF>
  static HWY_INLINE hn::Vec<DF> numbers_of(DF d, hn::Vec<hn::RebindToUnsigned<DF>> bits) {
    const hn::RebindToUnsigned<DF> du;
    const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(du, 0x8000u)));
    const auto size = hn::ShiftLeft<13>(hn::And(bits, hn::Set(du, 0x7fffu)));
    const auto scaled = hn::BitCast(du, hn::Mul(hn::BitCast(d, size), hn::Set(d, 0x1p112f)));
    const hn::RebindToSigned<DF> di;
    const auto special = hn::Gt(hn::BitCast(di, size), hn::Set(di, (31 << 23) - 1));
    const auto all = hn::IfThenElse(hn::RebindMask(du, special), hn::Or(size, hn::Set(du, 0x7f800000u)), scaled);
    return hn::BitCast(d, hn::Or(all, sign));
  }
  template <class DF>
  static HWY_INLINE hn::Vec<DF> rounded(DF d, hn::Vec<DF> x) {
    return numbers_of(d, bits_of(d, x));
  }
  static HWY_INLINE V load_half(const uint16_t* from) {
    return numbers_of(D(), hn::PromoteTo(DU(), hn::Load(DNarrow(), from)));
  }
  static HWY_INLINE void store_half(V x, uint16_t* to) {
    const hn::RebindToSigned<D> di;
    hn::Store(hn::DemoteTo(DNarrow(), hn::BitCast(di, bits_of(D(), x))), DNarrow(), to);
  }
#endif
};
#undef GRUS_CONVERTS_F16

template <class Format>
struct Widened : F32Words {
  static constexpr int panel_row = width / 2;
  static HWY_INLINE V load(const float* row, int column) { return Format::load(row, column); }
};

/// Copies n rounded numbers, in place when `to` is x.
template <class Format>
void copy_rounded(const float* x, int64_t n, float* to) {
  const D d;
  const hn::CappedTag<float, 1> one;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(Format::rounded(d, hn::LoadU(d, x + i)), d, to + i);
  for (; i < n; ++i) hn::StoreU(Format::rounded(one, hn::LoadU(one, x + i)), one, to + i);
}

/// Stores a panel's row of `width` elements.
template <class Format>
HWY_INLINE void store_row(const float* x, float* row) {
  Format::store(hn::LoadU(D(), x), hn::LoadU(D(), x + lanes), row);
}

template <class Format>
void copy_rows_rounded(const float* a, int64_t lda, int64_t rows, int64_t k, float* to) {
  for (int64_t i = 0; i < rows; ++i) copy_rounded<Format>(a + i * lda, k, to + i * row_stride);
}

template <class Format>
void copy_columns_rounded(const float* a, int64_t lda, int64_t columns, int64_t k, int64_t strip, float* to) {
  f32_tile_kernels().copy_columns(a, lda, columns, k, strip, to);
  // Strips are whole, since columns one by one would be too few for a vector; nobody reads what lies beside them.
  const int64_t strips = (columns + strip - 1) / strip;
  copy_rounded<Format>(to, strips * max_rows * k, to);
}

template <class Format>
void pack_rows_narrow(const float* b, int64_t ldb, int64_t k, int64_t panels, int64_t panel_size, float* to) {
  for (int64_t kk = 0; kk < k; ++kk, b += ldb, to += Widened<Format>::panel_row)
    for (int64_t panel = 0; panel < panels; ++panel) store_row<Format>(b + panel * width, to + panel * panel_size);
}

/// Transposes as the f32 kernels do, some rows of the panel at a time.
template <class Format>
void pack_transposed_narrow(const float* b, int64_t ldb, int64_t k, int columns, float* to) {
  constexpr int64_t at_once = 64;
  HWY_ALIGN float turned[at_once * width];
  for (int64_t from = 0; from < k; from += at_once) {
    const int64_t rows = std::min(at_once, k - from);
    f32_tile_kernels().pack_transposed(b + from, ldb, rows, columns, turned);
    for (int64_t kk = 0; kk < rows; ++kk, to += Widened<Format>::panel_row) store_row<Format>(turned + kk * width, to);
  }
}

template <class Format>
void widen(const float* panel, int64_t words, float* to) {
  for (int64_t w = 0; w < words; ++w, panel += Widened<Format>::panel_row, to += width)
    for (int column = 0; column < width; column += lanes)
      hn::Store(Widened<Format>::load(panel, column), D(), to + column);
}

template <class Format>
const TileKernels* widened_kernels_of() {
  static constexpr TileKernels kernels{"SIMD",
                                       max_rows,
                                       width,
                                       Widened<Format>::panel_row,
                                       1,
                                       0,
                                       any_tile<Widened<Format>, false>,
                                       columns_tile<Widened<Format>>(),
                                       copy_rows_rounded<Format>,
                                       copy_columns_rounded<Format>,
                                       pack_rows_narrow<Format>,
                                       pack_transposed_narrow<Format>,
                                       widen<Format>};
  return &kernels;
}
const TileKernels* widened_kernels() { return widened_kernels_of<Bf16>(); }
const TileKernels* f16_kernels() { return widened_kernels_of<F16>(); }

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {

HWY_EXPORT(widened_kernels);
HWY_EXPORT(f16_kernels);

const TileKernels& widened_tile_kernels() {
  static const TileKernels& kernels = *HWY_DYNAMIC_DISPATCH(widened_kernels)();
  return kernels;
}

const TileKernels& f16_tile_kernels() {
  static const TileKernels& kernels = *HWY_DYNAMIC_DISPATCH(f16_kernels)();
  return kernels;
}

}  // namespace grus::cpu
#endif
