// Philox several blocks at a time, on all threads; the numbers are the reference's, bit for bit.
#include "core/backends/cpu/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/backends/reference/philox.h"
#include "core/base/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/random.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_wide-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::ScalableTag<uint64_t>;  // one block a lane; its numbers of 32 bits are kept in 64
using Word = hn::Vec<Words>;

HWY_INLINE Word low_half(Word x) { return hn::And(x, hn::Set(Words(), 0xffffffffull)); }
/// Multiplies the low halves.
HWY_INLINE Word product(Word a, Word b) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(Words(), hn::GetLane(a) * hn::GetLane(b));
#else
  const hn::Repartition<uint32_t, Words> halves;
  return hn::MulEven(hn::BitCast(halves, a), hn::BitCast(halves, b));
#endif
}

/// bits[4 i + lane] for blocks first + i, i < count; a multiple of the vector's lanes is written.
void philox_blocks(uint64_t seed, uint64_t draw, uint64_t first, int64_t count, uint32_t* bits) {
  const Words d;
  constexpr auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  const auto word = [](uint64_t x) HWY_ATTR { return hn::Set(Words(), x & 0xffffffffull); };
  for (int64_t i = 0; i < count; i += lanes) {
    const Word block = hn::Iota(d, first + static_cast<uint64_t>(i));
    Word c0 = low_half(block), c1 = hn::ShiftRight<32>(block), c2 = word(draw), c3 = word(draw >> 32);
    uint64_t key0 = seed, key1 = seed >> 32;
    for (int round = 0; round < 10; ++round) {
      const Word a = product(word(0xD2511F53), c0), b = product(word(0xCD9E8D57), c2);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(b), c1), word(key0));
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(a), c3), word(key1));
      c1 = low_half(b);
      c3 = low_half(a);
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    HWY_ALIGN uint64_t columns[4][lanes];
    hn::Store(c0, d, columns[0]);
    hn::Store(c1, d, columns[1]);
    hn::Store(c2, d, columns[2]);
    hn::Store(c3, d, columns[3]);
    for (int64_t lane = 0; lane < lanes; ++lane)
      for (int64_t k = 0; k < 4; ++k) bits[4 * (i + lane) + k] = static_cast<uint32_t>(columns[k][lane]);
  }
}

