// A module shows its values and takes others by state dict, summary and transfers.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/tensor/raw.h"
#include "nn/module.h"
#include "ops/math/elementwise.h"

namespace grus::nn {

namespace {

struct Target {
  std::string name;
  const Leaf* identity;  // null for a buffer
  Tensor value;
  std::function<void(const Tensor&)> assign, replace;
  const Tensor* found = nullptr;

  void set(bool take_over) const {
    const bool alike = found->dtype() == value.dtype() && found->device() == value.device();
    if (take_over && alike && Raw::owns_storage_alone(*found)) return replace(*found);
    assign(found->detach().to(value.device()).to(value.dtype()));
  }
};

// Notes a stored value that does not fit its place: another shape, another dtype, or tied names with different values.
void check_fit(Target& target, const Tensor& stored, std::map<const Leaf*, const Tensor*>& tied,
               std::vector<std::string>& misshapen) {
  target.found = &stored;
  const bool widened = is_narrow_float(stored.dtype()) && is_float(target.value.dtype());  // without loss
  if (stored.shape() != target.value.shape() || (stored.dtype() != target.value.dtype() && !widened)) {
    misshapen.push_back(fmt::format("{} (need {} {}, got {} {})", target.name, target.value.shape(),
                                    target.value.dtype(), stored.shape(), stored.dtype()));
  } else if (target.identity) {
    const auto [other, first] = tied.emplace(target.identity, &stored);
    if (!first && !Raw::shares_storage(stored, *other->second) && stored.to_bytes() != other->second->to_bytes())
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
  return load_values(state, strict, false);
}
LoadReport ModuleBase::load_state_dict(NamedTensors&& state, bool strict) { return load_values(state, strict, true); }

LoadReport ModuleBase::load_values(const NamedTensors& state, bool strict, bool take_over) {
  std::vector<Target> targets;
  for (const auto& entry : named_parameters(true)) {
    Parameter p = entry.parameter;
    targets.push_back({entry.name, p.identity(), p.value(), [p](const Tensor& t) mutable { p.assign(t); },
                       [p](const Tensor& t) mutable { p.leaf().replace(t); }});
  }
  visit_buffers([&targets](const std::string& name, Buffer& buffer) {
    targets.push_back({name, nullptr, buffer.value(), [b = &buffer](const Tensor& t) { b->assign(t); },
                       [b = &buffer](const Tensor& t) { b->replace(t); }});
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
                     list_names("missing", report.missing), list_names("unexpected", report.unexpected),
                     list_names("misshapen", misshapen));
  for (const Target& target : targets)
    if (target.found) target.set(take_over);
  return report;
}

void ModuleBase::replace_values(const std::function<Tensor(const Tensor&)>& made) {
  const Parameters parameters = named_parameters();
  std::vector<Tensor> values;  // all made before any is put in place, so that no model is left half-way
  for (const auto& [name, parameter] : parameters) values.push_back(made(parameter.value()));
  for (const auto& [name, value] : named_buffers()) values.push_back(made(value));
  size_t i = 0;
  for (const auto& [name, parameter] : parameters) parameter.leaf().replace(values[i++]);
  visit_buffers([&](const std::string&, Buffer& buffer) { buffer.replace(values[i++]); });
}

void ModuleBase::to(Device device) {
  replace_values([device](const Tensor& value) { return value.to(device); });
}

void ModuleBase::to(DType dtype) {
  require<DtypeError>(is_float(dtype), "[to] need f32 or f64, got {}", dtype);
  replace_values([dtype](const Tensor& value) { return is_float(value.dtype()) ? cast(value, dtype) : value; });
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
