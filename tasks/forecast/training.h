#pragma once
// What a forecaster minimises.
#include "tasks/forecast/forecaster.h"
#include "training/fit_options.h"

namespace grus::tasks::forecast {

/// Returns the mean of (y - x)^2, |y - x| or Huber's loss over the values x that were measured; y (B, H, C).
training::Loss loss_of(LossKind kind, const Tensor& y, const data::SeriesWindow& batch);

}  // namespace grus::tasks::forecast
