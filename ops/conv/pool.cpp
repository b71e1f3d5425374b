#include "ops/conv/pool.h"

#include <limits>

#include "core/base/error.h"
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/twin.h"
#include "ops/conv/window.h"
#include "ops/conv/window_parts.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

const Op max_pool_op("max_pool2d");
const Op avg_pool_op("avg_pool2d");

/// A Pool is a checked call.
struct Pool {
  Windows windows;  // over images of one channel, one for each channel of each image
  Shape y;

  Pair kernel() const { return {windows.kernel[0], windows.kernel[1]}; }
  PoolOptions options() const {
    return {Pair(windows.stride[0], windows.stride[1]), Pair(windows.padding[0], windows.padding[1])};
  }
};

Pool pool_of(const char* op, const Tensor& x, Pair kernel, const PoolOptions& o) {
  require_float(op, x);
  Pool pool;
  pool.windows = windows_of(op, x.shape(), kernel.rows, kernel.columns, {o.stride.value_or(kernel), o.padding});
  require<UsageError>(2 * o.padding.rows <= kernel.rows && 2 * o.padding.columns <= kernel.columns,
                      "[{}] need a padding of at most half of the kernel {} x {}, got {} x {}", op, kernel.rows,
                      kernel.columns, o.padding.rows, o.padding.columns);
  pool.y = {x.dim(0), x.dim(1), pool.windows.count[0], pool.windows.count[1]};
  pool.windows.channels *= pool.windows.batch;
  pool.windows.batch = 1;
  return pool;
}

/// Calls f(pixels of x, places of y, tap) for each tap.
template <class F>
void for_each_tap(const View& x, const View& y, const Windows& w, F f) {
  for (int64_t t = 0; t < w.taps(); ++t) {
    const Tap tap = tap_of(w, t / w.kernel[1], t % w.kernel[1], 0, w.count[0]);
    if (!tap.empty()) f(pixels_of(x, w, tap, 0, w.channels), places_of(y, w, tap, 0, w.channels, w.places(), 0));
  }
}

/// dx gets dy where a pixel is the first of its window that is y.
void add_winners(const Pool& pool, Tensor& dx, const Tensor& x, const Tensor& y, const Tensor& dy) {
  const Device device = x.device();
  const KernelTable& kernels = device.kernels();
  Tensor left = dy.clone();  // dy where no winner was found yet
  Tensor equal = Tensor::empty(y.shape(), DType::boolean, device), gain = Tensor::empty(y.shape(), y.dtype(), device);
  const Tensor zero = Tensor::zeros({}, y.dtype(), device);
  const Windows& w = pool.windows;
  const View to = Raw::write_view(dx), from = Raw::view(x), best = Raw::view(y), open = Raw::write_view(left),
             same = Raw::write_view(equal), part = Raw::write_view(gain);
  for (int64_t t = 0; t < w.taps(); ++t) {
    const Tap tap = tap_of(w, t / w.kernel[1], t % w.kernel[1], 0, w.count[0]);
    if (tap.empty()) continue;
    const auto places = [&](const View& map) { return places_of(map, w, tap, 0, w.channels, w.places(), 0); };
    const auto pixels = [&](const View& image) { return pixels_of(image, w, tap, 0, w.channels); };
    View nothing = places(open);
    nothing.buffer = Raw::view(zero).buffer;
    nothing.offset = Raw::view(zero).offset;
    std::fill_n(nothing.strides, nothing.rank, 0);
    const auto check = [&](Status status) { device.check(status, "max_pool2d backward"); };
    check(kernels.compare(device.context(), CompareOp::equal, places(same), pixels(from), places(best)));
    check(kernels.select(device.context(), places(part), places(same), places(open), nothing));
    check(kernels.copy(device.context(), pixels(to), places(part), true));
    if (t + 1 < w.taps())  // after the last tap nobody asks
      check(kernels.select(device.context(), places(open), places(same), nothing, places(open)));
  }
}

/// x (B, C, H, W) -> (B, C, OH OW, taps)
Tensor laid_out(const Tensor& x, const Pool& pool) {
  const Windows& w = pool.windows;
  const PoolOptions o = pool.options();
  const Tensor columns = im2col(x, pool.kernel(), {*o.stride, o.padding});
  return transpose(columns.reshape({pool.y[0], pool.y[1], w.taps(), w.places()}), 2, 3);
}

}  // namespace

