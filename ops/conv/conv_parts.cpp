#include "ops/conv/conv_parts.h"

#include "core/thread/parts.h"
#include "ops/base/launch.h"

namespace grus {

void over_images(const Conv& conv, Device device, const std::function<void(int, int64_t, int64_t)>& f) {
  const int64_t batch = conv.windows.batch;
  const int64_t work = conv.outputs * conv.inner() * conv.windows.places() / 1024;
  in_parts(device, batch * std::max<int64_t>(1, work), batch,
           [&](int part, int parts) { f(part, batch * part / parts, batch * (part + 1) / parts); });
}

Tensor room_of(const Conv& conv, DType dtype, Device device) {
  if (conv.is_pointwise()) return Tensor::empty({1}, dtype, device);
  return Tensor::empty({conv.inner(), conv.block_rows() * conv.windows.count[1]}, dtype, device);
}

void lay_out(const Places& places, const Matrix& columns, const Block& block, Device device) {
  const KernelTable& kernels = device.kernels();
  const Windows& w = places.conv.windows;
  if (places.conv.is_pointwise()) return;
  if (w.padding[0] > 0 || w.padding[1] > 0) launch::fill(device, columns, 0);
  places.for_each_tap(columns, block, [&](const View& pixels, const View& part) {
    device.check(kernels.copy(device.context(), part, pixels, false), "conv2d");
  });
}

}  // namespace grus
