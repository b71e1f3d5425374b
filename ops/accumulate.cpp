#include "ops/accumulate.h"

#include "core/tensor/raw.h"
#include "ops/launch.h"
#include "ops/reduce.h"

namespace grus {

void add_product(Grads& dx, int input, const Tensor& a, Form form_a, const Tensor& b, Form form_b) {
  if (!dx.wanted(input)) return;
  if (dx.recording()) return dx.add(input, matmul(a, b, form_a, form_b).reshape(dx.shape_of(input)));
  const Shape product = matmul_shape("add_product", a.shape(), form_a, b.shape(), form_b);
  const Grads::Target target = dx.target(input);
  Tensor y = Raw::reshape(target.tensor, product);
  launch::gemm(y, a, form_a, b, form_b, target.accumulate ? 1 : 0);
}

void add_sum_to(Grads& dx, int input, const Tensor& gradient) {
  if (!dx.wanted(input)) return;
  const Shape& shape = dx.shape_of(input);
  if (gradient.shape() == shape) return dx.add(input, gradient);
  if (dx.recording()) return dx.add(input, sum_to(gradient, shape));
  const Grads::Target target = dx.target(input);
  launch::reduce(ReduceOp::sum, target.tensor, gradient, target.accumulate);
}

}  // namespace grus