Tensor max_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options) {
  const Pool pool = pool_of("max_pool2d", x, kernel, options);
  if (!fused_kernels_wanted()) return max_pool2d_composed(x, kernel, options);
  const Device device = x.device();
  Tensor y = Tensor::full(pool.y, -std::numeric_limits<double>::infinity(), x.dtype(), device);
  for_each_tap(Raw::view(x), Raw::write_view(y), pool.windows, [&](const View& pixels, const View& places) {
    device.check(device.kernels().binary(device.context(), BinaryOp::maximum, places, places, pixels), "max_pool2d");
  });
  note(max_pool_op, [&] { return window_attributes(pool.windows); });
  return record(max_pool_op, {exact(x), exact(y)}, y, [pool](const Tensor& dy, SavedInput x, const Tensor& y) {
    if (!x.recording()) return add_winners(pool, x.zeroed_target(), x.value, y, dy);
    differentiate_twin({x}, [&] { return std::vector{max_pool2d_composed(x.value, pool.kernel(), pool.options())}; });
  });
}

Tensor max_pool2d_composed(const Tensor& x, Pair kernel, const PoolOptions& options) {
  const Pool pool = pool_of("max_pool2d", x, kernel, options);
  Tensor windows = laid_out(x, pool);
  const Tensor real =
      laid_out(Tensor::ones({1, 1, x.dim(2), x.dim(3)}, x.dtype(), x.device()),
               pool_of("max_pool2d", Tensor::ones({1, 1, x.dim(2), x.dim(3)}, x.dtype(), x.device()), kernel, options));
  windows = where(real > 0.5, windows, -std::numeric_limits<double>::infinity());
  return max(windows, -1).values.reshape(pool.y);
}

Tensor avg_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options) {
  const Pool pool = pool_of("avg_pool2d", x, kernel, options);
  if (!fused_kernels_wanted()) return avg_pool2d_composed(x, kernel, options);
  const Device device = x.device();
  const double share = 1 / static_cast<double>(pool.windows.taps());
  Tensor y = Tensor::zeros(pool.y, x.dtype(), device);
  for_each_tap(Raw::view(x), Raw::write_view(y), pool.windows, [&](const View& pixels, const View& places) {
    device.check(device.kernels().copy(device.context(), places, pixels, true), "avg_pool2d");
  });
  y = detach(y * share);
  note(avg_pool_op, [&] { return window_attributes(pool.windows); });
  return record(avg_pool_op, {x}, y, [pool, share](const Tensor& dy, Input x) {
    const Windows& w = pool.windows;
    const Device device = dy.device();
    const Tensor part = dy * share;
    if (x.recording()) {  // every tap of a window gets the same
      const Tensor columns = broadcast_to(part.reshape({pool.y[0], pool.y[1], 1, w.places()}),
                                          {pool.y[0], pool.y[1], w.taps(), w.places()});
      const PoolOptions o = pool.options();
      x.add(col2im(columns.reshape({pool.y[0], pool.y[1] * w.taps(), w.places()}), {w.image[0], w.image[1]},
                   pool.kernel(), {*o.stride, o.padding}));
      return;
    }
    for_each_tap(Raw::write_view(x.zeroed_target()), Raw::view(part), w, [&](const View& pixels, const View& places) {
      device.check(device.kernels().copy(device.context(), pixels, places, true), "avg_pool2d backward");
    });
  });
}

Tensor avg_pool2d_composed(const Tensor& x, Pair kernel, const PoolOptions& options) {
  const Pool pool = pool_of("avg_pool2d", x, kernel, options);
  return mean(laid_out(x, pool), -1).reshape(pool.y);
}

namespace {

Tensor with_columns(const char* op, const Tensor& x) {
  require_float(op, x);
  require(x.rank() == 3, "[{}] need x (B, C, L), got {}", op, x.shape());
  return x.reshape({x.dim(0), x.dim(1), x.dim(2), 1});
}

PoolOptions with_columns(int64_t kernel, const Pool1dOptions& o) {
  return {Pair(o.stride.value_or(kernel), 1), Pair(o.padding, 0)};
}

Tensor without_columns(const Tensor& y) { return y.reshape({y.dim(0), y.dim(1), y.dim(2)}); }

/// Returns x (B, C, ...) as (B, C, N).
Tensor channels_of(const char* op, const Tensor& x) {
  require_float(op, x);
  require(x.rank() >= 3 && x.shape().without(0).without(0).numel() > 0, "[{}] need x (B, C, ...) with values, got {}",
          op, x.shape());
  return x.reshape({x.dim(0), x.dim(1), x.shape().without(0).without(0).numel()});
}

}  // namespace

Tensor max_pool1d(const Tensor& x, int64_t kernel, const Pool1dOptions& options) {
  return without_columns(max_pool2d(with_columns("max_pool1d", x), {kernel, 1}, with_columns(kernel, options)));
}
Tensor avg_pool1d(const Tensor& x, int64_t kernel, const Pool1dOptions& options) {
  return without_columns(avg_pool2d(with_columns("avg_pool1d", x), {kernel, 1}, with_columns(kernel, options)));
}
Tensor global_max_pool(const Tensor& x) { return max(channels_of("global_max_pool", x), -1).values; }
Tensor global_avg_pool(const Tensor& x) { return mean(channels_of("global_avg_pool", x), -1); }

}  // namespace grus
