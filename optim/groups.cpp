// Which parameter has which settings, by its name.
#include <algorithm>

#include "core/base/glob.h"
#include "optim/optimizer.h"

namespace grus::optim {

std::vector<ParameterGroup> group_by_name(const Parameters& parameters, const std::vector<GroupRule>& rules) {
  std::vector<ParameterGroup> groups(rules.size() + 1);
  for (size_t i = 0; i < rules.size(); ++i) {
    groups[i].lr = rules[i].lr;
    groups[i].weight_decay = rules[i].weight_decay;
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
