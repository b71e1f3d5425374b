#pragma once
// Products of the cpu backend beside plain loops in f64.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/backends/cpu/packed_gemm.h"
#include "core/device/device.h"
#include "core/device/precision.h"
#include "core/device/storage.h"

namespace grus::test {

struct Memory {
  explicit Memory(int64_t n, DType dtype)
      : storage(Storage::create(static_cast<size_t>(n) * size_of(dtype), Device("cpu"))) {}
  ~Memory() { storage->release(); }
  Memory(const Memory&) = delete;
  template <class T>
  T* data() {
    return static_cast<T*>(storage->buffer()->handle);
  }
  Storage* storage;
};

/// Returns repeatable values spread over [-0.5, 0.5).
inline double value(int64_t i, int64_t salt) {
  uint64_t x = (static_cast<uint64_t>(i) + static_cast<uint64_t>(salt) * 1000003) * 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 31)) * 0xBF58476D1CE4E5B9;
  return static_cast<double>(x >> 11) * 0x1p-53 - 0.5;
}

/// Returns the number that a product of the current precision multiplies in place of x.
template <class T>
double multiplied(T x) {
  if (std::is_same_v<T, double> || product_precision() == Precision::f32) return static_cast<double>(x);
  if (product_precision() == Precision::f16) return static_cast<double>(to_float(to_float16(static_cast<float>(x))));
  const uint32_t bits = std::bit_cast<uint32_t>(static_cast<float>(x)), rest = bits & 0xffff;
  uint32_t upper = bits >> 16;
  if (rest > 0x8000 || (rest == 0x8000 && upper % 2 == 1)) ++upper;
  return static_cast<double>(std::bit_cast<float>(upper << 16));
}

template <class T>
void fill(Memory& memory, int64_t n, int64_t salt) {
  for (int64_t i = 0; i < n; ++i) memory.data<T>()[i] = static_cast<T>(value(i, salt));
}

struct Case {
  int64_t m, n, k;
  bool transpose_a = false, transpose_b = false, weight = true;
  double alpha = 1, beta = 0;
  int64_t batch = 1, gap = 0;  // gap: elements between rows
};

/// Runs the case and returns the largest difference to plain loops, in units of sqrt(k) roundings.
template <class T>
struct Run {
  explicit Run(const Case& c)
      : c(c),
        a_cols((c.transpose_a ? c.m : c.k) + c.gap),
        b_cols((c.transpose_b ? c.k : c.n) + c.gap),
        y_cols(c.n + c.gap),
        a_size((c.transpose_a ? c.k : c.m) * a_cols),
        b_size((c.transpose_b ? c.n : c.k) * b_cols),
        y_size(c.m * y_cols),
        a(std::max<int64_t>(1, a_size * c.batch), dtype_of<T>),
        b(std::max<int64_t>(1, b_size * c.batch), dtype_of<T>),
        y(std::max<int64_t>(1, y_size * c.batch), dtype_of<T>) {
    fill<T>(a, a_size * c.batch, 1);
    fill<T>(b, b_size * c.batch, 2);
  }
  void multiply() {
    fill<T>(y, y_size * c.batch, 3);
    if (c.beta == 0)
      for (int64_t i = 0; i < y_size * c.batch; ++i)
        if (i % y_cols < c.n) y.data<T>()[i] = std::numeric_limits<T>::quiet_NaN();
    GemmArgs args{};
    args.y = {y.storage->buffer(), 0, dtype_of<T>, c.m, c.n, y_cols, y_size};
    args.a = {a.storage->buffer(),       0,      dtype_of<T>, c.transpose_a ? c.k : c.m,
              c.transpose_a ? c.m : c.k, a_cols, a_size};
    args.b = {b.storage->buffer(),       0,      dtype_of<T>, c.transpose_b ? c.n : c.k,
              c.transpose_b ? c.k : c.n, b_cols, b_size};
    args.transpose_a = c.transpose_a;
    args.transpose_b = c.transpose_b;
    args.batch = c.batch;
    args.alpha = c.alpha;
    args.beta = c.beta;
    args.b_is_weight = c.weight;
    args.precision = product_precision();
    const Device cpu("cpu");
    cpu.check(cpu.kernels().gemm(cpu.context(), args), "gemm");
  }
  /// Computes rows [from, m) of each product of the batch in plain loops; what lies between rows stays as it was
  /// filled.
  std::vector<double> expected(int64_t from = 0) {
    std::vector<double> all(static_cast<size_t>(y_size * c.batch)), row(static_cast<size_t>(c.n));
    const std::vector<double> wide_a = widened(a, a_size * c.batch), wide_b = widened(b, b_size * c.batch);
    for (int64_t batch = 0; batch < c.batch; ++batch)
      for (int64_t i = from; i < c.m; ++i) {
        const double *pa = wide_a.data() + batch * a_size, *pb = wide_b.data() + batch * b_size;
        std::fill(row.begin(), row.end(), 0.0);
        for (int64_t k = 0; k < c.k; ++k) {
          const double x = c.transpose_a ? pa[k * a_cols + i] : pa[i * a_cols + k];
          const double* const column = c.transpose_b ? pb + k : pb + k * b_cols;
          const int64_t step = c.transpose_b ? b_cols : 1;
          for (int64_t j = 0; j < c.n; ++j) row[static_cast<size_t>(j)] += x * column[j * step];
        }
        for (int64_t j = 0; j < y_cols; ++j) {
          const int64_t at = batch * y_size + i * y_cols + j;
          const double before = static_cast<double>(static_cast<T>(value(at, 3)));
          all[static_cast<size_t>(at)] =
              j >= c.n ? before : c.alpha * row[static_cast<size_t>(j)] + (c.beta == 0 ? 0 : c.beta * before);
        }
      }
    return all;
  }
  double error() {
    multiply();
    return row_error(0);
  }
  /// Returns the error of rows [from, m) of what was multiplied.
  double row_error(int64_t from) { return error_beside(expected(from), from); }
  double error_beside(const std::vector<double>& want, int64_t from = 0) {
    double worst = 0;
    for (int64_t batch = 0; batch < c.batch; ++batch)
      for (int64_t at = batch * y_size + from * y_cols; at < (batch + 1) * y_size; ++at) {
        const double difference = std::abs(static_cast<double>(y.data<T>()[at]) - want[static_cast<size_t>(at)]);
        worst = difference <= worst ? worst : difference;  // NaN is kept
      }
    return worst / (std::numeric_limits<T>::epsilon() * std::sqrt(static_cast<double>(c.k) + 1));
  }
  static std::vector<double> widened(Memory& memory, int64_t n) {
    std::vector<double> wide(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) wide[static_cast<size_t>(i)] = multiplied(memory.data<T>()[i]);
    return wide;
  }
  Case c;
  int64_t a_cols, b_cols, y_cols, a_size, b_size, y_size;
  Memory a, b, y;
};

/// Returns the floats that a weight (k, n) takes when it is packed.
inline int64_t floats_packed(int64_t k, int64_t n, Precision precision) {
  cpu::Product<float> p{};
  p.k = k;
  p.n = n;
  p.precision = precision;
  return cpu::packed_elements(p);
}

inline constexpr Precision precisions[] = {Precision::f32, Precision::bf16, Precision::f16};

}  // namespace grus::test
