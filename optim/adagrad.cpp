#include "optim/adagrad.h"

#include "ops/math/elementwise.h"

namespace grus::optim {

Adagrad::Adagrad(const std::vector<ParameterGroup>& groups, AdagradOptions o)
    : Optimizer("Adagrad",
                {{"lr", o.lr},
                 {"lr_decay", o.lr_decay},
                 {"initial_sum", o.initial_sum},
                 {"eps", o.eps},
                 {"weight_decay", o.weight_decay}},
                {"square_sum"}, groups) {}

void Adagrad::update(ParameterUpdate& p) {
  Tensor& s = p.state("square_sum");
  p.add_decay();
  if (p.t == 1) s = s + p["initial_sum"];
  s = s + square(p.grad);
  const double lr = p.lr / (1 + static_cast<double>(p.t - 1) * p["lr_decay"]);
  p.value = p.value - lr * p.grad / (sqrt(s) + p["eps"]);
}

}  // namespace grus::optim
