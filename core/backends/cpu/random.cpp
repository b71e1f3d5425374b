// Philox a block at a time, on all threads; the numbers are the reference's, bit for bit.
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/pool.h"
#include "core/backends/cpu/rows.h"
#include "core/backends/reference/philox.h"

namespace grus::cpu {
namespace {

float number_of(const RandomArgs& args, uint32_t bits) {
  const double unit = reference::unit(bits);
  if (args.kind == RandomKind::keep_mask) return unit < args.low ? 0.0f : static_cast<float>(args.high);
  return static_cast<float>(args.low + (args.high - args.low) * unit);
}

void fill_row(const RandomArgs& args, uint64_t first_element, float* y) {
  for (int64_t j = 0; j < args.y.cols;) {
    const uint64_t element = first_element + static_cast<uint64_t>(j);
    const reference::Lanes bits = reference::philox_block(args.seed, args.draw, element / 4);
    for (size_t lane = element % 4; lane < 4 && j < args.y.cols; ++lane) y[j++] = number_of(args, bits[lane]);
  }
}

}  // namespace

Status random(Context* context, const RandomArgs& args) {
  const bool other_ids = args.row_ids.buffer && args.row_ids.dtype != DType::i64;
  if (args.y.dtype != DType::f32 || args.kind == RandomKind::normal || other_ids)
    return reference_backend().random(context, args);
  parallel_for(args.y.rows, rows_per_task(args.y.cols), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = args.row_ids.buffer ? index_at(args.row_ids, i) : i;
      fill_row(args, static_cast<uint64_t>(row * args.y.cols), row_of(args.y, i));
    }
  });
  return Status::ok;
}

}  // namespace grus::cpu
