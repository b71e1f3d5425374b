// Scaled dot-product attention, a tile of queries against a tile of keys at a time, with a running maximum and sum of
// each query (Milakov and Gimelshein 2018; Dao et al. 2022): no matrix of all pairs is in memory.
#include <algorithm>
#include <cmath>

#include "core/backends/cpu/blas.h"
#include "core/backends/cpu/dot_attention_rows.h"
#include "core/backends/cpu/dot_attention_tiles.h"
#include "core/backends/cpu/rows.h"
#include "core/backends/reference/access.h"
#include "core/base/thread_pool.h"

namespace grus::cpu {
namespace {

/// Room holds what a thread needs for its tiles.
struct Room {
  std::vector<float> q, k, v, y, keep = std::vector<float>(key_tile);
  std::vector<float> scores = std::vector<float>(query_tile * key_tile);
  float largest[query_tile], sum[query_tile];
};

/// Takes the scores of keys [s, s + n) into a query's running maximum, sum and y. Leaves weights in `scores`.
void soften_row(const DotAttentionArgs& a, const Queries& of, int64_t i, int64_t s, int64_t n, Room& room) {
  float* scores = room.scores.data() + i * key_tile;
  mask_row(a, of, of.t + i, s, n, scores);
  const float largest = std::max(room.largest[i], largest_score(scores, n));
  const float shift = largest == minus_infinity ? 0 : largest;  // a row of NaN stays NaN
  const float before = std::exp(room.largest[i] - shift);
  room.sum[i] = room.sum[i] * before + exp_row(scores, n, shift);
  room.largest[i] = largest;
  float* y = room.y.data() + i * a.v.cols;
  if (before != 1) scale_row(y, y, a.v.cols, before, nullptr);
  if (const float* keep = kept(a, of, of.t + i, s, n, room.keep.data())) scale_row(scores, scores, n, 1, keep);
}

void attend(const DotAttentionArgs& a, Queries of, Room& room) {
  const int64_t real = std::clamp<int64_t>(reference::steps_of(a.queries, of.b) - of.t, 0, of.count);
  const int64_t keys = real == 0 ? 0 : keys_of(a, of.b, of.t + real - 1);
  room.y.assign(static_cast<size_t>(of.count * a.v.cols), 0.0f);
  std::fill_n(room.largest, of.count, minus_infinity);
  std::fill_n(room.sum, of.count, 0.0f);
  const Rows q = rows_at(a.q, a.queries, of, of.t, real, room.q), p{room.scores.data(), key_tile};
  for (int64_t s = 0; s < keys; s += key_tile) {
    const int64_t n = std::min(key_tile, keys - s);
    const Rows k = rows_at(a.k, a.keys, of, s, n, room.k), v = rows_at(a.v, a.keys, of, s, n, room.v);
    multiply({false, true, real, n, a.q.cols, static_cast<float>(a.scale), 0}, q, k, room.scores.data(), key_tile);
    for (int64_t i = 0; i < real; ++i) soften_row(a, of, i, s, n, room);
    multiply({false, false, real, a.v.cols, n, 1, 1}, p, v, room.y.data(), a.v.cols);
  }
  for (int64_t i = 0; i < of.count; ++i) {
    const float sum = room.sum[i];
    scale_row(row_at(a.y, a.queries, of, of.t + i), room.y.data() + i * a.v.cols, a.v.cols, sum == 0 ? 0 : 1 / sum,
              nullptr);
    row_of(a.lse, of.b * a.heads + of.h)[of.t + i] = sum == 0 ? minus_infinity : room.largest[i] + std::log(sum);
  }
}

}  // namespace

Status dot_attention(Context* context, const DotAttentionArgs& args) {
  if (args.q.dtype != DType::f32) return reference_backend().dot_attention(context, args);
  if (!blas_load()) return fail_with(blas_error());
  const int64_t tiles = (args.queries.count + query_tile - 1) / query_tile, pairs = args.batch * args.heads;
  const int64_t work = std::min(query_tile, args.queries.count) * args.keys.count * (args.q.cols + args.v.cols);
  parallel_for(pairs * tiles, items_per_task(work), [&](int64_t begin, int64_t end) {
    Room room;
    for (int64_t item = begin; item < end; ++item) {
      const int64_t pair = item / tiles, t = item % tiles * query_tile, b = pair / args.heads;
      const int64_t count = std::min(query_tile, reference::rows_of(args.queries, b) - t);
      if (count > 0) attend(args, {b, pair % args.heads, t, count}, room);
    }
  });
  return Status::ok;
}

}  // namespace grus::cpu
