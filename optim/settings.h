#pragma once
// What an optimizer is told by numbers with names (lr, weight_decay, beta1, ...), group by group, and what it keeps.
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

/// A setting is a hyper-parameter with a name; groups that do not say their own value have this one. A switch is 0
/// or 1.
struct Setting {
  std::string name;
  double value;
  Domain domain = Domain::not_negative;
};
/// Whether the value lies in the setting's domain.
bool is_valid(const Setting& setting, double value);
/// The domain as errors name it: "in [0, 1)".
const char* text_of(Domain domain);
/// Throws UsageError unless the value is_valid.
void require_setting(const char* who, const Setting& setting, double value);
/// Returns the names as "lr, alpha, eps", or "none".
std::string names_of(const std::vector<Setting>& settings);
/// Returns the place of the setting called `name`. Throws UsageError that lists all names when there is none.
size_t find_setting(const char* who, const std::vector<Setting>& settings, std::string_view name);

/// A state tensor is kept for each parameter, and is 0 before its first step. A saved state calls it "NAME.PARAMETER".
struct StateTensor {
  using ShapeOf = Shape (*)(const Shape& value);
  /// Where `when` names a setting, the tensor is kept only while that is not 0. `shape` makes its shape from the
  /// value's; without it both are the same.
  StateTensor(const char* name, const char* when = "", ShapeOf shape = nullptr)
      : name(name), when(when), shape(shape) {}
  std::string name, when;
  ShapeOf shape;
};

/// Parameters with settings of their own; what is absent is the optimizer's. `settings` are others by name:
/// {{"beta1", 0.95}}.
struct ParameterGroup {
  Parameters parameters;
  std::optional<double> lr = std::nullopt, weight_decay = std::nullopt;
  std::vector<std::pair<std::string, double>> settings = {};
};

/// Settings for the parameters whose names match a pattern ("encoder.*"; `*` and `?`).
struct GroupRule {
  std::string pattern;
  std::optional<double> lr = std::nullopt, weight_decay = std::nullopt;
  std::vector<std::pair<std::string, double>> settings = {};
};
/// One group a rule, and one of what is left; a parameter goes to the first rule that it matches. Throws UsageError
/// when a rule has nothing: Adam(group_by_name(model.named_parameters(), {{.pattern = "encoder.*", .lr = 1e-4}})).
std::vector<ParameterGroup> group_by_name(const Parameters& parameters, const std::vector<GroupRule>& rules);

}  // namespace grus::optim