/// Makes normal numbers of `count` pairs of bits by Box and Muller, and returns how many pairs it made: whole vectors,
/// up to one in which a number could round to another f32 than by the C library's functions. From these the functions
/// here differ by some 1e-15 of the radius, far less than `slack`.
int64_t normal_pairs(double mean, double deviation, const uint32_t* bits, int64_t count, float* y) {
  using N = Number<double>;
  const N::D d;
  constexpr double slack = 1e-12;
  HWY_ALIGN double unit[2][N::lanes];
  HWY_ALIGN float pair[2][N::lanes];
  const hn::Rebind<float, N::D> half;
  int64_t done = 0;
  for (; done + N::lanes <= count; done += N::lanes, bits += 2 * N::lanes, y += 2 * N::lanes) {
    for (int64_t lane = 0; lane < N::lanes; ++lane)
      for (int k = 0; k < 2; ++k) unit[k][lane] = reference::unit(bits[2 * lane + k]);
    const N logarithm{hn::Log(d, (N::load(unit[0]) + N::of(0x1p-24)).v)};
    const N radius{hn::Sqrt(hn::Abs((N::of(-2) * logarithm).v))};
    const Angle angle = angle_of(N::of(2 * std::numbers::pi) * N::load(unit[1]));
    const SineCosine of = sine_cosine<true>(angle.r);
    const Truth<double> odd = is_odd(angle.n);
    const auto next = hn::Add(angle.n, hn::Set(hn::RebindToUnsigned<N::D>(), uint64_t{1}));
    const N scaled = N::of(deviation) * radius, error = N::of(slack) * (scaled + N::of(std::abs(mean)));
    const N both[2] = {fused(scaled, with_sign(select(odd, of.sine, of.cosine), next), N::of(mean)),
                       fused(scaled, with_sign(select(odd, of.cosine, of.sine), angle.n), N::of(mean))};
    for (int k = 0; k < 2; ++k) {
      const auto low = hn::DemoteTo(half, (both[k] - error).v), high = hn::DemoteTo(half, (both[k] + error).v);
      if (!hn::AllTrue(half, hn::Eq(low, high))) return done;
      hn::Store(low, half, pair[k]);
    }
    for (int64_t lane = 0; lane < N::lanes; ++lane)
      for (int k = 0; k < 2; ++k) y[2 * lane + k] = pair[k][lane];
  }
  return done;
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {

HWY_EXPORT(philox_blocks);
HWY_EXPORT(normal_pairs);

constexpr int64_t piece = 1024;  // numbers made at a time

/// Makes two neighbours' normal numbers by Box and Muller: the reference's formula, each logarithm and angle once.
void put_normals(const RandomArgs& args, const uint32_t* pair, double* cosine, double* sine) {
  const double radius = std::sqrt(-2 * std::log(reference::unit(pair[0]) + 0x1p-24));
  const double angle = 2 * std::numbers::pi * reference::unit(pair[1]);
  *cosine = args.low + args.high * (radius * std::cos(angle));
  *sine = args.low + args.high * (radius * std::sin(angle));
}

/// Fills y with normal numbers. Where the bits at hand could not be the reference's, its formula takes eight pairs.
void put_normal_row(const RandomArgs& args, const uint32_t* bits, bool begins_odd, int64_t count, float* y) {
  std::array<double, 2> both{};
  const auto put_one = [&](const uint32_t* pair, size_t which, float* to) {
    put_normals(args, pair, &both[0], &both[1]);
    *to = static_cast<float>(both[which]);
  };
  int64_t j = 0;
  if (begins_odd && count > 0) put_one(bits - 1, 1, y), j = 1;
  while (j + 2 <= count) {
    j += 2 * HWY_DYNAMIC_DISPATCH(normal_pairs)(args.low, args.high, bits + j, (count - j) / 2, y + j);
    for (int pairs = 0; pairs < 8 && j + 2 <= count; ++pairs, j += 2) {
      put_normals(args, bits + j, &both[0], &both[1]);
      y[j] = static_cast<float>(both[0]);
      y[j + 1] = static_cast<float>(both[1]);
    }
  }
  if (j < count) put_one(bits + j, 0, y + j);
}

/// Fills y[j] for elements first + j, j < count <= piece.
void fill_piece(const RandomArgs& args, uint64_t first, int64_t count, float* y) {
  std::array<uint32_t, piece + 4 * 16> bits;  // room for a partial block at either end, and for a whole vector
  const auto skip = static_cast<int64_t>(first % 4);
  HWY_DYNAMIC_DISPATCH(philox_blocks)
  (args.seed, args.draw, first / 4, (skip + count + 3) / 4, bits.data());
  const uint32_t* const own = bits.data() + skip;
  if (args.kind == RandomKind::keep_mask) {
    const auto dropped = static_cast<uint32_t>(std::ceil(std::clamp(args.low, 0.0, 1.0) * 0x1p24));
    const auto kept = static_cast<float>(args.high);
    for (int64_t j = 0; j < count; ++j) y[j] = own[j] >> 8 < dropped ? 0.0f : kept;
  } else if (args.kind == RandomKind::uniform) {
    const double range = args.high - args.low;
    for (int64_t j = 0; j < count; ++j) y[j] = static_cast<float>(args.low + range * reference::unit(own[j]));
  } else {
    put_normal_row(args, own, skip % 2 != 0, count, y);
  }
}

template <class T>
void fill_piece_of_integers(const RandomArgs& args, uint64_t first, int64_t count, T* y) {
  std::array<uint32_t, piece + 4 * 16> bits;
  const auto skip = static_cast<int64_t>(first % 4);
  HWY_DYNAMIC_DISPATCH(philox_blocks)
  (args.seed, args.draw, first / 4, (skip + count + 3) / 4, bits.data());
  const auto low = static_cast<int64_t>(args.low);
  const auto range = static_cast<uint64_t>(args.high - args.low);
  for (int64_t j = 0; j < count; ++j)
    y[j] = static_cast<T>(low + reference::scaled(bits[static_cast<size_t>(skip + j)], range));
}

}  // namespace

void keep_mask_row(uint64_t seed, uint64_t draw, double p, uint64_t first, int64_t count, float* y) {
  RandomArgs args{};
  args.kind = RandomKind::keep_mask;
  args.seed = seed;
  args.draw = draw;
  args.low = p;
  args.high = 1 / (1 - p);
  for (int64_t j = 0; j < count; j += piece)
    fill_piece(args, first + static_cast<uint64_t>(j), std::min(piece, count - j), y + j);
}

Status random(Context* context, const RandomArgs& args) {
  const bool integers = args.kind == RandomKind::integer && (args.y.dtype == DType::i32 || args.y.dtype == DType::i64);
  if (args.y.dtype != DType::f32 && !integers) return reference_backend().random(context, args);
  const int64_t cols = args.y.cols, pieces = (cols + piece - 1) / piece;
  const int64_t cost = args.kind == RandomKind::normal ? 16 : 1;
  const int64_t grain = rows_per_task(cost * std::min(piece, cols));
  parallel_for(args.y.rows * pieces, grain, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t i = at / pieces, from = at % pieces * piece;
      const int64_t row = args.row_ids.buffer ? id_at(args.row_ids, i) : i;
      const auto number = static_cast<uint64_t>(row * cols + from);
      const int64_t count = std::min(piece, cols - from), place = i * args.y.row_stride + from;
      if (!integers) fill_piece(args, number, count, row_of(args.y, i) + from);
      else if (args.y.dtype == DType::i32) fill_piece_of_integers(args, number, count, data<int32_t>(args.y) + place);
      else fill_piece_of_integers(args, number, count, data<int64_t>(args.y) + place);
    }
  });
  return Status::ok;
}

}  // namespace grus::cpu
#endif
