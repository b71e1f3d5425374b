#pragma once
// Windows over images as matrices, which make convolutions products.
#include "core/tensor/tensor.h"
#include "ops/conv/window_options.h"

namespace grus {

/// y[b, c, i, j, p] = x[b, c] at tap (i, j) of window p, 0 beyond the image.   x (B, C, H, W), windows of `kernel` taps
/// -> y (B, C kh kw, OH OW), as torch.nn.functional.unfold.   Throws ShapeError where no window fits, UsageError.
Tensor im2col(const Tensor& x, Pair kernel, const WindowOptions& options = {});
/// Adds up what windows have of each pixel; the adjoint of im2col.   y (B, C kh kw, OH OW) -> x (B, C, H, W) for an
/// image (H, W), as torch.nn.functional.fold.   Throws ShapeError, UsageError.
Tensor col2im(const Tensor& y, Pair image, Pair kernel, const WindowOptions& options = {});

}  // namespace grus
