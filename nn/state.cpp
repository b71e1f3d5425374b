// What a module shows and takes of its values: state dict, summary, transfers.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/printable.h"
#include "nn/module.h"
#include "ops/elementwise.h"

namespace grus::nn {

namespace {

struct Target {
  std::string name;
  const Leaf* identity;  // null: a buffer
  Tensor value;
  std::function<void(const Tensor&)> assign;
  const Tensor* found = nullptr;
};

std::string list(const char* title, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  const size_t shown = std::min<size_t>(names.size(), 20);
  std::string text = fmt::format("; {}: ", title);
  for (size_t n = 0; n < shown; ++n) text += fmt::format("{}{}", n ? ", " : "", Shown{names[n]});
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

// Problems of one stored value with its place: another shape, another dtype, or tied names with different values.
void check_fit(Target& target, const Tensor& stored, std::map<const Leaf*, const Tensor*>& tied,
               std::vector<std::string>& misshapen) {
  target.found = &stored;
  if (stored.shape() != target.value.shape() || stored.dtype() != target.value.dtype()) {
    misshapen.push_back(fmt::format("{} (need {} {}, got {} {})", target.name, target.value.shape(),
                                    target.value.dtype(), stored.shape(), stored.dtype()));
  } else if (target.identity) {
    const auto [other, first] = tied.emplace(target.identity, &stored);
    if (!first && !stored.shares_storage(*other->second) && stored.to_bytes() != other->second->to_bytes())
      misshapen.push_back(fmt::format("{} (need the value of the name it is tied to, got another)", target.name));
  }
}

std::string spaces(size_t count) { return std::string(count, ' '); }

std::string with_commas(int64_t count) {
  std::string digits = fmt::format("{}", count);
  for (size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, 1, ',');
  return digits;
}

}  // namespace

NamedTensors ModuleBase::state_dict() const {
  NamedTensors state;
  for (const auto& [name, parameter] : named_parameters()) state.push_back({name, parameter.value().detach()});
  for (NamedTensor& buffer : named_buffers()) state.push_back(std::move(buffer));
  return state;
}

LoadReport ModuleBase::load_state_dict(const NamedTensors& state, bool strict) {
  std::vector<Target> targets;
  for (const auto& entry : named_parameters(true)) {
    Parameter p = entry.parameter;
    targets.push_back({entry.name, p.identity(), p.value(), [p](const Tensor& t) mutable { p.assign(t); }});
  }
  visit_buffers([&targets](const std::string& name, Constant& constant) {
    targets.push_back({name, nullptr, constant.value(), [c = &constant](const Tensor& t) { c->assign(t); }});
  });

  LoadReport report;
  std::vector<std::string> misshapen;
  std::map<const Leaf*, const Tensor*> tied;
  for (const NamedTensor& entry : state) {
    const auto target =
        std::find_if(targets.begin(), targets.end(), [&](const Target& t) { return t.name == entry.name; });
    if (target == targets.end()) report.unexpected.push_back(entry.name);
    else check_fit(*target, entry.tensor, tied, misshapen);
  }
  for (const Target& target : targets)
    if (!target.found && !(target.identity && tied.contains(target.identity))) report.missing.push_back(target.name);
  const bool bad = !misshapen.empty() || (strict && !(report.missing.empty() && report.unexpected.empty()));
  require<DataError>(!bad, "[load_state_dict] need the names, shapes and dtypes of this module{}{}{}",
                     list("missing", report.missing), list("unexpected", report.unexpected),
                     list("misshapen", misshapen));
  for (const Target& target : targets)
    if (target.found) target.assign(target.found->to(target.value.device()));
  return report;
}

void ModuleBase::to(Device device) {
  for (const auto& [name, parameter] : named_parameters()) parameter.leaf().replace(parameter.value().to(device));
  visit_buffers([device](const std::string&, Constant& constant) { constant.replace(constant.value().to(device)); });
}

void ModuleBase::to(DType dtype) {
  const NoGrad constant_values;
  std::map<const Leaf*, Ref<Leaf>> converted;
  for (const auto& [name, parameter] : named_parameters(true)) {
    if (converted.contains(parameter.identity())) continue;
    Ref<Leaf> leaf = Leaf::create(cast(parameter.value(), dtype));
    leaf->requires_grad = parameter.requires_grad();
    converted.emplace(parameter.identity(), std::move(leaf));
  }
  for (const auto& [name, parameter] : named_parameters(true))
    parameter.replace_leaf(converted.at(parameter.identity()));
  visit_buffers([dtype](const std::string&, Constant& constant) {
    if (is_float(constant.value().dtype())) constant.replace(cast(constant.value(), dtype));
  });
}

std::string ModuleBase::summary() const {
  struct Row {
    std::string name, shape, count, note;
  };
  std::vector<Row> rows{{"name", "shape", "count", ""}};
  std::map<std::string, std::string> first_name;
  for (const auto& [alias, first] : aliases()) first_name[alias] = first;
  for (const auto& [name, p] : named_parameters(true)) {
    const auto tied = first_name.find(name);
    if (tied != first_name.end()) rows.push_back({name, to_string(p.shape()), "-", "tied to " + tied->second});
    else rows.push_back({name, to_string(p.shape()), with_commas(p.numel()), p.requires_grad() ? "" : "frozen"});
  }
  for (const auto& [name, value] : named_buffers()) rows.push_back({name, to_string(value.shape()), "-", "buffer"});
  rows.push_back({"total", "", with_commas(parameter_count()), ""});
  const int64_t trainable = parameter_count(true);
  if (trainable != parameter_count()) rows.push_back({"trainable", "", with_commas(trainable), ""});

  size_t widths[3] = {0, 0, 0};
  for (const Row& row : rows) {
    widths[0] = std::max(widths[0], row.name.size());
    widths[1] = std::max(widths[1], row.shape.size());
    widths[2] = std::max(widths[2], row.count.size());
  }
  std::string table;
  for (const Row& row : rows) {
    table += row.name + spaces(widths[0] - row.name.size() + 2) + row.shape + spaces(widths[1] - row.shape.size() + 2) +
             spaces(widths[2] - row.count.size()) + row.count;
    table += row.note.empty() ? "\n" : fmt::format("  {}\n", row.note);
  }
  return table;
}

}  // namespace grus::nn
