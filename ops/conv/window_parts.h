#pragma once
// Windows that slide over images, tap by tap: tap (i, j) of all windows is one strided part of the image. Internal to
// ops. Sources: window.cpp.
#include "core/device/kernels.h"
#include "core/tape/attribute.h"
#include "core/tensor/tensor.h"
#include "ops/conv/window_options.h"

namespace grus {

/// Windows over images (B, C, H, W), checked.
struct Windows {
  int64_t batch = 0, channels = 0;
  int64_t image[2] = {}, kernel[2] = {}, count[2] = {};  // rows and columns; windows along them
  int64_t stride[2] = {}, padding[2] = {}, dilation[2] = {};

  int64_t taps() const { return kernel[0] * kernel[1]; }
  int64_t places() const { return count[0] * count[1]; }  // windows of an image
  int64_t pixels() const { return image[0] * image[1]; }
};

/// Throws ShapeError, UsageError that begin with [op].
Windows windows_of(const char* op, const Shape& image, int64_t rows, int64_t columns, const WindowOptions& options);

/// Returns kernel, strides, padding and dilation, as attributes of a record.
std::vector<Attribute> window_attributes(const Windows& w);

/// A tap meets the image at windows [begin, begin + size) along each axis, first at pixel `pixel`.
struct Tap {
  int64_t begin[2], size[2], pixel[2];
  bool empty() const { return size[0] <= 0 || size[1] <= 0; }
};
/// Returns tap (i, j) of the windows in rows [first, first + rows).
Tap tap_of(const Windows& w, int64_t i, int64_t j, int64_t first, int64_t rows);

/// Returns the pixels that a tap meets, (channels, rows, columns), of an image that begins at `offset`.
View pixels_of(const View& images, const Windows& w, const Tap& tap, int64_t offset, int64_t channels);
/// Returns the windows that a tap meets in a map (channels, rows, columns) of windows whose first row is `first`;
/// channels are `stride` apart.
View places_of(const View& maps, const Windows& w, const Tap& tap, int64_t offset, int64_t channels, int64_t stride,
               int64_t first);

}  // namespace grus
