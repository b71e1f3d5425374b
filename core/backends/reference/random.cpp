// Random numbers from (seed, draw, element); RandomArgs says how bits become numbers.
#include <cmath>
#include <numbers>

#include "core/backends/reference/access.h"
#include "core/backends/reference/philox.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

/// Normal numbers by Box and Muller 1958: elements 2k and 2k + 1 share two lanes; the even one takes the cosine, the
/// odd one the sine.
double normal(const Lanes& lanes, size_t lane) {
  const size_t first = lane & ~size_t{1};
  const double radius =
      std::sqrt(-2 * std::log(unit(lanes[first]) + 0x1p-24));  // the log of a number in (0, 1], never log(0)
  const double angle = 2 * std::numbers::pi * unit(lanes[first + 1]);
  return radius * (lane == first ? std::cos(angle) : std::sin(angle));
}

double number(const RandomArgs& args, uint64_t element) {
  const Lanes lanes = philox_block(args.seed, args.draw, element / 4);
  const size_t lane = element % 4;
  switch (args.kind) {
    case RandomKind::uniform:
      return args.low + (args.high - args.low) * unit(lanes[lane]);
    case RandomKind::normal:
      return args.low + args.high * normal(lanes, lane);
    case RandomKind::keep_mask:
      return unit(lanes[lane]) < args.low ? 0 : args.high;
    case RandomKind::integer:
      break;
  }
  return 0;
}

int64_t integer(const RandomArgs& args, uint64_t element) {
  const uint64_t lane = philox_block(args.seed, args.draw, element / 4)[element % 4];
  return static_cast<int64_t>(args.low) + scaled(lane, static_cast<uint64_t>(args.high - args.low));
}

/// Sets each element of y to f(args, its logical number).
template <class T, class F>
void fill_with(const RandomArgs& args, F f) {
  for (int64_t i = 0; i < args.y.rows; ++i) {
    const int64_t logical = present(args.row_ids) ? id_at(args.row_ids, i) : i;
    for (int64_t j = 0; j < args.y.cols; ++j)
      row<T>(args.y, i)[j] = static_cast<T>(f(args, static_cast<uint64_t>(logical * args.y.cols + j)));
  }
}

}  // namespace

void random(const RandomArgs& args) {
  if (args.kind == RandomKind::integer && args.y.dtype == DType::i32) return fill_with<int32_t>(args, integer);
  if (args.kind == RandomKind::integer && args.y.dtype == DType::i64) return fill_with<int64_t>(args, integer);
  with_float("random", args.y.dtype, [&]<class T>() { fill_with<T>(args, number); });
}

}  // namespace grus::reference
