// The checks of anomaly mode.
#include <algorithm>

#include "core/tape_parts.h"

namespace grus {

bool is_finite(const Tensor& x) {
  if (!is_float(x.dtype()) || x.numel() == 0) return true;
  Tensor sum = Tensor::empty({}, x.dtype(), x.device());
  View y = x.view();
  const View one = sum.write_view();
  y.buffer = one.buffer;
  y.offset = one.offset;
  std::fill(y.strides, y.strides + max_rank, 0);
  x.device().check(x.device().kernels().reduce(x.device().context(), ReduceOp::sum, y, x.view(), false),
                   "check_finite");
  const double value = sum.item();
  return value - value == 0;
}

std::string where(const Record& record) {
  return *record.scope ? fmt::format("{} in {}", record.op->name(), record.scope) : record.op->name();
}

}  // namespace grus
