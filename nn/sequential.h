#pragma once
// Modules are called one after the other.
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "core/base/type_name.h"
#include "nn/module.h"
#include "ops/math/elementwise.h"

namespace grus::nn {

/// y = f_n(... f_2(f_1(x))), as of Sequential(Linear(4, 8), Tanh(), Linear(8, 1)). A stage is a module or a function
/// that takes one tensor and gives one. Modules are children "0", "1", ..., by their places, as PyTorch names them.
class Sequential : public Module<Sequential> {
 public:
  template <class... Stages>
  explicit Sequential(Stages... stages) {
    stages_.reserve(sizeof...(stages));
    (push_back(std::move(stages)), ...);
  }
  Sequential(const Sequential& other);
  Sequential(Sequential&&) noexcept = default;
  Sequential& operator=(Sequential&&) = default;

  Tensor forward(const Tensor& x) const;

  template <class F>
  void push_back(F stage) {
    static_assert(std::is_invocable_r_v<Tensor, const F&, const Tensor&>,
                  "a stage of Sequential takes one tensor and gives one, by a forward or call operator that is const");
    auto next = std::make_unique<StageOf<F>>(std::move(stage));
    if constexpr (std::is_base_of_v<ModuleBase, F>) this->link_child(std::to_string(size()), next->f);
    stages_.push_back(std::move(next));
  }
  size_t size() const { return stages_.size(); }
  /// Returns stage i as the type it has: at<Linear>(0).weight. Throws UsageError when there is none, or its type is
  /// another.
  template <class F>
  F& at(size_t i) {
    return const_cast<F&>(std::as_const(*this).at<F>(i));
  }
  template <class F>
  const F& at(size_t i) const {
    require<UsageError>(i < size(), "[Sequential] need one of {} stages, got stage {}", size(), i);
    const auto* found = dynamic_cast<const StageOf<F>*>(stages_[i].get());
    if (!found)
      fail<UsageError>("[Sequential] need a {} at stage {}, got a {}", type_name(typeid(F)), i,
                       type_name(stages_[i]->type()));
    return found->f;
  }

 private:
  struct Stage {
    virtual ~Stage() = default;
    virtual Tensor run(const Tensor& x) const = 0;
    virtual std::unique_ptr<Stage> copy() const = 0;
    virtual const std::type_info& type() const = 0;
  };
  template <class F>
  struct StageOf : Stage {
    explicit StageOf(F stage) : f(std::move(stage)) {}
    Tensor run(const Tensor& x) const override { return f(x); }
    std::unique_ptr<Stage> copy() const override { return std::unique_ptr<Stage>(new StageOf(*this)); }
    const std::type_info& type() const override { return typeid(F); }
    F f;
  };
  std::vector<std::unique_ptr<Stage>> stages_;
};

/// Elementwise is a function of one tensor as a module without parameters, for Sequential: Relu(), Tanh(), ...
template <Tensor (*function)(const Tensor&)>
class Elementwise : public Module<Elementwise<function>> {
 public:
  Tensor forward(const Tensor& x) const { return function(x); }
};
using Relu = Elementwise<relu>;
using Tanh = Elementwise<tanh>;
using Sigmoid = Elementwise<sigmoid>;
using Silu = Elementwise<silu>;
using Softplus = Elementwise<softplus>;

class Gelu : public Module<Gelu> {
 public:
  explicit Gelu(GeluForm kind = GeluForm::exact) : kind_(kind) {}
  Tensor forward(const Tensor& x) const { return gelu(x, kind_); }

 private:
  GeluForm kind_;
};

}  // namespace grus::nn
