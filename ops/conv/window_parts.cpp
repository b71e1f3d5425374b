#include "ops/conv/window_parts.h"

#include <algorithm>

#include "core/base/error.h"

namespace grus {
namespace {

int64_t ceil_of(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

}  // namespace

Windows windows_of(const char* op, const Shape& image, int64_t rows, int64_t columns, const WindowOptions& options) {
  require(image.rank() == 4, "[{}] need x (B, C, H, W), got {}", op, image);
  Windows w;
  w.batch = image[0];
  w.channels = image[1];
  const auto [stride, padding, dilation] = options;
  const int64_t strides[] = {stride.rows, stride.columns}, paddings[] = {padding.rows, padding.columns},
                dilations[] = {dilation.rows, dilation.columns}, kernels[] = {rows, columns};
  for (int a = 0; a < 2; ++a) {
    require<UsageError>(strides[a] > 0 && paddings[a] >= 0 && dilations[a] > 0 && kernels[a] > 0,
                        "[{}] need kernel, stride and dilation of at least 1 and a padding of at least 0, got {}, {}, "
                        "{} and {}",
                        op, kernels[a], strides[a], dilations[a], paddings[a]);
    w.image[a] = image[2 + a];
    w.kernel[a] = kernels[a];
    w.stride[a] = strides[a];
    w.padding[a] = paddings[a];
    w.dilation[a] = dilations[a];
    const int64_t room = w.image[a] + 2 * paddings[a] - dilations[a] * (kernels[a] - 1) - 1;
    require(room >= 0, "[{}] need an image that holds a window of {} x {}, got {} padded by {} x {}", op,
            dilation.rows * (rows - 1) + 1, dilation.columns * (columns - 1) + 1, image, padding.rows, padding.columns);
    w.count[a] = room / strides[a] + 1;
  }
  return w;
}

std::vector<Attribute> window_attributes(const Windows& w) {
  const auto pair = [](const int64_t(&of)[2]) { return std::vector<int64_t>{of[0], of[1]}; };
  return {{"kernel", pair(w.kernel)},
          {"stride", pair(w.stride)},
          {"padding", pair(w.padding)},
          {"dilation", pair(w.dilation)}};
}

Tap tap_of(const Windows& w, int64_t i, int64_t j, int64_t first, int64_t rows) {
  Tap tap{};
  const int64_t at[] = {i * w.dilation[0] - w.padding[0], j * w.dilation[1] - w.padding[1]};
  for (int a = 0; a < 2; ++a) {
    const int64_t low = a == 0 ? first : 0, high = a == 0 ? first + rows : w.count[1];
    tap.begin[a] = std::max(low, ceil_of(-at[a], w.stride[a]));
    tap.size[a] = std::min(high, ceil_of(w.image[a] - at[a], w.stride[a])) - tap.begin[a];
    tap.pixel[a] = tap.begin[a] * w.stride[a] + at[a];
  }
  return tap;
}

View pixels_of(const View& images, const Windows& w, const Tap& tap, int64_t offset, int64_t channels) {
  View view{images.buffer, images.offset + offset + tap.pixel[0] * w.image[1] + tap.pixel[1], images.dtype, 3, {}, {}};
  const int64_t dims[] = {channels, tap.size[0], tap.size[1]};
  const int64_t strides[] = {w.pixels(), w.stride[0] * w.image[1], w.stride[1]};
  std::copy_n(dims, 3, view.dims);
  std::copy_n(strides, 3, view.strides);
  return view;
}

View places_of(const View& maps, const Windows& w, const Tap& tap, int64_t offset, int64_t channels, int64_t stride,
               int64_t first) {
  const int64_t start = (tap.begin[0] - first) * w.count[1] + tap.begin[1];
  View view{maps.buffer, maps.offset + offset + start, maps.dtype, 3, {}, {}};
  const int64_t dims[] = {channels, tap.size[0], tap.size[1]}, strides[] = {stride, w.count[1], 1};
  std::copy_n(dims, 3, view.dims);
  std::copy_n(strides, 3, view.strides);
  return view;
}

}  // namespace grus
