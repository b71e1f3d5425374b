#include "ops/sequence/dot_attention.h"

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "ops/base/twin.h"
#include "ops/math/shape.h"
#include "ops/sequence/dot_attention_parts.h"
#include "ops/sequence/sequence.h"

namespace grus {
namespace {

const Op dot_attention_op("scaled_dot_product_attention");

/// A Call is what a record keeps of a call besides its tensors.
struct Call {
  DotAttentionForm form;
  DotAttentionOptions options;  // without the mask
  RandomKey key{};              // of dropout
};

/// Returns the rows of x, of all heads, as the kernel finds them: head h is matrix h of a batch.
Matrix heads_of(Matrix rows, const DotAttentionForm& form, int64_t steps, int64_t size) {
  const bool leading = form.layout == HeadLayout::leading;
  rows.rows = rows.rows * rows.cols / std::max<int64_t>(size, 1);
  rows.cols = size;
  rows.row_stride = leading ? size : form.heads * size;
  rows.batch_stride = leading ? steps * size : size;
  return rows;
}
Matrix heads_of(const Tensor& x, const DotAttentionForm& form, int64_t steps, int64_t size) {
  return heads_of(Raw::matrix(x), form, steps, size);
}
Matrix heads_to(Tensor& x, const DotAttentionForm& form, int64_t steps, int64_t size) {
  return heads_of(Raw::write_matrix(x), form, steps, size);
}

AttentionSide side_of(const DotAttentionForm& form, const Lengths* lengths, int64_t steps) {
  AttentionSide side{};
  side.count = steps;
  if (lengths) side.lengths = Raw::matrix(lengths->lengths_tensor());
  if (form.layout == HeadLayout::packed) {
    side.starts = Raw::matrix(lengths->starts_tensor());
    side.ranks = Raw::matrix(lengths->rank_tensor());
  } else if (form.layout == HeadLayout::time_major) {
    side.step = form.batch;
    side.item = 1;
  } else {
    side.step = 1;
    side.item = form.heads * steps;
  }
  return side;
}

/// `mask` has the shape of mask_of.
DotAttentionArgs args_of(const Call& call, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask) {
  const DotAttentionForm& form = call.form;
  const bool packed = form.layout == HeadLayout::packed;
  DotAttentionArgs args{};
  args.q = heads_of(q, form, form.queries, form.width);
  args.k = heads_of(k, form, form.keys, form.width);
  args.v = heads_of(v, form, form.keys, form.depth);
  args.queries = side_of(form, packed ? &form.packed : nullptr, form.queries);
  args.keys = side_of(form, key_lengths(form, call.options), form.keys);
  if (mask.defined()) args.mask = Raw::broadcast_view(mask, form.scores());
  args.batch = form.batch;
  args.heads = form.heads;
  args.causal = call.options.causal;
  args.past = call.options.past;
  args.scale = scale_of(form, call.options);
  args.dropout = call.options.dropout;
  args.seed = call.key.seed;
  args.draw = call.key.draw;
  return args;
}

struct Operands {
  SavedInput q, k, v;
};

void backward(const Call& call, const Tensor& dy, const Operands& in, const Tensor& mask, const Tensor& y,
              const Tensor& lse) {
  const DotAttentionForm& form = call.form;
  if (in.q.recording())
    return differentiate_twin({in.q, in.k, in.v}, [&] {
      DotAttentionOptions options = call.options;
      Rng rng(0);
      rng.set_state(call.key);
      options.rng = &rng;
      options.mask = mask;
      return std::vector{attend_composed(in.q.value, in.k.value, in.v.value, form, options).y};
    });
  DotAttentionBackwardArgs args{};
  const Tensor shaped = mask_of(form, mask);
  args.forward = args_of(call, in.q.value, in.k.value, in.v.value, shaped);
  args.forward.y = heads_of(y, form, form.queries, form.depth);
  args.forward.lse = Raw::matrix(lse);
  args.dy = heads_of(dy, form, form.queries, form.depth);
  if (in.q.wanted()) args.dq = heads_to(in.q.zeroed_target(), form, form.queries, form.width);
  if (in.k.wanted()) args.dk = heads_to(in.k.zeroed_target(), form, form.keys, form.width);
  if (in.v.wanted()) args.dv = heads_to(in.v.zeroed_target(), form, form.keys, form.depth);
  const Device device = dy.device();
  device.check(device.kernels().dot_attention_backward(device.context(), args), "attention backward");
}

Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const DotAttentionForm& form,
              const DotAttentionOptions& options) {
  const Device device = q.device();
  const KernelTable& kernels = device.kernels();
  const TensorArg masks[]{options.mask};
  const bool mask_has_gradient = options.mask.defined() && Tape::recording(dot_attention_op, masks) != nullptr;
  if (!fused_kernels_wanted() || !kernels.dot_attention || !kernels.dot_attention_backward || mask_has_gradient ||
      Tape::program())  // a program has it in plain ops
    return attend_composed(q, k, v, form, options).y;
  Call call{form, options, {}};
  call.options.mask = {};
  call.options.rng = nullptr;
  if (options.dropout > 0) call.key = (options.rng ? *options.rng : default_rng()).next();
  const Tensor mask = mask_of(form, options.mask);
  Tensor y = Tensor::empty(form.shape, q.dtype(), device),
         lse = Tensor::empty({form.batch * form.heads, form.queries}, q.dtype(), device);
  DotAttentionArgs args = args_of(call, q, k, v, mask);
  args.y = heads_to(y, form, form.queries, form.depth);
  args.lse = Raw::write_matrix(lse);
  device.check(kernels.dot_attention(device.context(), args), "attention");
  const Call* kept = keep_on_tape(call);
  return record(dot_attention_op, {q, k, v, options.mask, y, exact(lse)}, y,
                [kept](const Tensor& dy, SavedInput q, SavedInput k, SavedInput v, const Tensor& mask, const Tensor& y,
                       const Tensor& lse) {
                  backward(*kept, dy, {q, k, v}, mask, y, lse);
                });
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                    const DotAttentionOptions& options) {
  return attend(q, k, v, form_of(q, k, v, options), options);
}

Tensor multihead_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads,
                           const DotAttentionOptions& options, const Lengths* queries) {
  return attend(q, k, v, form_of(q, k, v, heads, options, queries), options);
}

DotAttentionOutput scaled_dot_product_attention_composed(const Tensor& q, const Tensor& k, const Tensor& v,
                                                         const DotAttentionOptions& options) {
  return attend_composed(q, k, v, form_of(q, k, v, options), options);
}

DotAttentionOutput multihead_attention_composed(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads,
                                                const DotAttentionOptions& options, const Lengths* queries) {
  return attend_composed(q, k, v, form_of(q, k, v, heads, options, queries), options);
}

}  // namespace grus
