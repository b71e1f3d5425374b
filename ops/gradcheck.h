#pragma once
// Gradients are checked in f64 against central differences along random directions. The outputs are weighted by random
// numbers, as a plain sum is blind to softmax.
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/tensor/leaf.h"

namespace grus {

struct GradcheckOptions {
  double step = 1e-5;
  double relative = 1e-6, absolute = 1e-7;  // |analytic - numeric| <= absolute + relative * max(|analytic|, |numeric|)
  int directions = 2;
  uint64_t seed = 1;
  std::vector<std::string> names = {};  // names of the inputs, for messages
};

using TensorFunction = std::function<Tensor(std::span<const Tensor>)>;
using TensorsFunction = std::function<std::vector<Tensor>(std::span<const Tensor>)>;

/// A CheckedFunction stands for any function of tensors during the call that it is given to. The function takes as many
/// tensors as there are inputs, as [](const Tensor& a, const Tensor& b) { return a * b; } or a module does, or a span
/// of them all. It returns a tensor or a vector of them.
class CheckedFunction {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, CheckedFunction>) CheckedFunction(const F& f)
      : call_([&f](std::span<const Tensor> xs) { return call(f, xs); }) {}
  const TensorsFunction& operator()() const { return call_; }

 private:
  static constexpr size_t most_inputs = 12;  // most inputs that a function may take one by one
  [[noreturn]] static std::vector<Tensor> fail_for(size_t inputs);
  static std::vector<Tensor> as_many(Tensor y) { return {std::move(y)}; }
  static std::vector<Tensor> as_many(std::vector<Tensor> ys) { return ys; }

  template <class F>
  static std::vector<Tensor> call(const F& f, std::span<const Tensor> xs) {
    if constexpr (requires { &F::operator(); })  // none of a generic function, of which nobody knows what it takes
      if constexpr (std::is_invocable_v<const F&>) return xs.empty() ? as_many(f()) : fail_for(xs.size());
    constexpr bool takes_one = std::is_invocable_v<const F&, const Tensor&>;
    if constexpr (!takes_one && std::is_invocable_v<const F&, std::span<const Tensor>>) return as_many(f(xs));
    else return spread<F, 1>(f, xs);
  }
  /// Returns f(xs[0], ..., xs[m - 1]), where m = xs.size() is at least n.
  template <class F, size_t n>
  static std::vector<Tensor> spread(const F& f, std::span<const Tensor> xs) {
    if (xs.size() == n) return [&]<size_t... i>(std::index_sequence<i...>)->std::vector<Tensor> {
        if constexpr (std::is_invocable_v<const F&, decltype(xs[i])...>) return as_many(f(xs[i]...));
        else fail_for(n);
      }
    (std::make_index_sequence<n>());
    if constexpr (n < most_inputs) return spread<F, n + 1>(f, xs);
    else fail_for(xs.size());
  }
  TensorsFunction call_;
};

/// Throws Error, naming the input, its worst entry and both values, when the tape's gradient of f differs from the
/// numeric one. Inputs and outputs of integers are handed through; f32, which nothing could check, is a UsageError. f
/// must be deterministic and smooth near the inputs. nn/gradcheck.h checks a module.
void gradcheck(const CheckedFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
/// Checks, besides, the f64 leaves, each under its name, that f uses beside its inputs; their values move meanwhile.
void gradcheck(const CheckedFunction& f, const std::vector<Tensor>& inputs,
               const std::vector<std::pair<std::string, Leaf*>>& leaves, const GradcheckOptions& options = {});
/// Checks the gradient that create_graph records, and that gradient's own gradient with respect to the inputs and to
/// the gradients of the outputs. Throws as gradcheck does.
void gradgradcheck(const CheckedFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

}  // namespace grus
