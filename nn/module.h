#pragma once
// Modules: parameters with names, and the call that uses them.
//
//   class Linear : public Module<Linear> {
//    public:
//     Linear(int64_t in, int64_t out, Rng& rng) : weight(param("weight", uniform_fan_in({out, in}, rng))) {}
//     Tensor forward(const Tensor& x) const { return matmul(x, weight, Plain, Transposed); }
//     Parameter weight;
//   };
//   // in a parent:  first(child("first", Linear(4, 8, rng)))   ->  "first.weight"
//
// What a module registers lives in a shared ModuleNode, so that a module may be moved after its parent linked it. There
// is no virtual forward: signatures differ honestly.
#include <functional>
#include <optional>
#include <typeinfo>

#include "core/device/precision.h"
#include "core/tape/tape.h"
#include "core/tensor/random.h"
#include "nn/call_hook.h"
#include "nn/parameter.h"

namespace grus::nn {

/// A registered tensor that training does not touch: a running mean, a table. In the state dict, not in the parameters.
class Constant {
 public:
  operator Tensor() const { return value(); }
  const Tensor& value() const {
    require<UsageError>(tensor_ != nullptr, "[Constant] need a tensor, got one that was moved from");
    return *tensor_;
  }
  void assign(const Tensor& value);  // same shape and dtype
  void replace(const Tensor& value) { *tensor_ = value.detach(); }
  Constant(const Constant& other);
  Constant(Constant&&) noexcept = default;
  Constant& operator=(const Constant&) = delete;  // as a parameter: assign() copies values
  Constant& operator=(Constant&&) noexcept = default;

 private:
  friend struct ModuleNode;
  friend class ModuleBase;
  explicit Constant(const Tensor& value) : tensor_(std::make_shared<Tensor>(value.detach())) {}
  std::shared_ptr<Tensor> tensor_;
};

/// What one module registered.
struct ModuleNode {
  std::vector<NamedParameter> parameters;
  std::vector<std::pair<std::string, Constant>> buffers;
  std::vector<std::pair<std::string, std::shared_ptr<ModuleNode>>> children;
  std::vector<std::shared_ptr<const CallHook>> hooks;
  const char* path = "";  // interned: records may outlive the module
  bool training = true;
  bool registered = false;             // by a parent
  bool follows = false;                // its parent was copied: so is this one, next
  std::optional<Precision> precision;  // of its products, where they have one of their own
};

/// One call of a module on this thread: the module, its class, and the call whose forward made this one.
struct CallFrame {
  const ModuleNode& node;
  const std::type_info& type;
  const CallFrame* outer;
};

/// How loading went, when it was not strict.
struct LoadReport {
  std::vector<std::string> missing, unexpected;
};

class ModuleBase {
 public:
  /// Every parameter once, in order of registration, own before children's; with_aliases also lists further names of
  /// tied ones.
  Parameters named_parameters(bool with_aliases = false) const;
  NamedTensors named_buffers() const;
  /// (alias, first name) of each tied parameter.
  std::vector<std::pair<std::string, std::string>> aliases() const;
  /// Number of elements; tied parameters count once.
  int64_t parameter_count(bool trainable_only = false) const;
  std::vector<std::string> children_names() const;

  void train(bool on = true);
  void eval() { train(false); }
  /// Throws UsageError in the call of a module in evaluation to which this one, in training, does not belong: eval()
  /// did not reach it, because nobody registered it.
  bool is_training() const {
    const bool training = node().training;
    if (training) require_reached();
    return training;
  }

  /// The precision of the products in this module's calls, forward and backward, those of its children included but for
  /// children with one of their own; without a value, the caller's (core/device/precision.h). Not part of the state.
  void set_precision(std::optional<Precision> precision) { node().precision = precision; }

  /// Values (shared, not copied) of parameters, each once, then buffers.
  NamedTensors state_dict() const;
  /// Copies values in. Names of tied parameters may all be there (they must be equal) or one of them. Throws DataError
  /// that lists missing, unexpected and misshapen names; without `strict` only for misshapen ones. Nothing is changed
  /// when it throws.
  LoadReport load_state_dict(const NamedTensors& state, bool strict = true);

  /// A table: name, shape, count, notes (tied, frozen), and the totals.
  std::string summary() const;

  /// Moves all values, or none when it throws; gradients are dropped. Optimizers and averages follow at their next
  /// step.
  void to(Device device);
  /// The same with every f32 or f64 value as one of `dtype`, which is either.
  void to(DType dtype);
  void zero_grad();
  /// Sets requires_grad of parameters whose name matches the pattern ("encoder.*", `*` and `?`), returns how many there
  /// were. Throws UsageError when none matches.
  int set_requires_grad(bool on, std::string_view pattern = "*");
  int freeze(std::string_view pattern) { return set_requires_grad(false, pattern); }

  using Hook = std::shared_ptr<const CallHook>;
  /// Adds the hook to this module and all below it; remove_hook takes it away from there.
  Hook add_hook(CallHook hook);
  void remove_hook(const Hook& hook);
  const char* path() const { return node().path; }

 protected:
  ModuleBase() : node_(std::make_shared<ModuleNode>()) {}
  /// clone() makes a second module. Elsewhere a copy takes over what a module that no parent registered has, and the
  /// other one is as if moved from: that is what braced lists need, std::vector<Linear>{Linear(2, 3), Linear(3, 1)}.
  /// Throws UsageError for a registered one: two modules with the same parameters are made by tie().
  ModuleBase(const ModuleBase& other);
  ModuleBase(ModuleBase&&) noexcept = default;
  ModuleBase& operator=(const ModuleBase&) = delete;
  /// A child stays the child that its parent registered, with what the other module has: its parameters, children,
  /// hooks and mode. Optimizers and averages of the old ones say so at their next step.
  ModuleBase& operator=(ModuleBase&& other);
  ~ModuleBase() = default;

