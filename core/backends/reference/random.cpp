// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011). Element e uses block e / 4, lane e % 4 of the draw.
#include <array>
#include <cmath>
#include <numbers>

#include "core/backends/reference/access.h"
#include "core/backends/reference/entries.h"
#include "core/backends/reference/philox.h"

namespace grus::reference {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0], b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

namespace {

std::array<uint32_t, 4> block(const RandomArgs& args, uint64_t element) {
  const uint64_t index = element / 4;
  return philox({static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32), static_cast<uint32_t>(args.draw),
                 static_cast<uint32_t>(args.draw >> 32)},
                {static_cast<uint32_t>(args.seed), static_cast<uint32_t>(args.seed >> 32)});
}

/// [0, 1) from the upper 24 bits: exact in f32.
double unit(uint32_t bits) { return static_cast<double>(bits >> 8) * 0x1p-24; }

/// Box-Muller on the pair of lanes (0, 1) or (2, 3): the even lane takes the cosine, the odd one the sine.
double normal(const std::array<uint32_t, 4>& bits, size_t lane) {
  const size_t pair = lane / 2 * 2;
  const double radius = std::sqrt(-2 * std::log(1 - unit(bits[pair]))),
               angle = 2 * std::numbers::pi * unit(bits[pair + 1]);
  return radius * (lane % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

double value(const RandomArgs& args, uint64_t element) {
  const std::array<uint32_t, 4> bits = block(args, element);
  const size_t lane = element % 4;
  switch (args.kind) {
    case RandomKind::uniform:
      return args.low + (args.high - args.low) * unit(bits[lane]);
    case RandomKind::normal:
      return args.low + args.high * normal(bits, lane);
    case RandomKind::keep_mask:
      return unit(bits[lane]) < args.low ? 0 : args.high;
  }
  return 0;
}

}  // namespace

Status random(Context*, const RandomArgs& args) {
  return with_float(args.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < args.y.rows; ++i) {
      const int64_t logical_row = present(args.row_ids) ? id_at(args.row_ids, i) : i;
      for (int64_t j = 0; j < args.y.cols; ++j)
        row<T>(args.y, i)[j] = static_cast<T>(value(args, static_cast<uint64_t>(logical_row * args.y.cols + j)));
    }
    return Status::ok;
  });
}

}  // namespace grus::reference
