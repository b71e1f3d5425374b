#pragma once
// What the fused and the composed form of dot-product attention share: how the tensors of a call lie. Internal to ops.
// Sources: dot_attention_composed.cpp.
#include "ops/sequence/dot_attention_options.h"

namespace grus {

/// Where heads and sequences lie in q, k, v and y.
enum class HeadLayout { leading, time_major, packed };

struct DotAttentionForm {
  HeadLayout layout = HeadLayout::leading;
  int64_t batch = 1, heads = 1;   // sequences, and heads of each
  int64_t queries = 0, keys = 0;  // T, S: steps
  int64_t width = 0, depth = 0;   // D, E: sizes of a head
  Shape shape;                    // of y
  Lengths packed;                 // of queries, where they are packed

  Shape scores() const { return {batch, heads, queries, keys}; }
};

/// Check a call. Throw ShapeError, DtypeError, DeviceError, UsageError that begin with the function's name.
DotAttentionForm form_of(const Tensor& q, const Tensor& k, const Tensor& v, const DotAttentionOptions& options);
DotAttentionForm form_of(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads,
                         const DotAttentionOptions& options, const Lengths* queries);
double scale_of(const DotAttentionForm& form, const DotAttentionOptions& options);
/// Returns the lengths of keys, which packed rows have in any case.
const Lengths* key_lengths(const DotAttentionForm& form, const DotAttentionOptions& options);
/// Returns the mask under a shape that broadcasts to form.scores().
Tensor mask_of(const DotAttentionForm& form, const Tensor& mask);

DotAttentionOutput attend_composed(const Tensor& q, const Tensor& k, const Tensor& v, const DotAttentionForm& form,
                                   const DotAttentionOptions& options);

}  // namespace grus
