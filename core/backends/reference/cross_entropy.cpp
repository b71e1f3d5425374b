// Softmax cross-entropy with label smoothing, row by row, in place.
#include <algorithm>
#include <cmath>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

/// Returns the log of the sum of exp(x), without overflow.
template <class T>
double log_sum_exp(const T* x, int64_t n) {
  double largest = -HUGE_VAL;
  for (int64_t j = 0; j < n; ++j)
    if (static_cast<double>(x[j]) > largest || x[j] != x[j]) largest = static_cast<double>(x[j]);
  if (largest == -HUGE_VAL) return largest;
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) sum += std::exp(static_cast<double>(x[j]) - largest);
  return largest + std::log(sum);
}

template <class T>
void cross_entropy_row(const CrossEntropyArgs& args, int64_t i) {
  const int64_t classes = args.logits.cols, target = id_at(args.targets, i);
  T* x = row<T>(args.logits, i);
  double loss = 0, nll = 0;
  if (target == args.ignore) {
    if (args.gradient) std::fill_n(x, classes, T(0));
  } else {
    require<UsageError>(target >= 0 && target < classes, "[cross_entropy] need targets in [0, {}), got {} at {}",
                        classes, target, i);
    const bool weighted = present(args.weight);
    const auto weight = [&](int64_t j) { return weighted ? static_cast<double>(row<T>(args.weight, 0)[j]) : 1.0; };
    const double log_sum = log_sum_exp(x, classes), even = args.smoothing / static_cast<double>(classes);
    const double hard = (1 - args.smoothing) * weight(target);
    double all = weighted ? hard : 1;  // sum of the distribution that p is compared with
    for (int64_t j = 0; weighted && j < classes; ++j) all += even * weight(j);
    // Where every logit is -inf, so is every log p.
    const auto log_p = [&](int64_t j) { return log_sum == -HUGE_VAL ? log_sum : static_cast<double>(x[j]) - log_sum; };
    nll = -log_p(target);
    loss = args.smoothing < 1 ? hard * nll : 0;
    for (int64_t j = 0; even > 0 && j < classes; ++j) loss -= even * weight(j) * log_p(j);
    loss *= args.row_scale;
    for (int64_t j = 0; args.gradient && j < classes; ++j) {
      const double q = even * weight(j) + (j == target ? hard : 0);
      x[j] = static_cast<T>(args.row_scale * (std::exp(log_p(j)) * all - q));
    }
  }
  element<T>(args.losses, i) = static_cast<T>(loss);
  if (present(args.nll)) element<T>(args.nll, i) = static_cast<T>(nll);
}

}  // namespace

void cross_entropy(const CrossEntropyArgs& args) {
  with_float("cross_entropy", args.logits.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.logits.rows; ++i) cross_entropy_row<T>(args, i);
  });
}

}  // namespace grus::reference
