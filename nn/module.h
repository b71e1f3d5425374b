#pragma once
// A module is parameters with names, and the call that uses them.
//
//   class Linear : public Module<Linear> {
//    public:
//     Linear(int64_t in, int64_t out, Rng& rng) : weight(param("weight", uniform_fan_in({out, in}, rng))) {}
//     Tensor forward(const Tensor& x) const { return matmul(x, weight, {.transpose_b = true}); }
//     Parameter weight;
//   };
//   // in a parent:  first(child("first", Linear(4, 8, rng)))   ->  "first.weight"
//
// What a module registers lives in a shared ModuleNode, so that a module may be moved after its parent linked it.
// forward is not virtual, as its arguments differ from module to module.
// Sources: module.cpp, call.cpp, state.cpp.
#include <functional>
#include <optional>
#include <typeinfo>

#include "core/device/precision.h"
#include "core/tape/tape.h"
#include "core/tensor/random.h"
#include "nn/call_hook.h"
#include "nn/parameter.h"

namespace grus::nn {

/// A registered tensor that training does not touch, as a running mean or a table. It is in the state dict and not
/// among the parameters.
class Buffer {
 public:
  operator Tensor() const { return value(); }
  const Tensor& value() const {
    require<UsageError>(tensor_ != nullptr, "[Buffer] need a tensor, got one that was moved from");
    return *tensor_;
  }
  void assign(const Tensor& value);  // throws ShapeError unless shape and dtype are equal
  void replace(const Tensor& value) { *tensor_ = value.detach(); }
  Buffer(const Buffer& other);
  Buffer(Buffer&&) noexcept = default;
  Buffer& operator=(const Buffer&) = delete;  // as a parameter: assign() copies values
  Buffer& operator=(Buffer&&) noexcept = default;

 private:
  friend struct ModuleNode;
  friend class ModuleBase;
  explicit Buffer(const Tensor& value) : tensor_(std::make_shared<Tensor>(value.detach())) {}
  std::shared_ptr<Tensor> tensor_;
};

/// A ModuleNode holds what one module registered.
struct ModuleNode {
  /// A part has no name. What it registered stands among its owner's, after so many of each.
  struct Part {
    size_t parameters, buffers, children;
    std::shared_ptr<ModuleNode> node;
  };
  std::vector<NamedParameter> parameters;
  std::vector<std::pair<std::string, Buffer>> buffers;
  std::vector<std::pair<std::string, std::shared_ptr<ModuleNode>>> children;
  std::vector<Part> parts;
  std::vector<std::shared_ptr<const CallHook>> hooks;
  const char* path = "";  // interned: records may outlive the module
  bool training = true;
  bool registered = false;             // whether a parent registered it
  bool follows = false;                // its parent was copied, so it is copied next
  std::optional<Precision> precision;  // precision of its products, or none to take the caller's
  std::string convention;              // what files of its weights say beside the numbers; empty where names say all
};

/// Calls visit(node) for the node and all below it, parts included.
void each_node(ModuleNode& node, const std::function<void(ModuleNode&)>& visit);

/// A CallFrame is one call of a module on this thread: the module, its class, and the call whose forward made this one.
struct CallFrame {
  const ModuleNode& node;
  const std::type_info& type;
  const CallFrame* outer;
};

/// A LoadReport tells how loading went when it was not strict.
struct LoadReport {
  std::vector<std::string> missing, unexpected;
};

class ModuleBase {
 public:
  /// Returns every parameter once, in order of registration, own before children's. with_aliases also lists further
  /// names of tied ones.
  Parameters named_parameters(bool with_aliases = false) const;
  NamedTensors named_buffers() const;
  /// Returns (alias, first name) of each tied parameter.
  std::vector<std::pair<std::string, std::string>> aliases() const;
  /// Returns the number of elements of all parameters; tied ones count once.
  int64_t parameter_count(bool trainable_only = false) const;
  std::vector<std::string> children_names() const;
  /// Returns (path, convention) of each module whose weights have several readings (GRUs).
  std::vector<std::pair<std::string, std::string>> conventions() const;

  void train(bool on = true);
  void eval() { train(false); }
  /// Says whether the module is in training. Throws UsageError in the call of a module in evaluation to which this one,
  /// in training, does not belong: eval() did not reach it, because nobody registered it.
  bool is_training() const {
    const bool training = node().training;
    if (training) require_reached();
    return training;
  }

  /// Sets the precision of products in this module's calls, forward and backward, and in its children's but for
  /// children with one of their own. Without a value it is the caller's (core/device/precision.h). It is not part of
  /// the state.
  void set_precision(std::optional<Precision> precision) { node().precision = precision; }

  /// Returns the values of parameters, each once, then of buffers. They share memory with the module.
  NamedTensors state_dict() const;
  /// Copies values in. A tied parameter may come under one of its names or under all, with equal values. Throws
  /// DataError that lists missing, unexpected and misshapen names; without `strict` only misshapen ones are an error.
  /// Nothing is changed when it throws.
  LoadReport load_state_dict(const NamedTensors& state, bool strict = true);
  /// Takes values over where nobody else has their memory and they are as the module's, and copies the others.
  LoadReport load_state_dict(NamedTensors&& state, bool strict = true);

  /// Returns a table of name, shape, count and notes (tied, frozen), with totals.
  std::string summary() const;

