#pragma once
// Pooling: one number for each window of each channel. Axes and sizes are PyTorch's.
#include <optional>

#include "ops/conv/window.h"

namespace grus {

struct PoolOptions {
  std::optional<Pair> stride = {};  // the kernel's size
  Pair padding = 0;                 // at most half of the kernel
};

/// y = the largest of each window.   x (B, C, H, W) -> y (B, C, OH, OW).   Padding counts as -inf; of equal ones the
/// first of a window gets the gradient. Saves x, y. Throws ShapeError, DtypeError, UsageError.
Tensor max_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options = {});
/// y = the mean of each window, in which padding counts as zeros (PyTorch's count_include_pad).
Tensor avg_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options = {});
/// The composed twins, which lay out all windows.
Tensor max_pool2d_composed(const Tensor& x, Pair kernel, const PoolOptions& options = {});
Tensor avg_pool2d_composed(const Tensor& x, Pair kernel, const PoolOptions& options = {});

struct Pool1dOptions {
  std::optional<int64_t> stride = {};
  int64_t padding = 0;
};
/// As max_pool2d and avg_pool2d, over one axis.   x (B, C, L) -> y (B, C, OL).
Tensor max_pool1d(const Tensor& x, int64_t kernel, const Pool1dOptions& options = {});
Tensor avg_pool1d(const Tensor& x, int64_t kernel, const Pool1dOptions& options = {});

/// y = the largest, or the mean, of each channel.   x (B, C, ...) -> y (B, C).   Throws ShapeError where there is none.
Tensor global_max_pool(const Tensor& x);
Tensor global_avg_pool(const Tensor& x);

}  // namespace grus
