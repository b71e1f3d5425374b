#pragma once
// These functions add to gradients of inputs: in place where nothing records (Grads::target), as recorded ops under
// create_graph.
#include "core/record/record.h"
#include "ops/base/matmul_options.h"

namespace grus {

/// dx += op(a) op(b), a product of as many elements as x has. a and b are matrices, or batches (batch, M, K) both.
/// Several products go into one gradient without a temporary.
void add_product(Input x, const Tensor& a, const Tensor& b, MatmulOptions options);

/// Does what add_sum_to does where x was broadcast.
void add_reduced(Input x, const Tensor& gradient);

/// dx += the sum of `gradient` over the axes along which x was broadcast.
inline void add_sum_to(Input x, const Tensor& gradient) {
  if (!x.grads().add_of_shape(x.index(), gradient)) add_reduced(x, gradient);
}

}  // namespace grus
