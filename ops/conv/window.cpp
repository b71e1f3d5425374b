#include "ops/conv/window.h"

#include "core/base/error.h"
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/conv/window_parts.h"

namespace grus {
namespace {

const Op im2col_op("im2col");
const Op col2im_op("col2im");

/// Calls f(pixels, places) for every tap of every image. columns (B, C, taps, places).
template <class F>
void for_each_image_tap(const View& images, const View& columns, const Windows& w, F f) {
  for (int64_t b = 0; b < w.batch; ++b)
    for (int64_t t = 0; t < w.taps(); ++t) {
      const Tap tap = tap_of(w, t / w.kernel[1], t % w.kernel[1], 0, w.count[0]);
      if (tap.empty()) continue;
      const int64_t offset = (b * w.channels * w.taps() + t) * w.places();
      f(pixels_of(images, w, tap, b * w.channels * w.pixels(), w.channels),
        places_of(columns, w, tap, offset, w.channels, w.taps() * w.places(), 0));
    }
}

Tensor unfolded(const Tensor& x, const Windows& w);

Tensor folded(const Tensor& y, const Windows& w) {
  Tensor x = Tensor::zeros({w.batch, w.channels, w.image[0], w.image[1]}, y.dtype(), y.device());
  const Device device = y.device();
  for_each_image_tap(Raw::write_view(x), Raw::view(y), w, [&](const View& pixels, const View& places) {
    device.check(device.kernels().copy(device.context(), pixels, places, true), "col2im");
  });
  return record(col2im_op, {y}, x, [w](const Tensor& dx, Input y) { y.add(unfolded(dx, w)); });
}

Tensor unfolded(const Tensor& x, const Windows& w) {
  Tensor y = Tensor::zeros({w.batch, w.channels * w.taps(), w.places()}, x.dtype(), x.device());
  const Device device = x.device();
  for_each_image_tap(Raw::view(x), Raw::write_view(y), w, [&](const View& pixels, const View& places) {
    device.check(device.kernels().copy(device.context(), places, pixels, false), "im2col");
  });
  return record(im2col_op, {x}, y, [w](const Tensor& dy, Input x) { x.add(folded(dy, w)); });
}

}  // namespace

Tensor im2col(const Tensor& x, Pair kernel, const WindowOptions& options) {
  require_float("im2col", x);
  return unfolded(x, windows_of("im2col", x.shape(), kernel.rows, kernel.columns, options));
}

Tensor col2im(const Tensor& y, Pair image, Pair kernel, const WindowOptions& options) {
  require_float("col2im", y);
  const int64_t taps = kernel.rows * kernel.columns;
  require(y.rank() == 3 && taps > 0 && y.dim(1) % taps == 0, "[col2im] need y (B, C {} {}, N), got {}", kernel.rows,
          kernel.columns, y.shape());
  const Shape shape{y.dim(0), y.dim(1) / taps, image.rows, image.columns};
  const Windows w = windows_of("col2im", shape, kernel.rows, kernel.columns, options);
  require(y.dim(2) == w.places(), "[col2im] need {} x {} windows, got y {}", w.count[0], w.count[1], y.shape());
  return folded(y, w);
}

}  // namespace grus
