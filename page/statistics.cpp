#include <algorithm>
#include <cmath>
#include <limits>

#include "page/step_graph.h"

namespace grus::page {
namespace {

template <class T>
Statistics of(const std::vector<T>& values) {
  Statistics s{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 0, 0};
  for (T v : values) {
    const double x = static_cast<double>(v);
    if (!std::isfinite(x)) {
      ++s.bad;
      continue;
    }
    s.min = std::min(s.min, x);
    s.max = std::max(s.max, x);
    s.mean += x;
  }
  const int64_t good = static_cast<int64_t>(values.size()) - s.bad;
  if (good == 0) return {0, 0, 0, s.bad};
  s.mean /= static_cast<double>(good);
  return s;
}

}  // namespace

std::optional<Statistics> statistics(const Tensor& x) {
  if (!x.defined() || x.numel() == 0 || !is_float(x.dtype())) return {};
  return x.dtype() == DType::f32 ? of(x.to_vector<float>()) : of(x.to_vector<double>());
}

}  // namespace grus::page
