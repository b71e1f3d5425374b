#pragma once
// A hook sees the gradient of any tensor. It is an op that changes nothing forward.
#include <functional>

#include "core/tensor/tensor.h"

namespace grus {

/// y = x. Backward hands dy to `hook`, whose result goes on to x; undefined leaves dy as it was. The hook runs once a
/// backward pass, when all of dy is there, and not at all where no gradient arrives; its ops are recorded under
/// create_graph. Throws ShapeError, DtypeError when its result is not like x. A parameter as a whole has
/// Leaf::on_gradient.
Tensor on_gradient(const Tensor& x, std::function<Tensor(const Tensor& dy)> hook);

}  // namespace grus
