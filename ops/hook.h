#pragma once
// A hook on the gradient of any tensor, as an op that changes nothing forward.
#include <functional>

#include "core/tensor/tensor.h"

namespace grus {

/// y = x. Backward hands dy to `hook`: what it returns goes on to x (undefined: dy as it was). It runs once a backward
/// pass, when all of dy is there, and not at all where no gradient arrives; its ops are recorded under create_graph.
/// Throws ShapeError, DtypeError when the gradient returned is not like x. Of a parameter as a whole:
/// Leaf::on_gradient.
Tensor on_gradient(const Tensor& x, std::function<Tensor(const Tensor& dy)> hook);

}  // namespace grus
