#pragma once
// One step of one parameter, as Optimizer::update sees it and as a backend's kernel for the whole step sees it.
#include <span>

#include "core/device/kernels.h"
#include "optim/settings.h"

namespace grus::optim {

/// SettingsInForce gives the settings of one parameter by name; "lr" is the rate after the factor of a schedule.
class SettingsInForce {
 public:
  SettingsInForce(const char* who, const std::vector<Setting>& settings, std::span<const double> values, double lr)
      : who_(who), settings_(settings), values_(values), lr_(lr) {}
  /// Throws UsageError for a name that is not one of the optimizer's settings.
  double operator[](std::string_view name) const {
    return name == "lr" ? lr_ : values_[find_setting(who_, settings_, name)];
  }

 private:
  const char* who_;
  const std::vector<Setting>& settings_;
  std::span<const double> values_;
  double lr_;
};

/// A ParameterUpdate is a parameter as Optimizer::update sees it. What update() leaves in `value` and in state() is
/// written when it returns; when it throws, the parameter stays as it is. No tape records what it computes.
class ParameterUpdate {
 public:
  ParameterUpdate(const char* who, const std::vector<StateTensor>& kept, const std::vector<Tensor>& states,
                  const SettingsInForce& settings)
      : who_(who), kept_(kept), states_(states), settings_(settings) {}

  Tensor value;   // w, to be read and assigned
  Tensor grad;    // g, after clipping and scaling
  double lr = 0;  // the group's rate times the factor of a schedule
  int64_t t = 0;  // counts this parameter's steps: 1, 2, ...

  /// Returns the setting of the parameter's group: p["beta1"]. Throws UsageError for an unknown name.
  double operator[](std::string_view setting) const { return settings_[setting]; }
  /// Returns the state tensor of this name, to be read and assigned; it is 0 before the first step. Throws UsageError
  /// for an unknown name, and for a tensor that is not kept under the present settings.
  Tensor& state(std::string_view name);
  /// g += weight_decay w
  void add_decay();
  /// w *= 1 - lr weight_decay   (decoupled decay: Loshchilov and Hutter 2019)
  void shrink();

 private:
  friend class Optimizer;
  const char* who_;
  const std::vector<StateTensor>& kept_;
  std::vector<Tensor> states_;
  const SettingsInForce& settings_;
};

/// A FusedUpdate is a parameter as Optimizer::update_fused sees it: matrices that an entry of the backend's table
/// changes in place.
class FusedUpdate {
 public:
  FusedUpdate(const char* who, Device device, const std::vector<StateTensor>& kept, std::vector<Tensor>& states,
              const SettingsInForce& settings)
      : who_(who), device_(device), kept_(kept), states_(states), settings_(settings) {}

  UpdateArgs args{};    // filled in, but for the decays
  Tensor grad, factor;  // args.grad and args.factor; the factor is undefined where that is absent
  int64_t t = 0;

  const KernelTable& kernels() const { return device_.kernels(); }
  double operator[](std::string_view setting) const { return settings_[setting]; }
  /// Returns the state tensor of this name as one row, to be written; it is absent where it is not kept. Throws
  /// UsageError for an unknown name.
  Matrix state(std::string_view name);
  /// Calls an entry of kernels(), and returns whether the backend has it.
  template <class Args>
  bool run(Status (*entry)(Context*, const Args&), const Args& with) {
    if (entry) device_.check(entry(device_.context(), with), who_);
    return entry != nullptr;
  }

 private:
  const char* who_;
  const Device device_;
  const std::vector<StateTensor>& kept_;
  std::vector<Tensor>& states_;
  const SettingsInForce& settings_;
};

/// Returns a tensor's elements as one row (1, numel): flat to be read, write_flat to be written, which raises the
/// version.
Matrix flat(const Tensor& tensor);
Matrix write_flat(Tensor& tensor);

}  // namespace grus::optim
