#include "optim/clip.h"

#include <algorithm>
#include <cmath>

#include "core/tensor/raw.h"

namespace grus::optim {

namespace {

constexpr double smallest_norm = 1e-6;  // is added to a norm before it divides, as in PyTorch

void require_limit(const char* caller, double max_norm) {
  require<UsageError>(max_norm > 0, "[{}] need a largest norm above 0, got {}", caller, max_norm);
}

/// One number stands for all elements, as a view that broadcasts.
class Scalar {
 public:
  Scalar(double value, const Tensor& like) : value_(Tensor::full({1}, value, like.dtype(), like.device())) {}
  View over(const Shape& shape) const { return Raw::broadcast_view(value_, shape); }

 private:
  Tensor value_;
};

void apply(BinaryOp op, double value, Tensor& gradient) {
  if (!Raw::owns_storage_alone(gradient)) gradient = gradient.detach().clone();  // another tensor shares the memory
  const Scalar scalar(value, gradient);
  const Device device = gradient.device();
  const View y = Raw::write_view(gradient);
  device.check(device.kernels().binary(device.context(), op, y, y, scalar.over(gradient.shape())), "clip");
}

/// Writes the sum of squares of a gradient to place i of `sums`.
void write_sum(Tensor& sums, int64_t i, const Tensor& gradient) {
  const View y = Raw::broadcast_view(Raw::reshape(Raw::rows(sums, i, i + 1), {}), gradient.shape());
  Raw::write_view(sums);  // raises the version
  const Device device = gradient.device();
  device.check(device.kernels().reduce(device.context(), ReduceOp::sum_of_squares, y, Raw::view(gradient), false),
               "clip");
}

struct Gradients {
  std::vector<const Tensor*> tensors;
  std::vector<const std::string*> names;
};
Gradients gradients_of(const nn::Parameters& parameters) {
  Gradients all;
  for (const auto& [name, parameter] : parameters) {
    if (!parameter.defined() || !parameter.grad().defined() || parameter.grad().numel() == 0) continue;
    all.tensors.push_back(&parameter.grad());
    all.names.push_back(&name);
  }
  return all;
}

/// Returns the sum of squares of each gradient, with one download for all that share device and dtype.
std::vector<double> sums_of_squares(const std::vector<const Tensor*>& gradients) {
  std::vector<double> sums(gradients.size());
  std::vector<bool> done(gradients.size(), false);
  for (size_t first = 0; first < gradients.size(); ++first) {
    if (done[first]) continue;
    const Tensor& like = *gradients[first];
    Tensor each = Tensor::empty({static_cast<int64_t>(gradients.size())}, like.dtype(), like.device());
    std::vector<size_t> members;
    for (size_t i = first; i < gradients.size(); ++i) {
      const Tensor& g = *gradients[i];
      if (g.dtype() != like.dtype() || g.device() != like.device()) continue;
      write_sum(each, static_cast<int64_t>(i), g);
      members.push_back(i);
      done[i] = true;
    }
    const std::vector<double> values = like.dtype() == DType::f64 ? each.to_vector<double>() : [&] {
      const std::vector<float> narrow = each.to_vector<float>();
      return std::vector<double>(narrow.begin(), narrow.end());
    }();
    for (size_t i : members) sums[i] = values[i];
  }
  return sums;
}

}  // namespace

Tensor grad_norm(const nn::Parameters& parameters) {
  const std::vector<const Tensor*> gradients = gradients_of(parameters).tensors;
  if (gradients.empty()) return Tensor::zeros({});
  for (const Tensor* g : gradients) require_same_kind("grad_norm", *gradients.front(), *g);
  const Tensor& like = *gradients.front();
  const Device device = like.device();
  Tensor sums = Tensor::empty({static_cast<int64_t>(gradients.size())}, like.dtype(), device);
  for (size_t i = 0; i < gradients.size(); ++i) write_sum(sums, static_cast<int64_t>(i), *gradients[i]);
  Tensor norm = Tensor::empty({}, like.dtype(), device);
  const KernelTable& kernels = device.kernels();
  const View total = Raw::write_view(norm);
  device.check(
      kernels.reduce(device.context(), ReduceOp::sum, Raw::broadcast_view(norm, sums.shape()), Raw::view(sums), false),
      "grad_norm");
  device.check(kernels.unary(device.context(), UnaryOp::sqrt, total, total), "grad_norm");
  return norm;
}

// x - x is 0 where x is finite and NaN elsewhere.
void taint_norm(Tensor& norm, const Tensor& loss, const Tensor& before) {
  require_float("taint_norm", norm);
  for (const Tensor* x : {&std::as_const(norm), &loss, &before}) {
    if (x == &before && !before.defined()) continue;
    require(x->defined() && x->numel() == 1, "[taint_norm] need numbers, got shape {}", x->shape());
    require_same_kind("taint_norm", norm, *x);
  }
  const Device device = norm.device();
  Tensor zero = Tensor::empty(norm.shape(), norm.dtype(), device);
  const View y = Raw::write_view(norm), t = Raw::write_view(zero);
  const View x = Raw::broadcast_view(loss, norm.shape());
  const auto call = [&](BinaryOp op, const View& to, const View& a, const View& b) {
    device.check(device.kernels().binary(device.context(), op, to, a, b), "taint_norm");
  };
  if (before.defined()) {
    call(BinaryOp::add, t, x, Raw::broadcast_view(before, norm.shape()));
    call(BinaryOp::sub, t, t, t);
  } else {
    call(BinaryOp::sub, t, x, x);
  }
  call(BinaryOp::add, y, y, t);
}

Tensor clip_scale(const Tensor& norm, double max_norm) {
  require_limit("clip_scale", max_norm);
  require_float("clip_scale", norm);
  require(norm.numel() == 1, "[clip_scale] need a norm of one element, got shape {}", norm.shape());
  const Device device = norm.device();
  const KernelTable& kernels = device.kernels();
  Tensor scale = Tensor::full(norm.shape(), smallest_norm, norm.dtype(), device);
  Tensor sound = Tensor::empty(norm.shape(), DType::boolean, device);
  const Scalar limit(max_norm, norm), one(1, norm), zero(0, norm);
  const View y = Raw::write_view(scale);
  const auto check = [&](Status status) { device.check(status, "clip_scale"); };
  check(kernels.binary(device.context(), BinaryOp::add, y, Raw::view(norm), y));
  check(kernels.binary(device.context(), BinaryOp::div, y, limit.over(norm.shape()), y));
  check(kernels.binary(device.context(), BinaryOp::minimum, y, y, one.over(norm.shape())));
  check(kernels.compare(device.context(), CompareOp::equal, Raw::write_view(sound), y, y));  // NaN gives false
  check(kernels.select(device.context(), y, Raw::view(sound), y, zero.over(norm.shape())));
  return scale;
}

namespace {

ClipResult measure(const char* caller, const nn::Parameters& parameters, double max_norm, NonFinite non_finite) {
  require_limit(caller, max_norm);
  const Gradients gradients = gradients_of(parameters);
  const std::vector<double> sums = sums_of_squares(gradients.tensors);
  double total = 0;
  for (size_t i = 0; i < sums.size(); ++i) {
    total += sums[i];
    require<Error>(std::isfinite(sums[i]) || non_finite == NonFinite::flag,
                   "[{}] need finite gradients, got {} in that of {}", caller, std::isnan(sums[i]) ? "NaN" : "infinity",
                   *gradients.names[i]);
  }
  const double norm = std::sqrt(total);
  const bool finite = std::isfinite(total);
  return {norm, finite ? std::min(1.0, max_norm / (norm + smallest_norm)) : 0, finite};
}

}  // namespace

ClipResult clip_scale(const nn::Parameters& parameters, double max_norm, NonFinite non_finite) {
  return measure("clip_scale", parameters, max_norm, non_finite);
}

ClipResult clip_grad_norm(const nn::Parameters& parameters, double max_norm, NonFinite non_finite) {
  const ClipResult result = measure("clip_grad_norm", parameters, max_norm, non_finite);
  if (!result.finite || result.scale == 1) return result;
  for (const auto& [name, parameter] : parameters)
    if (parameter.defined() && parameter.grad().defined())
      apply(BinaryOp::mul, result.scale, parameter.leaf().mutable_grad());
  return result;
}

void clip_grad_value(const nn::Parameters& parameters, double limit) {
  require<UsageError>(limit > 0, "[clip_grad_value] need a limit above 0, got {}", limit);
  for (const auto& [name, parameter] : parameters) {
    if (!parameter.defined() || !parameter.grad().defined()) continue;
    apply(BinaryOp::maximum, -limit, parameter.leaf().mutable_grad());
    apply(BinaryOp::minimum, limit, parameter.leaf().mutable_grad());
  }
}

}  // namespace grus::optim
