#include "ops/conv/conv.h"

#include "core/base/error.h"
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/twin.h"
#include "ops/conv/conv_parts.h"
#include "ops/conv/window.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"

namespace grus {
namespace {

const Op conv_op("conv2d");

Conv conv_of(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& o) {
  require_float(op, x);
  require_same_kind(op, x, weight);
  require(x.rank() == 4 && weight.rank() == 4 && o.groups > 0 && x.dim(1) == weight.dim(1) * o.groups &&
              weight.dim(0) % o.groups == 0,
          "[{}] need x (B, C, H, W) and weight (O, C / {}, kh, kw) of {} groups, got {} and {}", op, o.groups, o.groups,
          x.shape(), weight.shape());
  if (bias.defined()) {
    require_same_kind(op, x, bias);
    require(bias.shape() == Shape{weight.dim(0)}, "[{}] need bias ({}), got {}", op, weight.dim(0), bias.shape());
  }
  const WindowOptions window{o.stride, o.padding, o.dilation};
  return {windows_of(op, x.shape(), weight.dim(2), weight.dim(3), window), o.groups, weight.dim(0)};
}

void forward(const Conv& conv, Tensor& y, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Device device = x.device();
  const Places places{conv, Raw::view(x)};
  const Matrix result = Raw::write_matrix(y), weights = Raw::matrix(weight);
  if (bias.defined()) launch::copy(y, bias.reshape({conv.outputs, 1, 1}));
  over_images(conv, device, [&](int, int64_t begin, int64_t end) {
    Tensor room = room_of(conv, x.dtype(), device);
    const Matrix free = Raw::write_matrix(room);
    for_each_block(conv, begin, end, [&](const Block& block) {
      const Matrix columns = places.columns(free, block);
      lay_out(places, columns, block, device);
      launch::gemm(device, places.result(result, block), places.weights(weights, block), columns, {},
                   bias.defined() ? 1 : 0);
    });
  });
}

/// dx += the windows of W^T dy, each where it came from.
void add_image_gradient(const Conv& conv, Tensor& dx, const Tensor& dy, const Tensor& weight) {
  const Device device = dy.device();
  const Places places{conv, Raw::write_view(dx)};
  const Matrix result = Raw::matrix(dy), weights = Raw::matrix(weight);
  over_images(conv, device, [&](int, int64_t begin, int64_t end) {
    Tensor room = room_of(conv, dy.dtype(), device);
    const Matrix free = Raw::write_matrix(room);
    for_each_block(conv, begin, end, [&](const Block& block) {
      const Matrix columns = places.columns(free, block);
      launch::gemm(device, columns, places.weights(weights, block), places.result(result, block), {.transpose_a = true},
                   conv.is_pointwise() ? 1 : 0);
      if (conv.is_pointwise()) return;
      places.for_each_tap(columns, block, [&](const View& pixels, const View& part) {
        device.check(device.kernels().copy(device.context(), pixels, part, true), "conv2d backward");
      });
    });
  });
}

/// dW += dy windows^T; each part of the images has a sum of its own, and they are added in their order.
void add_weight_gradient(const Conv& conv, Tensor& dweight, const Tensor& dy, const Tensor& x) {
  const Device device = dy.device();
  const Places places{conv, Raw::view(x)};
  const Matrix result = Raw::matrix(dy);
  std::vector<Tensor> sums(static_cast<size_t>(std::max<int64_t>(1, conv.windows.batch)));
  over_images(conv, device, [&](int part, int64_t begin, int64_t end) {
    Tensor room = room_of(conv, dy.dtype(), device), sum = Tensor::zeros(dweight.shape(), dy.dtype(), device);
    const Matrix free = Raw::write_matrix(room), to = Raw::write_matrix(sum);
    for_each_block(conv, begin, end, [&](const Block& block) {
      const Matrix columns = places.columns(free, block);
      lay_out(places, columns, block, device);
      launch::gemm(device, places.weights(to, block), places.result(result, block), columns, {.transpose_b = true}, 1);
    });
    sums[static_cast<size_t>(part)] = sum;
  });
  for (const Tensor& sum : sums)
    if (sum.defined()) launch::copy(dweight, sum, true);
}

ConvOptions options_of(const Conv& conv) {
  const Windows& w = conv.windows;
  return {{w.stride[0], w.stride[1]}, {w.padding[0], w.padding[1]}, {w.dilation[0], w.dilation[1]}, conv.groups};
}

/// conv2d, whose messages begin with [op].
Tensor convolved(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                 const ConvOptions& options) {
  const Conv conv = conv_of(op, x, weight, bias, options);
  if (!fused_kernels_wanted()) return conv2d_composed(x, weight, bias, options);
  const Windows& w = conv.windows;
  Tensor y = Tensor::empty({w.batch, conv.outputs, w.count[0], w.count[1]}, x.dtype(), x.device());
  forward(conv, y, x, weight, bias);
  note(conv_op, [&] {
    std::vector<Attribute> all = window_attributes(w);
    all.push_back({"groups", conv.groups});
    return all;
  });
  return record(conv_op, {x, weight, bias}, y, [conv](const Tensor& dy, SavedInput x, SavedInput weight, SavedInput b) {
    if (x.recording())
      return differentiate_twin({x, weight, b}, [&] {
        return std::vector{conv2d_composed(x.value, weight.value, b.value, options_of(conv))};
      });
    if (x.wanted()) add_image_gradient(conv, x.zeroed_target(), dy, weight.value);
    if (weight.wanted()) add_weight_gradient(conv, weight.zeroed_target(), dy, x.value);
    if (b.value.defined() && b.wanted()) b.add(sum(dy, {0, 2, 3}));
  });
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) {
  return convolved("conv2d", x, weight, bias, options);
}

Tensor conv2d_composed(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) {
  const Conv conv = conv_of("conv2d", x, weight, bias, options);
  const Windows& w = conv.windows;
  const Tensor columns = im2col(x, {w.kernel[0], w.kernel[1]}, {options.stride, options.padding, options.dilation});
  const Tensor grouped = columns.reshape({w.batch, conv.groups, conv.inner(), w.places()});
  const Tensor weights = weight.reshape({conv.groups, conv.group_outputs(), conv.inner()});
  const Tensor y = matmul(weights, grouped).reshape({w.batch, conv.outputs, w.count[0], w.count[1]});
  return bias.defined() ? y + bias.reshape({conv.outputs, 1, 1}) : y;
}

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& o) {
  require_float("conv1d", x);
  require_same_kind("conv1d", x, weight);
  require(x.rank() == 3 && weight.rank() == 3 && o.groups > 0 && x.dim(1) == weight.dim(1) * o.groups &&
              weight.dim(0) % o.groups == 0,
          "[conv1d] need x (B, C, L) and weight (O, C / {}, k) of {} groups, got {} and {}", o.groups, o.groups,
          x.shape(), weight.shape());
  // The axis becomes rows of one pixel, so that a block is a piece of it.
  const Tensor y = convolved("conv1d", x.reshape({x.dim(0), x.dim(1), x.dim(2), 1}),
                             weight.reshape({weight.dim(0), weight.dim(1), weight.dim(2), 1}), bias,
                             {{o.stride, 1}, {o.padding, 0}, {o.dilation, 1}, o.groups});
  return y.reshape({y.dim(0), y.dim(1), y.dim(2)});
}

}  // namespace grus
