#pragma once
// Gradients of inputs, added in place where nothing records (Grads::target) and as recorded ops under create_graph.
#include "core/tape/record.h"
#include "ops/matmul.h"

namespace grus {

/// dinput += op(a) op(b), which has the input's number of elements; a and b are (M, K) matrices, or (batch, M, K) both.
/// Products into one gradient join: no temporary.
void add_product(Grads& dx, int input, const Tensor& a, Form form_a, const Tensor& b, Form form_b);

/// dinput += sum of gradient over the axes along which the input was broadcast.
void add_sum_to(Grads& dx, int input, const Tensor& gradient);

}  // namespace grus
