#include "core/tensor/items.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/tensor/raw.h"

namespace grus {

std::vector<double> items(const std::vector<Tensor>& scalars) {
  if (scalars.empty()) return {};
  for (const Tensor& scalar : scalars) {
    require<UsageError>(scalar.defined(), "[items] need tensors, got an undefined one");
    require(scalar.numel() == 1, "[items] need one element each, got shape {}", scalar.shape());
  }
  const Tensor& like = scalars.front();
  const Device device = like.device();
  const bool together =
      is_float(like.dtype()) && std::all_of(scalars.begin(), scalars.end(), [&](const Tensor& scalar) {
        return scalar.device() == device && scalar.dtype() == like.dtype();
      });
  std::vector<double> values;
  if (!together) {
    for (const Tensor& scalar : scalars) values.push_back(scalar.item());
    return values;
  }
  Tensor all = Tensor::empty({static_cast<int64_t>(scalars.size())}, like.dtype(), device);
  int64_t place = 0;
  for (const Tensor& scalar : scalars) {
    Tensor at = Raw::rows(all, place, place + 1);
    ++place;
    device.check(
        device.kernels().copy(device.context(), Raw::write_view(at), Raw::view(Raw::reshape(scalar, {1})), false),
        "items");
  }
  if (like.dtype() == DType::f64) return all.to_vector<double>();
  for (const float value : all.to_vector<float>()) values.push_back(value);
  return values;
}

}  // namespace grus
