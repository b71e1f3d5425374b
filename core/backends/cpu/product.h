#pragma once
// One matrix product, with pointers, as the GEMM paths of this backend hand it to each other.
#include <cstdint>

#include "core/device/kernels.h"

namespace grus::cpu {

struct TileKernels;

/// y (m, n) = alpha op(a) op(b) + beta c, row-major; ld* are elements from row to row. c may be y; beta 0 ignores it.
template <class T>
struct Product {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  T alpha;
  const T* a;
  int64_t lda;
  const T* b;
  int64_t ldb;
  T beta;
  T* y;
  int64_t ldy;
  const T* c;
  int64_t ldc;
  Precision precision;
  const TileKernels* tiles = nullptr;  // of our own products; null: the best ones for the precision
};

/// Returns the part of p that makes rows [row, row + rows) and columns [column, column + columns) of y.
template <class T>
Product<T> part_of(Product<T> p, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  p.a += p.transpose_a ? row : row * p.lda;
  p.b += p.transpose_b ? column * p.ldb : column;
  p.y += row * p.ldy + column;
  p.c += row * p.ldc + column;
  p.m = rows;
  p.n = columns;
  return p;
}

}  // namespace grus::cpu
