// The gradient of scaled dot-product attention: the weights of a tile are computed again from the log of their sum.
#include <algorithm>

#include "core/backends/cpu/blas.h"
#include "core/backends/cpu/dot_attention_rows.h"
#include "core/backends/cpu/dot_attention_tiles.h"
#include "core/backends/cpu/rows.h"
#include "core/backends/reference/access.h"
#include "core/base/thread_pool.h"

namespace grus::cpu {
namespace {

/// Room holds what a thread needs for its tiles, and the gradients of one head of one sequence.
struct Room {
  std::vector<float> q, k, v, dy, keep = std::vector<float>(key_tile);
  std::vector<float> scores = std::vector<float>(query_tile * key_tile), slopes = scores;
  std::vector<float> dq, dk, dv;
  float mean[query_tile];  // of a query's dp under p
};

/// Adds what keys [s, s + n) give to the gradients of a tile of queries, in room.dq, and theirs, in room.dk and
/// room.dv.
void slopes_of_keys(const DotAttentionBackwardArgs& b, const Queries& of, Rows q, Rows dy, int64_t s, int64_t n,
                    Room& room) {
  const DotAttentionArgs& a = b.forward;
  const int64_t width = a.q.cols, depth = a.v.cols;
  const Rows k = rows_at(a.k, a.keys, of, s, n, room.k), v = rows_at(a.v, a.keys, of, s, n, room.v);
  const auto scale = static_cast<float>(a.scale);
  multiply({false, true, of.count, n, width, scale, 0}, q, k, room.scores.data(), key_tile);
  multiply({false, true, of.count, n, depth, 1, 0}, dy, v, room.slopes.data(), key_tile);
  for (int64_t i = 0; i < of.count; ++i) {
    float *p = room.scores.data() + i * key_tile, *dp = room.slopes.data() + i * key_tile;
    const float lse = row_of(a.lse, of.b * a.heads + of.h)[of.t + i];
    if (lse == minus_infinity) {
      std::fill_n(p, n, 0.0f);
      std::fill_n(dp, n, 0.0f);
      continue;
    }
    mask_row(a, of, of.t + i, s, n, p);
    const float* keep = kept(a, of, of.t + i, s, n, room.keep.data());
    slope_row(p, dp, n, {lse, room.mean[i], scale, keep});
  }
  const Rows p{room.scores.data(), key_tile}, dp{room.slopes.data(), key_tile};
  if (b.dv.buffer) multiply({true, false, n, depth, of.count, 1, 1}, p, dy, room.dv.data() + s * depth, depth);
  if (b.dk.buffer) multiply({true, false, n, width, of.count, 1, 1}, dp, q, room.dk.data() + s * width, width);
  if (b.dq.buffer) multiply({false, false, of.count, width, n, 1, 1}, dp, k, room.dq.data(), width);
}

void add_rows(const Matrix& to, const AttentionSide& side, const Queries& of, int64_t first, int64_t count,
              const std::vector<float>& from) {
  if (!to.buffer) return;
  for (int64_t i = 0; i < count; ++i) add_to_row(row_at(to, side, of, first + i), from.data() + i * to.cols, to.cols);
}

/// Adds the gradients of one head of one sequence.
void attend_backward(const DotAttentionBackwardArgs& b, int64_t sequence, int64_t head, Room& room) {
  const DotAttentionArgs& a = b.forward;
  const int64_t steps = reference::steps_of(a.queries, sequence), all_keys = reference::steps_of(a.keys, sequence);
  room.dk.assign(static_cast<size_t>(all_keys * a.q.cols), 0.0f);
  room.dv.assign(static_cast<size_t>(all_keys * a.v.cols), 0.0f);
  for (int64_t t = 0; t < steps; t += query_tile) {
    const Queries of{sequence, head, t, std::min(query_tile, steps - t)};
    const Rows q = rows_at(a.q, a.queries, of, t, of.count, room.q);
    const Rows dy = rows_at(b.dy, a.queries, of, t, of.count, room.dy);
    for (int64_t i = 0; i < of.count; ++i)
      room.mean[i] = dot_of_rows(dy.at + i * dy.stride, row_at(a.y, a.queries, of, t + i), a.v.cols);
    room.dq.assign(static_cast<size_t>(of.count * a.q.cols), 0.0f);
    const int64_t keys = keys_of(a, sequence, t + of.count - 1);
    for (int64_t s = 0; s < keys; s += key_tile) slopes_of_keys(b, of, q, dy, s, std::min(key_tile, keys - s), room);
    add_rows(b.dq, a.queries, of, t, of.count, room.dq);
  }
  const Queries pair{sequence, head, 0, 0};
  add_rows(b.dk, a.keys, pair, 0, all_keys, room.dk);
  add_rows(b.dv, a.keys, pair, 0, all_keys, room.dv);
}

}  // namespace

Status dot_attention_backward(Context* context, const DotAttentionBackwardArgs& args) {
  const DotAttentionArgs& a = args.forward;
  if (args.dy.dtype != DType::f32) return reference_backend().dot_attention_backward(context, args);
  if (!blas_load()) return fail_with(blas_error());
  const int64_t work = a.queries.count * a.keys.count * (a.q.cols + a.v.cols);
  parallel_for(a.batch * a.heads, items_per_task(work), [&](int64_t begin, int64_t end) {
    Room room;
    for (int64_t pair = begin; pair < end; ++pair) attend_backward(args, pair / a.heads, pair % a.heads, room);
  });
  return Status::ok;
}

}  // namespace grus::cpu