  /// Moves all values, or none when it throws; gradients are dropped. Optimizers and averages follow at their next
  /// step.
  void to(Device device);
  /// Casts every f32 or f64 value to `dtype`, or none when it throws; gradients are dropped. Throws DtypeError unless
  /// dtype is f32 or f64. Optimizers and averages follow at their next step.
  void to(DType dtype);
  void zero_grad();
  /// Sets requires_grad of parameters whose name matches the pattern ("encoder.*", with `*` and `?`). Returns the
  /// number of names that match. Throws UsageError when none does.
  int set_requires_grad(bool on, std::string_view pattern = "*");
  int freeze(std::string_view pattern) { return set_requires_grad(false, pattern); }

  using Hook = std::shared_ptr<const CallHook>;
  /// Adds the hook to this module and all below it. remove_hook takes it away from all of them.
  Hook add_hook(CallHook hook);
  void remove_hook(const Hook& hook);
  const char* path() const { return node().path; }

 protected:
  ModuleBase() : node_(std::make_shared<ModuleNode>()) {}
  /// Copies within clone(). Elsewhere the copy takes over all that the other module has, which is left as if moved
  /// from: braced lists need that, std::vector<Linear>{Linear(2, 3), Linear(3, 1)}. Throws UsageError for a module that
  /// a parent registered; tie() makes two modules with the same parameters.
  ModuleBase(const ModuleBase& other);
  ModuleBase(ModuleBase&&) noexcept = default;
  ModuleBase& operator=(const ModuleBase&) = delete;
  /// Takes over the other module's parameters, children, hooks and mode. A child stays the child that its parent
  /// registered. Optimizers and averages of the old parameters throw at their next step.
  ModuleBase& operator=(ModuleBase&& other);  // NOLINT(performance-noexcept-move-constructor)
  ~ModuleBase() = default;

  /// Registers a parameter in a member initialiser. Throws UsageError when the name is taken or has a dot. An undefined
  /// tensor gives an absent parameter.
  Parameter param(const std::string& name, Tensor value);
  [[nodiscard]] Buffer buffer(const std::string& name, const Tensor& value);
  template <class M>
  [[nodiscard]] M child(const std::string& name, M module) {
    link(name, module);
    return module;
  }
  /// Registers children of one type as "NAME.0", "NAME.1", ... A ModuleList may grow later.
  template <class M>
  [[nodiscard]] std::vector<M> child(const std::string& name, std::vector<M> modules) {
    link_all(name, {modules.begin(), modules.end()});
    return modules;
  }
  /// Registers a child without a name: what it registered has the names of this module's own, "query.weight" for
  /// "attention.query.weight", in its place among them. A model that is cut into modules keeps its files' names so.
  /// Throws UsageError when one of the names is taken.
  template <class M>
  [[nodiscard]] M part(M module) {
    link_part(module);
    return module;
  }
  /// Says by which equations the weights are meant, where names and shapes do not tell. save_weights writes it into the
  /// file, and load_weights refuses a file that says something else.
  void set_convention(std::string convention) { node().convention = std::move(convention); }
  /// Links a module that is a member already.
  void link_child(const std::string& name, const ModuleBase& module) { link(name, module); }

  /// A Call is the scope of one call. Throws UsageError when a tape records, another module's forward makes the call,
  /// and nobody registered this module although it has something to train.
  class Call {
   public:
    Call(const ModuleNode& node, const std::type_info& type);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    /// Runs the hooks before forward. Returns what they saw of the arguments, for `after`.
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
  /// Makes this module a root: the clone of a child is nobody's child.
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
  LoadReport load_values(const NamedTensors& state, bool strict, bool take_over);
  void visit_buffers(const std::function<void(const std::string&, Buffer&)>& visit);
  void require_free(const std::string& name) const;
  void link(const std::string& name, const ModuleBase& module);
  void link_part(const ModuleBase& module);
  void link_all(const std::string& name, const std::vector<std::reference_wrapper<const ModuleBase>>& modules);
  mutable std::shared_ptr<ModuleNode> node_;  // a copy takes it from its original
};

/// Module<Derived> is the base of a module. `Base` is ModuleBase, or a class on it that several modules share.
template <class Derived, class Base = ModuleBase>
class Module : public Base {
 public:
  /// Calls forward, with this module's path as the current scope, between its hooks. Braced arguments need a type, as
  /// `Options{...}`. Self makes clang 14 check the constraint at the call, when Derived is whole.
  template <class... Args, class Self = Derived>
  decltype(auto) operator()(Args&&... args) const requires requires(const Self& derived) {
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
  template <class... Args, class Self = Derived>
  void operator()(Args&&... args) const requires(
      !requires(const Self& module) { module.forward(std::forward<Args>(args)...); } &&
      requires(Self & module) { module.forward(std::forward<Args>(args)...); }) {
    constexpr bool is_const = requires(const Derived& module) { module.forward(std::forward<Args>(args)...); };
    static_assert(is_const, "a module's forward is const: Tensor forward(const Tensor& x) const");
  }

  /// Returns a module of its own with equal values. Ties inside it are kept, gradients are not copied.
  [[nodiscard]] Derived clone() const {
    const CloneScope scope;
    Derived copy(static_cast<const Derived&>(*this));
    copy.become_root();
    return copy;
  }

 protected:
  using Base::Base;
};

/// A ModuleList is children of one type, named "0", "1", ...
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
