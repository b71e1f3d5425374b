#pragma once
// Settings are the numbers with names (lr, weight_decay, beta1, ...) of an optimizer's groups; state tensors are what
// it keeps for each parameter.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nn/parameter.h"

namespace grus::optim {

using nn::NamedTensors;
using nn::Parameters;

/// A domain says where a setting may lie: [0, inf), (0, inf) or [0, 1).
enum class Domain { not_negative, positive, fraction };

/// A setting is a hyper-parameter with a name; `value` holds for groups that do not give their own. A switch is 0 or 1.
struct Setting {
  std::string name;
  double value;
  Domain domain = Domain::not_negative;
};
/// Says whether the value lies in the setting's domain.
bool is_valid(const Setting& setting, double value);
/// Returns the domain as errors name it: "in [0, 1)".
const char* text_of(Domain domain);
/// Throws UsageError unless is_valid(setting, value).
void require_setting(const char* who, const Setting& setting, double value);
/// Returns the names as "lr, alpha, eps", or "none".
std::string names_of(const std::vector<Setting>& settings);
/// Returns the place of the setting called `name`. Throws UsageError that lists all names when there is none.
size_t find_setting(const char* who, const std::vector<Setting>& settings, std::string_view name);

/// A state tensor is kept for each parameter, and is 0 before its first step. A saved state calls it "NAME.PARAMETER".
struct StateTensor {
  using ShapeOf = Shape (*)(const Shape& value);
  /// `when` names a setting: the tensor is kept only while that is not 0. `shape` makes its shape from the value's;
  /// without it both shapes are one.
  StateTensor(const char* name, const char* when = "", ShapeOf shape = nullptr)
      : name(name), when(when), shape(shape) {}
  std::string name, when;
  ShapeOf shape;
};

/// A group is parameters with settings of their own; a setting that is absent is the optimizer's. `settings` are any by
/// name: {{"beta1", 0.95}}.
struct ParameterGroup {
  Parameters parameters;
  std::optional<double> lr = std::nullopt, weight_decay = std::nullopt;
  std::vector<std::pair<std::string, double>> settings = {};
};

/// A rule gives settings to the parameters whose names match a pattern with `*` and `?` ("encoder.*").
struct GroupRule {
  std::string pattern;
  std::optional<double> lr = std::nullopt, weight_decay = std::nullopt;
  std::vector<std::pair<std::string, double>> settings = {};
};
/// Returns a group for each rule, and one of what is left; a parameter goes to the first rule that it matches. Throws
/// UsageError when a rule matches nothing.
///   Adam(group_by_name(model.named_parameters(), {{.pattern = "encoder.*", .lr = 1e-4}}))
std::vector<ParameterGroup> group_by_name(const Parameters& parameters, const std::vector<GroupRule>& rules);

}  // namespace grus::optim
