#include "ops/math/norm.h"

#include <optional>

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/twin.h"

namespace grus {
namespace {

const Op layer_norm_op("layer_norm");
const Op rms_norm_op("rms_norm");

void check(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  require_float(op, x);
  require(x.rank() >= 1 && x.dim(-1) > 0, "[{}] need x (..., F) with F of at least 1, got {}", op, x.shape());
  for (const Tensor& parameter : {weight, bias}) {
    if (!parameter.defined()) continue;
    require_same_kind(op, x, parameter);
    require(parameter.shape() == Shape{x.dim(-1)}, "[{}] need weight and bias ({}), got {}", op, x.dim(-1),
            parameter.shape());
  }
}

Matrix sums_of(const Input& input) { return input.wanted() ? Raw::write_matrix(input.zeroed_target()) : Matrix{}; }

/// Adds the gradients. An RMS norm has no bias and an undefined mean.
void backward(const Tensor& dy, const SavedInput& x, const SavedInput& weight, const std::optional<Input>& bias,
              const Tensor& mean, const Tensor& rstd) {
  NormBackwardArgs args{};
  args.x = Raw::matrix(x.value);
  args.weight = launch::matrix_of(weight.value);
  args.mean = launch::matrix_of(mean);
  args.rstd = Raw::matrix(rstd);
  args.dy = Raw::matrix(dy);
  args.dx = sums_of(x);
  args.dweight = sums_of(weight);
  if (bias) args.dbias = sums_of(*bias);
  args.centred = mean.defined();
  const Device device = dy.device();
  device.check(device.kernels().norm_rows_backward(device.context(), args), "norm backward");
}

bool is_fused(Device device) {
  return fused_kernels_wanted() && device.kernels().norm_rows && device.kernels().norm_rows_backward;
}

/// Returns y, and writes mean (where it is defined) and rstd.
Tensor normed(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& mean, Tensor& rstd, double eps) {
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  NormArgs args{};
  args.y = Raw::write_matrix(y);
  args.x = Raw::matrix(x);
  args.weight = launch::matrix_of(weight);
  args.bias = launch::matrix_of(bias);
  if (mean.defined()) args.mean = Raw::write_matrix(mean);
  args.rstd = Raw::write_matrix(rstd);
  args.centred = mean.defined();
  args.eps = eps;
  x.device().check(x.device().kernels().norm_rows(x.device().context(), args), "norm");
  return y;
}

Tensor number_a_row(const Tensor& x) {
  return Tensor::empty({x.shape().without(x.rank() - 1).numel()}, x.dtype(), x.device());
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  check("layer_norm", x, weight, bias);
  if (!is_fused(x.device())) return layer_norm_composed(x, weight, bias, eps);
  Tensor mean = number_a_row(x), rstd = number_a_row(x);
  const Tensor y = normed(x, weight, bias, mean, rstd, eps);
  note(layer_norm_op, [&] { return Noted{{"eps", eps}}; });
  return record(layer_norm_op, {x, weight, bias, exact(mean), exact(rstd)}, y,
                [eps](const Tensor& dy, SavedInput x, SavedInput weight, SavedInput bias, const Tensor& mean,
                      const Tensor& rstd) {
                  if (!x.recording()) return backward(dy, x, weight, bias, mean, rstd);
                  differentiate_twin({x, weight, bias}, [&] {
                    return std::vector{layer_norm_composed(x.value, weight.value, bias.value, eps)};
                  });
                });
}

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps) {
  check("rms_norm", x, weight, {});
  if (!is_fused(x.device())) return rms_norm_composed(x, weight, eps);
  Tensor none, rstd = number_a_row(x);
  const Tensor y = normed(x, weight, {}, none, rstd, eps);
  note(rms_norm_op, [&] { return Noted{{"eps", eps}}; });
  return record(
      rms_norm_op, {x, weight, exact(rstd)}, y,
      [eps](const Tensor& dy, SavedInput x, SavedInput weight, const Tensor& rstd) {
        if (!x.recording()) return backward(dy, x, weight, std::nullopt, {}, rstd);
        differentiate_twin({x, weight}, [&] { return std::vector{rms_norm_composed(x.value, weight.value, eps)}; });
      });
}

}  // namespace grus
