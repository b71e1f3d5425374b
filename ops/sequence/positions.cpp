#include "ops/sequence/positions.h"

#include <cmath>

#include "core/base/error.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

void require_base(const char* op, double base) {
  require<UsageError>(std::isfinite(base) && base > 0, "[{}] need a base above 0, got {}", op, base);
}

struct Angles {
  Tensor cos, sin;  // (T, 1, D / 2)
};

Angles angles_of(const Tensor& like, int64_t steps, int64_t pairs, const Rotary& rotary, int64_t first) {
  std::vector<double> cosines, sines;
  for (int64_t t = 0; t < steps; ++t)
    for (int64_t i = 0; i < pairs; ++i) {
      const double angle =
          static_cast<double>(first + t) * std::pow(rotary.base, -static_cast<double>(i) / static_cast<double>(pairs));
      cosines.push_back(std::cos(angle));
      sines.push_back(std::sin(angle));
    }
  const auto table = [&](const std::vector<double>& values) {
    return Tensor::from(values, {steps, 1, pairs}, like.device()).to(like.dtype());
  };
  return {table(cosines), table(sines)};
}

/// Turns x (T, ..., H D), whose leading axis has the angles' steps.
Tensor turned(const Tensor& x, RotaryPairs pairs, const Angles& by) {
  const int64_t steps = by.cos.dim(0), count = by.cos.dim(2);
  const int64_t rows = steps == 0 ? 0 : x.numel() / (steps * 2 * count);  // heads of all sequences of a step
  if (x.numel() == 0) return x;
  if (pairs == RotaryPairs::half) {
    const Tensor all = x.reshape({steps, rows, 2 * count});
    const Tensor a = all.columns(0, count), b = all.columns(count);
    return concat({a * by.cos - b * by.sin, a * by.sin + b * by.cos}, -1).reshape(x.shape());
  }
  const Tensor all = x.reshape({steps, rows, count, 2});
  const Tensor a = squeeze(all.columns(0, 1), -1), b = squeeze(all.columns(1), -1);
  return stack({a * by.cos - b * by.sin, a * by.sin + b * by.cos}, -1).reshape(x.shape());
}

int64_t pairs_of(const char* op, const Tensor& x, int64_t heads) {
  require(heads > 0 && x.dim(-1) % (2 * heads) == 0, "[{}] need rows of {} heads of an even size, got {}", op, heads,
          x.shape());
  return x.dim(-1) / (2 * heads);
}

}  // namespace

Tensor sinusoidal_positions(int64_t steps, int64_t width, int64_t first, double base, DType dtype, Device device) {
  constexpr const char* op = "sinusoidal_positions";
  require<UsageError>(steps >= 0 && width >= 0, "[{}] need sizes of at least 0, got {} steps of {}", op, steps, width);
  require<DtypeError>(is_float(dtype), "[{}] need f32 or f64, got {}", op, dtype);
  require_base(op, base);
  std::vector<double> values;
  for (int64_t t = 0; t < steps; ++t)
    for (int64_t j = 0; j < width; ++j) {
      const double power = static_cast<double>(j / 2 * 2) / static_cast<double>(width);
      const double angle = static_cast<double>(first + t) * std::pow(base, -power);
      values.push_back(j % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  return Tensor::from(values, {steps, width}, device).to(dtype);
}

Tensor packed_positions(const Lengths& lengths) {
  std::vector<int64_t> steps;
  for (int64_t t = 0; t < lengths.longest(); ++t) steps.insert(steps.end(), static_cast<size_t>(lengths.alive(t)), t);
  return Tensor::from(steps, lengths.device());
}

Tensor rotary_embedding(const Tensor& x, int64_t heads, const Rotary& rotary, int64_t first) {
  constexpr const char* op = "rotary_embedding";
  require_float(op, x);
  require(x.rank() == 2 || x.rank() == 3, "[{}] need x (T, B, H D) or (T, H D), got {}", op, x.shape());
  require_base(op, rotary.base);
  const int64_t pairs = pairs_of(op, x, heads);
  return turned(x, rotary.pairs, angles_of(x, x.dim(0), pairs, rotary, first));
}

Tensor rotary_embedding_packed(const Tensor& x, const Lengths& lengths, int64_t heads, const Rotary& rotary) {
  constexpr const char* op = "rotary_embedding_packed";
  require_float(op, x);
  require(x.rank() == 2 && x.dim(0) == lengths.total(), "[{}] need x ({}, H D), got {}", op, lengths.total(),
          x.shape());
  require_device_of(op, x, lengths.lengths_tensor(), "lengths");
  require_base(op, rotary.base);
  const int64_t pairs = pairs_of(op, x, heads);
  const Angles steps = angles_of(x, lengths.longest(), pairs, rotary, 0);
  const Tensor at = packed_positions(lengths);
  return turned(x, rotary.pairs, {gather_rows(steps.cos, at), gather_rows(steps.sin, at)});
}

}  // namespace grus
