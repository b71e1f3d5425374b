#include "ops/sequence/dot_attention_parts.h"

#include <cmath>

#include "core/base/error.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/sequence/sequence.h"

namespace grus {
namespace {

void require_options(const char* op, const DotAttentionForm& form, const Tensor& q, const DotAttentionOptions& o) {
  require<UsageError>(o.dropout >= 0 && o.dropout < 1, "[{}] need a dropout in [0, 1), got {}", op, o.dropout);
  require<UsageError>(o.past >= 0, "[{}] need a past of at least 0 keys, got {}", op, o.past);
  require<UsageError>(!o.scale || std::isfinite(*o.scale), "[{}] need a finite scale, got {}", op, o.scale.value_or(0));
  if (o.lengths) {
    require_device_of(op, q, o.lengths->lengths_tensor(), "lengths of keys");
    require<UsageError>(o.lengths->batch() == form.batch && o.lengths->longest() <= form.keys,
                        "[{}] need lengths of {} sequences of at most {} keys, got {} of up to {}", op, form.batch,
                        form.keys, o.lengths->batch(), o.lengths->longest());
  }
  if (!o.mask.defined()) return;
  require_device_of(op, q, o.mask, "mask");
  require<DtypeError>(o.mask.dtype() == DType::boolean || o.mask.dtype() == q.dtype(),
                      "[{}] need a mask of bool or {}, got {}", op, q.dtype(), o.mask.dtype());
}

void require_operands(const char* op, const Tensor& q, const Tensor& k, const Tensor& v) {
  require_float(op, q);
  require_same_kind(op, q, k);
  require_same_kind(op, q, v);
}

void require_mask(const char* op, const Shape& scores, const Tensor& mask) {
  if (!mask.defined()) return;
  bool fits = mask.rank() <= scores.rank();
  for (int i = 1; fits && i <= mask.rank(); ++i) fits = mask.dim(-i) == 1 || mask.dim(-i) == scores[scores.rank() - i];
  require(fits, "[{}] need a mask that broadcasts to {}, got {}", op, scores, mask.shape());
}

/// Returns x as (B, H, steps, size).
Tensor by_head(const Tensor& x, const DotAttentionForm& form, const Lengths* lengths, int64_t steps, int64_t size) {
  if (form.layout == HeadLayout::leading) return x.reshape({form.batch, form.heads, steps, size});
  const Tensor padded = form.layout == HeadLayout::packed ? unpack(x, *lengths).rows(0, steps) : x;
  return permute(padded.reshape({steps, form.batch, form.heads, size}), {1, 2, 0, 3});
}

/// Returns where a query may look, (B or 1, 1, T or 1, S); undefined for anywhere.
Tensor allowed_by_place(const DotAttentionForm& form, const DotAttentionOptions& options, Device device) {
  const Tensor key = Tensor::arange(0, form.keys, device);
  Tensor allowed;
  if (options.causal)
    allowed = key <= (Tensor::arange(0, form.queries, device) + static_cast<double>(options.past)).reshape({-1, 1});
  if (const Lengths* lengths = key_lengths(form, options)) {
    const Tensor real = key < lengths->lengths_tensor().reshape({form.batch, 1, 1, 1});
    allowed = allowed.defined() ? logical_and(allowed, real) : real;
  }
  return allowed;
}

}  // namespace

DotAttentionForm form_of(const Tensor& q, const Tensor& k, const Tensor& v, const DotAttentionOptions& options) {
  constexpr const char* op = "scaled_dot_product_attention";
  require_operands(op, q, k, v);
  const int rank = q.rank();
  bool fits = rank >= 2 && k.rank() == rank && v.rank() == rank && k.dim(-1) == q.dim(-1) && v.dim(-2) == k.dim(-2);
  for (int i = 0; fits && i < rank - 2; ++i) fits = q.dim(i) == k.dim(i) && q.dim(i) == v.dim(i);
  require(fits, "[{}] need q (..., T, D), k (..., S, D) and v (..., S, E), got {}, {} and {}", op, q.shape(), k.shape(),
          v.shape());
  DotAttentionForm form;
  form.batch = rank > 2 ? q.dim(0) : 1;
  for (int i = 1; i < rank - 2; ++i) form.heads *= q.dim(i);
  form.queries = q.dim(-2);
  form.keys = k.dim(-2);
  form.width = q.dim(-1);
  form.depth = v.dim(-1);
  form.shape = q.shape().with(rank - 1, form.depth);
  require_options(op, form, q, options);
  require_mask(op, q.shape().with(rank - 1, form.keys), options.mask);
  return form;
}

DotAttentionForm form_of(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads,
                         const DotAttentionOptions& options, const Lengths* queries) {
  constexpr const char* op = "multihead_attention";
  require_operands(op, q, k, v);
  DotAttentionForm form;
  form.heads = heads;
  const int rank = queries ? 2 : 3;
  require(q.rank() == rank && k.rank() == rank && v.rank() == rank && k.dim(-1) == q.dim(-1) && v.dim(0) == k.dim(0) &&
              (queries || (q.dim(1) == k.dim(1) && q.dim(1) == v.dim(1))),
          "[{}] need {}, got {}, {} and {}", op,
          queries ? "packed q (N, H D), k (M, H D) and v (M, H E)" : "q (T, B, H D), k (S, B, H D) and v (S, B, H E)",
          q.shape(), k.shape(), v.shape());
  require(heads > 0 && q.dim(-1) % heads == 0 && v.dim(-1) % heads == 0,
          "[{}] need rows that {} heads divide, got {} and {}", op, heads, q.shape(), v.shape());
  form.width = q.dim(-1) / heads;
  form.depth = v.dim(-1) / heads;
  form.shape = q.shape().with(rank - 1, v.dim(-1));
  if (queries) {
    form.layout = HeadLayout::packed;
    form.packed = *queries;
    const Lengths& keys = options.lengths ? *options.lengths : *queries;
    require_device_of(op, q, queries->lengths_tensor(), "lengths of queries");
    form.batch = queries->batch();
    form.queries = queries->longest();
    form.keys = keys.longest();
    require(queries->total() == q.dim(0) && keys.total() == k.dim(0),
            "[{}] need {} packed rows of queries and {} of keys, got {} and {}", op, queries->total(), keys.total(),
            q.shape(), k.shape());
  } else {
    form.layout = HeadLayout::time_major;
    form.batch = q.dim(1);
    form.queries = q.dim(0);
    form.keys = k.dim(0);
  }
  require_options(op, form, q, options);
  require_mask(op, form.scores(), options.mask);
  return form;
}

double scale_of(const DotAttentionForm& form, const DotAttentionOptions& options) {
  return options.scale.value_or(1 / std::sqrt(static_cast<double>(std::max<int64_t>(form.width, 1))));
}

const Lengths* key_lengths(const DotAttentionForm& form, const DotAttentionOptions& options) {
  if (options.lengths) return &*options.lengths;
  return form.layout == HeadLayout::packed ? &form.packed : nullptr;
}

Tensor mask_of(const DotAttentionForm& form, const Tensor& mask) {
  if (!mask.defined() || mask.rank() <= 2 || form.layout != HeadLayout::leading) return mask;
  const int lead = form.shape.rank() - 2;  // leading axes of y: a batch, then heads of any number of axes
  if (lead == 1) return unsqueeze(mask, 1);
  if (lead == 2) return mask;
  const Shape full = form.shape.with(lead, form.queries).with(lead + 1, form.keys);
  return broadcast_to(mask, full).reshape(form.scores());
}

DotAttentionOutput attend_composed(const Tensor& q, const Tensor& k, const Tensor& v, const DotAttentionForm& form,
                                   const DotAttentionOptions& options) {
  const Lengths* lengths = key_lengths(form, options);
  const Tensor queries = by_head(q, form, &form.packed, form.queries, form.width);
  Tensor keys = by_head(k, form, lengths, form.keys, form.width),
         values = by_head(v, form, lengths, form.keys, form.depth);
  if (options.lengths && form.layout != HeadLayout::packed) {  // padding may be anything, also NaN
    const Tensor real = (Tensor::arange(0, form.keys, q.device()) < lengths->lengths_tensor().reshape({-1, 1}))
                            .reshape({form.batch, 1, form.keys, 1});
    keys = where(real, keys, 0);
    values = where(real, values, 0);
  }
  Tensor scores = matmul(queries, keys, {.transpose_b = true}) * scale_of(form, options);
  Tensor allowed = allowed_by_place(form, options, q.device());
  if (const Tensor mask = mask_of(form, options.mask); mask.defined()) {
    if (mask.dtype() != DType::boolean) scores = scores + mask;
    else allowed = allowed.defined() ? logical_and(allowed, mask) : mask;
  }
  Tensor weights = softmax(scores, -1, allowed);
  if (options.dropout > 0)
    weights = weights * random_keep_mask(form.scores(), options.dropout, options.rng ? *options.rng : default_rng(),
                                         q.dtype(), q.device());
  Tensor y = matmul(weights, values);
  if (form.layout == HeadLayout::leading) {
    const int rank = form.shape.rank();
    return {y.reshape(form.shape), weights.reshape(form.shape.with(rank - 2, form.queries).with(rank - 1, form.keys))};
  }
  y = permute(y, {2, 0, 1, 3}).reshape({form.queries, form.batch, form.heads * form.depth});
  if (form.layout == HeadLayout::packed) y = pack(y, form.packed);
  return {y, weights};
}

}  // namespace grus
