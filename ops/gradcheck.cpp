#include "ops/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/tape/tape.h"
#include "core/tensor/random.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus {
namespace {

using Tensors = std::vector<Tensor>;

bool is_checked(const Tensor& x) { return x.defined() && x.dtype() == DType::f64; }

double dot(const Tensor& a, const Tensor& b) { return sum(a.detach() * b.detach()).item(); }

/// Returns random weights for the f64 outputs, and undefined tensors for the others.
Tensors random_like(std::span<const Tensor> xs, Rng& rng) {
  Tensors result;
  for (const Tensor& x : xs)
    result.push_back(is_checked(x) ? random_normal(x.shape(), 0, 1, rng, DType::f64, x.device()) : Tensor());
  return result;
}

double weighted(std::span<const Tensor> ys, std::span<const Tensor> weights) {
  double total = 0;
  for (size_t k = 0; k < ys.size(); ++k)
    if (weights[k].defined()) total += dot(ys[k], weights[k]);
  return total;
}

/// Returns d(sum of weights * ys) / d(inputs) by the active tape, which knows the inputs; zeros where no gradient
/// reached one.
Tensors tape_gradients(std::span<const Tensor> ys, std::span<const Tensor> weights, std::span<const Tensor> inputs,
                       bool create_graph) {
  Tensors recorded, seeds, asked;
  for (size_t k = 0; k < ys.size(); ++k) {
    if (!weights[k].defined() || ys[k].node().tape == 0) continue;
    recorded.push_back(ys[k]);
    seeds.push_back(weights[k]);
  }
  for (const Tensor& x : inputs)
    if (is_checked(x)) asked.push_back(x);
  Tensors gradients(asked.size());
  if (!recorded.empty()) gradients = Tape::active()->grad(recorded, seeds, asked, create_graph);
  for (size_t i = 0; i < asked.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = Tensor::zeros(asked[i].shape(), DType::f64, asked[i].device());
  return gradients;
}

Tensors watched(std::span<const Tensor> inputs) {
  Tensors result;
  for (const Tensor& x : inputs) result.push_back(is_checked(x) && !x.leaf() ? Tape::active()->watch(x) : x);
  return result;
}

/// Words are the names in messages: of the function that checks, and of each input.
struct Words {
  const char* caller;
  std::vector<std::string> inputs;
};

Words words_of(const char* caller, const Tensors& inputs, const GradcheckOptions& options) {
  Words words{caller, {}};
  for (size_t i = 0; i < inputs.size(); ++i)
    words.inputs.push_back(i < options.names.size() ? fmt::format("input {} '{}'", i, options.names[i])
                                                    : fmt::format("input {}", i));
  return words;
}

/// A Check compares the gradients of one function at one point. The weighted outputs add up to a number that moves with
/// each input.
class Check {
 public:
  Check(const Words& words, const TensorsFunction& f, const Tensors& inputs, const GradcheckOptions& options,
        bool create_graph = false)
      : words_(words), f_(f), inputs_(inputs), options_(options), rng_(options.seed) {
    Tape tape;
    const Tensors xs = watched(inputs);
    const Tensors ys = f(xs);
    require_outputs(ys);
    weights_ = random_like(ys, rng_);
    const Tensors gradients = tape_gradients(ys, weights_, xs, create_graph);
    gradients_.resize(inputs.size());
    for (size_t i = 0, k = 0; i < inputs.size(); ++i)
      if (is_checked(inputs[i])) gradients_[i] = gradients[k++];
  }

  void run() {
    NoGrad off;
    for (size_t i = 0; i < inputs_.size(); ++i)
      for (int d = 0; gradients_[i].defined() && d < options_.directions; ++d) check(i);
  }

 private:
  void require_outputs(const Tensors& ys) const {
    for (size_t k = 0; k < ys.size(); ++k)
      require<UsageError>(!ys[k].defined() || ys[k].dtype() != DType::f32,
                          "[{}] need outputs in f64, or of integers, got output {} in f32 {}", words_.caller, k,
                          ys[k].shape());
    require<UsageError>(std::any_of(ys.begin(), ys.end(), is_checked), "[{}] need at least one f64 output, got none",
                        words_.caller);
  }

  void check(size_t i) {
    const Tensor direction = random_normal(inputs_[i].shape(), 0, 1, rng_, DType::f64, inputs_[i].device());
    const double analytic = dot(gradients_[i], direction), numeric = slope(i, direction);
    if (agree(analytic, numeric)) return;
    const Shape& shape = inputs_[i].shape();
    const Entry worst = worst_entry(i);
    fail<Error>(
        "[{}] {} {}: the tape's gradient of entry {} is {:.10g}, measured {:.10g}; along a random direction {:.10g}, "
        "measured {:.10g}",
        words_.caller, words_.inputs[i], shape, place_of(static_cast<int64_t>(worst.element), shape), worst.analytic,
        worst.numeric, analytic, numeric);
  }

  bool agree(double a, double b) const {
    return std::abs(a - b) <= options_.absolute + options_.relative * std::max(std::abs(a), std::abs(b));
  }

  double value(size_t i, const Tensor& x) const {
    Tensors moved = inputs_;
    moved[i] = x;
    return weighted(f_(moved), weights_);
  }

  /// Returns the directional derivative along `direction` by central differences.
  double slope(size_t i, const Tensor& direction) const {
    const Tensor move = direction * options_.step;
    return (value(i, inputs_[i] + move) - value(i, inputs_[i] - move)) / (2 * options_.step);
  }

  struct Entry {
    size_t element;
    double analytic, numeric;
  };
  /// Returns the worst of the first thousand entries. A gradient that differs has at least one.
  Entry worst_entry(size_t i) const {
    const std::vector<double> gradient = gradients_[i].to_vector<double>();
    Entry worst{0, 0, 0};
    for (size_t e = 0; e < std::min<size_t>(gradient.size(), 1000); ++e) {
      std::vector<double> one(gradient.size(), 0.0);
      one[e] = 1;
      const double numeric = slope(i, Tensor::from(one, inputs_[i].shape(), inputs_[i].device()));
      const double distance = std::abs(numeric - gradient[e]);
      if (e == 0 || std::isnan(distance) || distance > std::abs(worst.numeric - worst.analytic))
        worst = {e, gradient[e], numeric};
      if (std::isnan(distance)) break;
    }
    return worst;
  }

  const Words& words_;
  const TensorsFunction& f_;
  const Tensors& inputs_;
  GradcheckOptions options_;
  Rng rng_;
  Tensors weights_, gradients_;
};

void require_checked(const char* caller, const Tensors& inputs) {
  for (size_t i = 0; i < inputs.size(); ++i)
    require<UsageError>(!inputs[i].defined() || inputs[i].dtype() != DType::f32,
                        "[{}] need inputs in f64, or of integers, got input {} in f32 {}", caller, i,
                        inputs[i].shape());
  require<UsageError>(std::any_of(inputs.begin(), inputs.end(), is_checked),
                      "[{}] need at least one f64 input, got none", caller);
}

/// Values of leaves for one call, which are put back.
class Moved {
 public:
  Moved(const std::vector<std::pair<std::string, Leaf*>>& leaves, std::span<const Tensor> values) {
    for (size_t k = 0; k < leaves.size(); ++k) {
      Leaf* const leaf = leaves[k].second;
      if (values[k].leaf() == leaf) continue;
      before_.emplace_back(leaf, leaf->value().clone());
      leaf->assign(values[k]);
    }
  }
  ~Moved() {
    for (const auto& [leaf, value] : before_) leaf->assign(value);
  }
  Moved(const Moved&) = delete;
  Moved& operator=(const Moved&) = delete;

 private:
  std::vector<std::pair<Leaf*, Tensor>> before_;
};

}  // namespace

std::vector<Tensor> CheckedFunction::fail_for(size_t inputs) {
  fail<UsageError>("[gradcheck] need a function of as many tensors as there are inputs, got one that does not take {}",
                   inputs);
}

void gradcheck(const CheckedFunction& f, const Tensors& inputs, const GradcheckOptions& options) {
  require_checked("gradcheck", inputs);
  const Words words = words_of("gradcheck", inputs, options);
  Check(words, f(), inputs, options).run();
}

void gradcheck(const CheckedFunction& function, const Tensors& inputs,
               const std::vector<std::pair<std::string, Leaf*>>& leaves, const GradcheckOptions& options) {
  Words words = words_of("gradcheck", inputs, options);
  Tensors all = inputs;
  for (const auto& [name, leaf] : leaves) {
    require<UsageError>(leaf->value().dtype() == DType::f64, "[gradcheck] need parameters in f64, got '{}' in {} {}",
                        name, leaf->value().dtype(), leaf->value().shape());
    words.inputs.push_back(fmt::format("parameter '{}'", name));
    all.push_back(leaf->tensor());
  }
  require_checked("gradcheck", all);
  const TensorsFunction f = [&](std::span<const Tensor> xs) {
    const Moved moved(leaves, xs.subspan(inputs.size()));
    return function()(xs.first(inputs.size()));
  };
  Check(words, f, all, options).run();
}

void gradgradcheck(const CheckedFunction& function, const Tensors& inputs, const GradcheckOptions& options) {
  require_checked("gradgradcheck", inputs);
  const TensorsFunction& f = function();
  // The gradient that create_graph records must be right itself.
  Words words = words_of("gradgradcheck, first order", inputs, options);
  Check(words, f, inputs, options, true).run();
  Rng rng(options.seed + 1);
  Tensors all = inputs;
  words.caller = "gradgradcheck";
  {
    NoGrad off;
    for (const Tensor& weight : random_like(f(inputs), rng)) {
      words.inputs.push_back(fmt::format("gradient of output {}", all.size() - inputs.size()));
      all.push_back(weight);
    }
  }
  // The gradient is a function of the inputs and of the outputs' weights. Where it is measured no tape is active, so it
  // makes its own.
  const auto gradient = [&](std::span<const Tensor> xs) {
    std::optional<Tape> own;
    const auto own_inputs = xs.first(inputs.size()), weights = xs.subspan(inputs.size());
    if (Tape::active()) return tape_gradients(f(own_inputs), weights, own_inputs, true);
    own.emplace();
    const Tensors known = watched(own_inputs);
    return tape_gradients(f(known), weights, known, true);
  };
  const TensorsFunction gradients = gradient;
  Check(words, gradients, all, options).run();
}

}  // namespace grus
