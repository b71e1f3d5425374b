#include "optim/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/glob.h"

namespace grus::optim {

bool is_valid(const Setting& setting, double value) {
  if (setting.domain == Domain::fraction) return value >= 0 && value < 1;
  return std::isfinite(value) && (setting.domain == Domain::positive ? value > 0 : value >= 0);
}

const char* text_of(Domain domain) {
  if (domain == Domain::fraction) return "in [0, 1)";
  return domain == Domain::positive ? "above 0" : "of at least 0";
}

void require_setting(const char* who, const Setting& setting, double value) {
  require<UsageError>(is_valid(setting, value), "[{}] need {} {}, got {}", who, setting.name, text_of(setting.domain),
                      value);
}

size_t find_setting(const char* who, const std::vector<Setting>& settings, std::string_view name) {
  const auto found =
      std::find_if(settings.begin(), settings.end(), [name](const Setting& s) { return s.name == name; });
  if (found != settings.end()) return static_cast<size_t>(found - settings.begin());
  fail<UsageError>("[{}] need one of its settings ({}), got '{}'", who, names_of(settings), name);
}

std::string names_of(const std::vector<Setting>& settings) {
  std::string names;
  for (const Setting& setting : settings) names += (names.empty() ? "" : ", ") + setting.name;
  return names.empty() ? "none" : names;
}

std::vector<ParameterGroup> group_by_name(const Parameters& parameters, const std::vector<GroupRule>& rules) {
  std::vector<ParameterGroup> groups(rules.size() + 1);
  for (size_t i = 0; i < rules.size(); ++i) {
    groups[i].lr = rules[i].lr;
    groups[i].weight_decay = rules[i].weight_decay;
    groups[i].settings = rules[i].settings;
  }
  for (const nn::NamedParameter& parameter : parameters) {
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const GroupRule& r) { return glob_match(r.pattern, parameter.name); });
    groups[static_cast<size_t>(rule - rules.begin())].parameters.push_back(parameter);
  }
  for (size_t i = 0; i < rules.size(); ++i)
    require<UsageError>(!groups[i].parameters.empty(),
                        "[group_by_name] need a pattern that matches a parameter no earlier one took, got '{}'",
                        rules[i].pattern);
  if (groups.back().parameters.empty()) groups.pop_back();
  return groups;
}

}  // namespace grus::optim
