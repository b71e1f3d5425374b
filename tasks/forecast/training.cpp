#include "tasks/forecast/training.h"

#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::tasks::forecast {

training::Loss loss_of(LossKind kind, const Tensor& y, const data::SeriesWindow& b) {
  const auto error = [&](Reduction how) {
    return kind == LossKind::mse   ? mse_loss(y, b.future, how)
           : kind == LossKind::mae ? l1_loss(y, b.future, how)
                                   : huber_loss(y, b.future, 1, how);
  };
  const auto count = static_cast<double>(y.dim(0));
  if (!b.future_known.defined()) return {error(Reduction::mean), count};
  return {sum(error(Reduction::none) * b.future_known) / (sum(b.future_known) + 1e-9), count};
}

}  // namespace grus::tasks::forecast
