#include "core/base/crc32.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace grus {
namespace {

uint32_t by_tables(uint32_t before, std::string_view bytes) {
  if (bytes.empty()) return before;  // zlib begins anew where it is given no address
  return static_cast<uint32_t>(crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

#if defined(__x86_64__)

// Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ" (Intel 2009). The remainders of
// powers of x, bits reversed, by which what lies 64 and 16 bytes ahead is folded onto what follows.
constexpr long long ahead_64[] = {0x154442bd4, 0x1c6e41596}, ahead_16[] = {0x1751997d0, 0x0ccaa009e};
constexpr long long ahead_8 = 0x163cd6124, polynomial = 0x1db710641, quotient = 0x1f7011641;
constexpr size_t block = 64;

#define GRUS_FOLDS __attribute__((target("pclmul,sse4.1")))

GRUS_FOLDS inline __m128i load(const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }

GRUS_FOLDS inline __m128i folded(__m128i x, __m128i by, __m128i next) {
  return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(x, by, 0x00), _mm_clmulepi64_si128(x, by, 0x11)), next);
}

// Reduces 128 bits to 32: to 96, to 64, and by Barrett's division.
GRUS_FOLDS inline uint32_t reduced(__m128i x, __m128i by_16) {
  const __m128i low = _mm_setr_epi32(-1, 0, -1, 0);
  x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, by_16, 0x10));
  x = _mm_xor_si128(_mm_srli_si128(x, 4),
                    _mm_clmulepi64_si128(_mm_and_si128(x, low), _mm_set_epi64x(0, ahead_8), 0x00));
  const __m128i divisor = _mm_set_epi64x(quotient, polynomial);
  __m128i whole = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(x, low), divisor, 0x10), low);
  whole = _mm_clmulepi64_si128(whole, divisor, 0x00);
  return static_cast<uint32_t>(_mm_extract_epi32(_mm_xor_si128(x, whole), 1));
}

/// Takes a multiple of 64 bytes, and one block at least.
GRUS_FOLDS uint32_t by_folding(uint32_t before, std::string_view bytes) {
  const char* at = bytes.data();
  __m128i x[4];
  for (int i = 0; i < 4; ++i) x[i] = load(at + 16 * i);
  x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128(static_cast<int>(~before)));
  const __m128i by_64 = _mm_set_epi64x(ahead_64[1], ahead_64[0]), by_16 = _mm_set_epi64x(ahead_16[1], ahead_16[0]);
  for (const char* const end = at + bytes.size(); (at += block) < end;)
    for (int i = 0; i < 4; ++i) x[i] = folded(x[i], by_64, load(at + 16 * i));
  for (int i = 1; i < 4; ++i) x[0] = folded(x[0], by_16, x[i]);
  return ~reduced(x[0], by_16);
}

#undef GRUS_FOLDS

#endif

}  // namespace

uint32_t crc32_of(uint32_t before, std::string_view bytes) {
#if defined(__x86_64__)
  static const bool folds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  if (const size_t whole = bytes.size() / block * block; folds && whole > 0) {
    before = by_folding(before, bytes.substr(0, whole));
    bytes.remove_prefix(whole);
  }
#endif
  return by_tables(before, bytes);
}

}  // namespace grus