  /// For member initialisers. Throws UsageError when the name is taken or has a dot. An undefined tensor gives an
  /// absent parameter.
  Parameter param(const std::string& name, Tensor value);
  [[nodiscard]] Constant buffer(const std::string& name, const Tensor& value);
  template <class M>
  [[nodiscard]] M child(const std::string& name, M module) {
    link(name, module);
    return module;
  }
  /// Children of one type, named "NAME.0", "NAME.1", ...; see also ModuleList, which may grow.
  template <class M>
  [[nodiscard]] std::vector<M> child(const std::string& name, std::vector<M> modules) {
    link_all(name, {modules.begin(), modules.end()});
    return modules;
  }
  /// Links a module that is a member already.
  void link_child(const std::string& name, const ModuleBase& module) { link(name, module); }

  /// The scope of one call. Throws UsageError when a tape records, another module's forward makes the call, and nobody
  /// registered this one although it has something to train.
  class Call {
   public:
    Call(const ModuleNode& node, const std::type_info& type);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    /// Runs the hooks before forward; what they saw of the arguments, for `after`.
    template <class... Args>
    std::vector<Tensor> before(const Args&... args) const {
      std::vector<Tensor> inputs;
      if (!frame_.node.hooks.empty()) [[unlikely]] {
        (append_tensors(args, inputs), ...);
        run(&CallHook::before, inputs, {});
      }
      return inputs;
    }
    template <class... Result>
    void after(const std::vector<Tensor>& inputs, const Result&... result) const {
      if (frame_.node.hooks.empty()) [[likely]]
        return;
      std::vector<Tensor> outputs;
      (append_tensors(result, outputs), ...);
      run(&CallHook::after, inputs, outputs);
    }

   private:
    void run(std::function<void(const ModuleCall&)> CallHook::*when, const std::vector<Tensor>& inputs,
             const std::vector<Tensor>& outputs) const;

    const CallFrame frame_;
    const char* outer_scope_;
    std::optional<PrecisionScope> precision_;
  };
  /// The clone of a child is nobody's child.
  void become_root();
  /// Throws UsageError when the module was moved from.
  ModuleNode& node() const {
    if (!node_) [[unlikely]]
      fail_moved_from();
    return *node_;
  }

 private:
  [[noreturn]] static void fail_moved_from();
  void require_reached() const;
  void replace_values(const std::function<Tensor(const Tensor&)>& made);
  void visit_buffers(const std::function<void(const std::string&, Constant&)>& visit);
  void require_free(const std::string& name) const;
  void link(const std::string& name, const ModuleBase& module);
  void link_all(const std::string& name, const std::vector<std::reference_wrapper<const ModuleBase>>& modules);
  mutable std::shared_ptr<ModuleNode> node_;  // a copy takes it from its original
};

/// Base: ModuleBase, or a class on it that several modules share.
template <class Derived, class Base = ModuleBase>
class Module : public Base {
 public:
  /// Calls forward, with this module's path as the current scope, between its hooks. (Braced arguments need a type:
  /// `Options{...}`.)
  template <class... Args>
  decltype(auto) operator()(Args&&... args) const requires requires(const Derived& derived) {
    derived.forward(std::forward<Args>(args)...);
  }
  {
    const auto& derived = static_cast<const Derived&>(*this);
    using Result = decltype(derived.forward(std::forward<Args>(args)...));
    const typename Base::Call call(this->node(), typeid(Derived));
    const std::vector<Tensor> inputs = call.before(args...);
    if constexpr (std::is_void_v<Result>) {
      derived.forward(std::forward<Args>(args)...);
      call.after(inputs);
    } else {
      Result result = derived.forward(std::forward<Args>(args)...);
      call.after(inputs, result);
      return result;
    }
  }
  /// Says what is wrong with a forward that only a module that is not const could call.
  template <class... Args>
  void operator()(Args&&... args) const requires(
      !requires(const Derived& module) { module.forward(std::forward<Args>(args)...); } &&
      requires(Derived & module) { module.forward(std::forward<Args>(args)...); }) {
    constexpr bool is_const = requires(const Derived& module) { module.forward(std::forward<Args>(args)...); };
    static_assert(is_const, "a module's forward is const: Tensor forward(const Tensor& x) const");
  }

  /// A module of its own with equal values; ties inside it are kept, gradients are not copied.
  [[nodiscard]] Derived clone() const {
    const CloneScope scope;
    Derived copy(static_cast<const Derived&>(*this));
    copy.become_root();
    return copy;
  }

 protected:
  using Base::Base;
};

/// Children of one type, named "0", "1", ...
template <class M>
class ModuleList : public Module<ModuleList<M>> {
 public:
  ModuleList() = default;
  explicit ModuleList(std::vector<M> modules) {
    modules_.reserve(modules.size());
    for (M& module : modules) push_back(std::move(module));
  }
  M& push_back(M module) {
    this->link_child(std::to_string(modules_.size()), module);
    modules_.push_back(std::move(module));
    return modules_.back();
  }
  size_t size() const { return modules_.size(); }
  const M& operator[](size_t i) const { return modules_[i]; }
  M& operator[](size_t i) { return modules_[i]; }
  auto begin() const { return modules_.begin(); }
  auto end() const { return modules_.end(); }
  auto begin() { return modules_.begin(); }
  auto end() { return modules_.end(); }

 private:
  std::vector<M> modules_;
};

}  // namespace grus::nn
