// Connectionist temporal classification (Graves et al. 2006) by the forward and backward sums of its section 4.1, in
// logarithms. State 2 k + 1 of a sequence is label k; even states are blanks.
#include <cmath>
#include <limits>
#include <vector>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

double log_sum(double a, double b) {
  const double larger = a > b || a != a ? a : b;
  if (larger == minus_infinity) return larger;
  return larger + std::log1p(std::exp(-std::abs(a - b)));
}

template <class T>
class Sequence {
 public:
  Sequence(const CtcArgs& args, int64_t b)
      : args_(args),
        b_(b),
        start_(id_at(args.label_starts, b)),
        states_(2 * id_at(args.label_lengths, b) + 1),
        steps_(id_at(args.step_lengths, b)),
        alpha_(static_cast<size_t>(steps_ * states_), minus_infinity) {}

  void run() {
    const double loss = forward();
    element<T>(args_.losses, b_) = static_cast<T>(loss);
    if (!present(args_.gradient)) return;
    for (int64_t t = 0; t < args_.log_probs.rows / args_.batch; ++t)
      for (int64_t c = 0; c < args_.gradient.cols; ++c) slope(t)[c] = 0;
    if (std::isfinite(loss)) backward(loss);
  }

 private:
  int64_t label(int64_t s) const { return s % 2 == 0 ? args_.blank : id_at(args_.labels, start_ + s / 2); }
  /// Tells whether state s may follow s - 2: a blank between equal labels stays.
  bool skips(int64_t s) const { return s % 2 == 1 && s >= 3 && label(s) != label(s - 2); }
  double log_p(int64_t t, int64_t s) const {
    return static_cast<double>(row<const T>(args_.log_probs, t * args_.batch + b_)[label(s)]);
  }
  T* slope(int64_t t) const { return row<T>(args_.gradient, t * args_.batch + b_); }
  double& alpha(int64_t t, int64_t s) { return alpha_[static_cast<size_t>(t * states_ + s)]; }

  double forward() {
    if (steps_ == 0) return states_ == 1 ? 0 : -minus_infinity;
    for (int64_t s = 0; s < std::min<int64_t>(2, states_); ++s) alpha(0, s) = log_p(0, s);
    for (int64_t t = 1; t < steps_; ++t)
      for (int64_t s = 0; s < states_; ++s) {
        double sum = alpha(t - 1, s);
        if (s >= 1) sum = log_sum(sum, alpha(t - 1, s - 1));
        if (skips(s)) sum = log_sum(sum, alpha(t - 1, s - 2));
        alpha(t, s) = sum + log_p(t, s);
      }
    const double last = alpha(steps_ - 1, states_ - 1);
    return -(states_ == 1 ? last : log_sum(last, alpha(steps_ - 1, states_ - 2)));
  }

  /// Goes back with beta(s) = log of what follows state s at step t, and takes exp(alpha + beta + loss) from the slope.
  void backward(double loss) {
    std::vector<double> beta(static_cast<size_t>(states_), minus_infinity), ahead(beta.size());
    beta.back() = 0;
    if (states_ > 1) beta[beta.size() - 2] = 0;
    for (int64_t t = steps_ - 1; t >= 0; --t) {
      for (int64_t s = 0; s < states_; ++s)
        if (const double p = std::exp(alpha(t, s) + beta[static_cast<size_t>(s)] + loss); p > 0)
          slope(t)[label(s)] -= static_cast<T>(p);
      if (t == 0) break;
      for (int64_t s = 0; s < states_; ++s) ahead[static_cast<size_t>(s)] = beta[static_cast<size_t>(s)] + log_p(t, s);
      for (int64_t s = 0; s < states_; ++s) {
        double sum = ahead[static_cast<size_t>(s)];
        if (s + 1 < states_) sum = log_sum(sum, ahead[static_cast<size_t>(s + 1)]);
        if (s + 2 < states_ && skips(s + 2)) sum = log_sum(sum, ahead[static_cast<size_t>(s + 2)]);
        beta[static_cast<size_t>(s)] = sum;
      }
    }
  }

  const CtcArgs& args_;
  int64_t b_, start_, states_, steps_;
  std::vector<double> alpha_;
};

}  // namespace

void ctc_sequence(const CtcArgs& args, int64_t b) {
  with_float("ctc", args.log_probs.dtype, [&]<class T>() { Sequence<T>(args, b).run(); });
}

void ctc(const CtcArgs& args) {
  for (int64_t b = 0; b < args.batch; ++b) ctc_sequence(args, b);
}

}  // namespace grus::reference
