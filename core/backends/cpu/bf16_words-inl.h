// Words of two bf16 for the register tiles (gemm_tile.h), rounded by AVX-512's instruction, which Highway 1.0 does not
// know. The files with bf16 kernels include this one behind gemm_tile-inl.h, in a region with avx512bf16.

namespace grus::cpu::HWY_NAMESPACE {

HWY_INLINE __mmask16 first(int64_t n) { return static_cast<__mmask16>(n >= 16 ? 0xffff : n <= 0 ? 0 : (1 << n) - 1); }

/// Makes 16 words from elements 0 .. 31 of one row, of which n count.
HWY_INLINE __m512i row_words(const float* x, int64_t n) {
  return (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(first(n - 16), x + 16), _mm512_maskz_loadu_ps(first(n), x));
}
/// Makes 16 words, each of a column's elements in two rows.
HWY_INLINE __m512i column_words(__m512 upper, __m512 lower) {
  const __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh(lower, upper);
  const __m512i low = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(rounded)),
                high = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(rounded, 1));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

inline void copy_row_words(const float* row, int64_t k, float* to) {
  for (; k >= 32; k -= 32, row += 32, to += 16)
    _mm512_storeu_ps(
        to, _mm512_castsi512_ps((__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(row + 16), _mm512_loadu_ps(row))));
  if (k > 0) _mm512_mask_storeu_epi32(to, first((k + 1) / 2), row_words(row, k));
}

inline void copy_rows_bf16(const float* a, int64_t lda, int64_t rows, int64_t k, float* to) {
  for (int64_t i = 0; i < rows; ++i) copy_row_words(a + i * lda, k, to + i * row_stride);
}

inline void pack_rows_bf16(const float* b, int64_t ldb, int64_t k, int64_t panels, int64_t panel_size, float* to) {
  for (int64_t kk = 0; kk < k; kk += 2, b += 2 * ldb, to += width)
    for (int64_t j = 0; j < panels * width; j += lanes) {
      const __m512 upper = _mm512_loadu_ps(b + j),
                   lower = kk + 1 < k ? _mm512_loadu_ps(b + ldb + j) : _mm512_setzero_ps();
      _mm512_store_si512(to + j / width * panel_size + j % width, column_words(upper, lower));
    }
}

/// Words are made row by row, some of them at a time, and transposed as the f32 kernels transpose elements.
inline void pack_transposed_bf16(const float* b, int64_t ldb, int64_t k, int columns, float* to) {
  constexpr int64_t at_once = 128, stride = at_once / 2 + 16;
  HWY_ALIGN float words[width * stride];
  for (int64_t from = 0; from < k; from += at_once) {
    const int64_t depth = std::min(at_once, k - from), count = (depth + 1) / 2;
    for (int j = 0; j < columns; ++j) copy_row_words(b + j * ldb + from, depth, words + j * stride);
    f32_tile_kernels().pack_transposed(words, stride, count, columns, to + from / 2 * width);
  }
}

}  // namespace grus::cpu::HWY_NAMESPACE
