#pragma once
// Gradients of inputs, added in place where nothing records (Grads::target) and as recorded ops under create_graph.
#include "core/record/record.h"
#include "ops/matmul.h"

namespace grus {

/// dx += op(a) op(b), which has the number of elements; a and b are (M, K) matrices, or (batch, M, K) both.
/// Products into one gradient join: no temporary.
void add_product(Input x, const Tensor& a, const Tensor& b, MatmulOptions options);

inline void add_product(Grads& dx, size_t input, const Tensor& a, const Tensor& b, MatmulOptions options) {
  add_product(Input(dx, input), a, b, options);
}

/// dx += sum of gradient over the axes along which x was broadcast.
void add_sum_to(Input x, const Tensor& gradient);

}  // namespace grus
