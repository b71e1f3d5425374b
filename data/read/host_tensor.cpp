#include "data/read/host_tensor.h"

#include "core/tensor/raw.h"

namespace grus::data {

Device host_device() { return Device("cpu"); }

Tensor on_host(const Tensor& x) {
  if (x.device() == host_device()) return x.detach();
  return Tensor::from_bytes(x.to_bytes(), x.shape(), x.dtype(), host_device());
}

void copy_elements(const Tensor& x, std::byte* to) {
  const View view = Raw::view(x);
  const size_t size = size_of(x.dtype());
  const Status status =
      x.device().kernels().download(x.device().context(), to, view.buffer, static_cast<size_t>(view.offset) * size,
                                    static_cast<size_t>(x.numel()) * size);
  x.device().check(status, "download");
}

}  // namespace grus::data
