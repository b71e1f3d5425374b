// Numbers of 8 bits for the register tile (gemm_tile.h): rows and columns are quantized, packed, and scaled back. The
// files with int8 kernels include this one behind gemm_tile-inl.h. No product is followed by a sum that a compiler
// might round together with it, so that the bits are those of every CPU.

namespace grus::cpu::HWY_NAMESPACE {

using I32 = hn::Rebind<int32_t, D>;

/// x y, rounded, whatever is added to it next.
template <class DF>
HWY_INLINE hn::Vec<DF> rounded_product(DF d, hn::Vec<DF> x, hn::Vec<DF> y) {
  return hn::MulAdd(x, y, hn::Set(d, -0.0f));
}

/// max |x_i| as the bits of a float, which order as the numbers do; NaN is above all.
HWY_INLINE int32_t largest_bits(const float* x, int64_t n) {
  const D d;
  const I32 i32;
  const auto size = hn::Set(i32, 0x7fffffff);
  auto most = hn::Zero(i32);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) most = hn::Max(most, hn::And(size, hn::BitCast(i32, hn::LoadU(d, x + i))));
  int32_t largest = hn::GetLane(hn::MaxOfLanes(i32, most));
  for (; i < n; ++i) largest = std::max(largest, std::bit_cast<int32_t>(x[i]) & 0x7fffffff);
  return largest;
}

/// How a row is quantized: q_i = round(inverse x_i), x_i ~ scale q_i.
struct RowScale {
  float scale, inverse;
};
HWY_INLINE RowScale scale_of(const float* x, int64_t n) {
  const int32_t bits = largest_bits(x, n);
  const float largest = std::bit_cast<float>(bits);
  if (bits >= 0x7f800000) return {std::numeric_limits<float>::quiet_NaN(), 0};
  if (largest < 0x1p-119f) return {0, 0};  // the inverse might not be finite
  return {largest / 127, 127 / largest};
}

/// Rounds to the nearest integer, ties to even: 1.5 * 2^23 + x has it in its lowest bits. What is not finite becomes
/// any number.
template <class DF>
HWY_INLINE hn::Vec<hn::Rebind<int32_t, DF>> quantized(DF d, hn::Vec<DF> x, float inverse) {
  const hn::Rebind<int32_t, DF> i32;
  const auto shifted = hn::Add(rounded_product(d, x, hn::Set(d, inverse)), hn::Set(d, 0x1.8p23f));
  return hn::Sub(hn::BitCast(i32, shifted), hn::Set(i32, 0x4b400000));
}

HWY_INLINE void store_integers(hn::Vec<I32> q, int32_t* to) { hn::StoreU(q, I32(), to); }
template <class T>
HWY_INLINE void store_integers(hn::Vec<I32> q, T* to) {
  const hn::Rebind<T, I32> narrow;
  hn::StoreU(hn::DemoteTo(narrow, q), narrow, to);
}

/// to[i] = zero + round(inverse x[i]) for i < n, and zero up to a whole word.
template <class T, int in_word>
void quantize(const float* x, int64_t n, float inverse, int32_t zero, T* to) {
  const D d;
  const hn::CappedTag<float, 1> one;
  const auto shift = hn::Set(I32(), zero);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) store_integers(hn::Add(quantized(d, hn::LoadU(d, x + i), inverse), shift), to + i);
  for (; i < n; ++i) to[i] = static_cast<T>(hn::GetLane(quantized(one, hn::LoadU(one, x + i), inverse)) + zero);
  for (; i % in_word != 0; ++i) to[i] = static_cast<T>(zero);
}

/// What is common to int8's kinds of words: `Words::A` and `Words::B` are the types in which numbers of a and b lie
/// there, `Words::in_word` of them in a word, `Words::zero` is added to those of a, and
/// `Words::instructions` names what multiplies them.
template <class Words>
struct Int8Parts {
  static constexpr int head = 2 * width;

  static HWY_INLINE V join(V a, V b) {
    const I32 i32;
    return hn::BitCast(D(), hn::Add(hn::BitCast(i32, a), hn::BitCast(i32, b)));
  }

  /// alpha (scale of the row) (scale of the column) (sum - zero sum_k b) + beta c.
  static HWY_INLINE V result(const Tile& tile, int row, int column, V sum, const float* c) {
    const D d;
    const I32 i32;
    const auto correction = hn::LoadU(i32, reinterpret_cast<const int32_t*>(tile.b) + width + column);
    const V whole = hn::ConvertTo(d, hn::Add(hn::BitCast(i32, sum), correction));
    const V of_row = hn::Set(d, tile.alpha * tile.a[row * row_stride + block_words]);
    const V y = rounded_product(d, whole, hn::Mul(of_row, hn::LoadU(d, tile.b + column)));
    if (tile.beta == 0) return y;
    if (tile.beta == 1) return hn::Add(y, hn::LoadU(d, c));
    return hn::Add(y, rounded_product(d, hn::Set(d, tile.beta), hn::LoadU(d, c)));
  }

  static void copy_rows(const float* a, int64_t lda, int64_t rows, int64_t k, float* to) {
    for (int64_t i = 0; i < rows; ++i, a += lda, to += row_stride) {
      const RowScale row = scale_of(a, k);
      quantize<typename Words::A, Words::in_word>(a, k, row.inverse, Words::zero,
                                                  reinterpret_cast<typename Words::A*>(to));
      to[block_words] = row.scale;
    }
  }

  /// Packs one block of one panel: its head, then its words.
  static void pack_block(const float* b, int64_t ldb, int64_t k, int columns, const RowScale* scales, float* to) {
    constexpr int in_word = Words::in_word;
    auto* const corrections = reinterpret_cast<int32_t*>(to) + width;
    auto* const words = reinterpret_cast<typename Words::B*>(to + head);
    const int64_t count = (k + in_word - 1) / in_word;
    HWY_ALIGN int32_t numbers[int8_depth];
    for (int j = 0; j < width; ++j) {
      to[j] = j < columns ? scales[j].scale : 0;
      if (j < columns) quantize<int32_t, in_word>(b + j * ldb, k, scales[j].inverse, 0, numbers);
      else std::fill_n(numbers, count * in_word, 0);
      int32_t sum = 0;
      for (int64_t w = 0; w < count; ++w)
        for (int e = 0; e < in_word; ++e) {
          const int32_t number = numbers[w * in_word + e];
          sum += number;
          words[(w * width + j) * in_word + e] = static_cast<typename Words::B>(number);
        }
      corrections[j] = -Words::zero * sum;
    }
  }

  static void pack_transposed(const float* b, int64_t ldb, int64_t k, int columns, float* to) {
    RowScale scales[width];
    for (int j = 0; j < columns; ++j) scales[j] = scale_of(b + j * ldb, k);
    for (int64_t from = 0; from < k; from += int8_depth) {
      const int64_t depth = std::min(int8_depth, k - from);
      pack_block(b + from, ldb, depth, columns, scales, to);
      to += head + int8_depth / Words::in_word * Words::panel_row;
    }
  }
};

template <class Words>
const TileKernels* int8_kernels_of() {
  static constexpr TileKernels kernels{Words::instructions,
                                       max_rows,
                                       width,
                                       Words::panel_row,
                                       Words::in_word,
                                       Words::head,
                                       any_tile<Words, false>,
                                       nullptr,
                                       Words::copy_rows,
                                       nullptr,
                                       nullptr,
                                       Words::pack_transposed};
  return &kernels;
}

}  // namespace grus::cpu::HWY_NAMESPACE
