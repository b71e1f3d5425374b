#include "ops/math/accumulate.h"

#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"

namespace grus {

void add_product(Input x, const Tensor& a, const Tensor& b, MatmulOptions options) {
  if (!x.wanted()) return;
  if (x.recording()) return x.add(matmul(a, b, options).reshape(x.shape()));
  const Shape product = matmul_shape("add_product", a.shape(), b.shape(), options);
  const Grads::Target target = x.target();
  Tensor y = Raw::reshape(target.tensor, product);
  launch::gemm(y, a, b, options, target.accumulate ? 1 : 0);
}

void add_reduced(Input x, const Tensor& gradient) {
  if (x.recording()) return x.add(sum_to(gradient, x.shape()));
  const Grads::Target target = x.target();
  launch::reduce(ReduceOp::sum, target.tensor, gradient, target.accumulate);
}

}  // namespace grus
