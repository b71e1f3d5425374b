#pragma once
// The variants of each SIMD kernel that are compiled; this file is included before anything of Highway's. On x86-64
// they are AVX-512, AVX2 and plain C++ for what is older, so that build time goes where there is speed to win. On arm64
// it is NEON (vectors without a fixed size, as SVE has, cannot be held in the arrays that register tiles are).
#if defined(__x86_64__)
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#else
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#endif
