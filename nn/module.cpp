#include "nn/module.h"

#include <mutex>
#include <set>

#include "core/base/glob.h"

namespace grus::nn {

namespace {

// Returns a path that outlives modules, because a tape's records keep it.
const char* intern(const std::string& path) {
  static std::mutex mutex;
  static std::set<std::string> paths;
  const std::lock_guard lock(mutex);
  return paths.insert(path).first->c_str();
}

std::string join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : fmt::format("{}.{}", prefix, name);
}

void set_paths(ModuleNode& node, const std::string& path) {
  node.path = intern(path);
  for (ModuleNode::Part& part : node.parts) set_paths(*part.node, path);
  for (auto& [name, child] : node.children) set_paths(*child, join(path, name));
}

// Visits one list of a node, parameters or buffers or children, with those of its parts in their places.
template <class Entry, class Visit>
void each_own(ModuleNode& node, std::vector<Entry> ModuleNode::*list, size_t ModuleNode::Part::*place,
              const Visit& visit) {
  size_t i = 0;
  for (ModuleNode::Part& part : node.parts) {
    for (; i < part.*place; ++i) visit((node.*list)[i]);
    each_own(*part.node, list, place, visit);
  }
  for (; i < (node.*list).size(); ++i) visit((node.*list)[i]);
}
template <class Visit>
void each_parameter(ModuleNode& node, const Visit& visit) {
  each_own(node, &ModuleNode::parameters, &ModuleNode::Part::parameters, visit);
}
template <class Visit>
void each_buffer(ModuleNode& node, const Visit& visit) {
  each_own(node, &ModuleNode::buffers, &ModuleNode::Part::buffers, visit);
}
template <class Visit>
void each_child(ModuleNode& node, const Visit& visit) {
  each_own(node, &ModuleNode::children, &ModuleNode::Part::children, visit);
}

// Calls visit(prefix, node) for the node and its named children at every depth, parents first.
template <class Visit>
void walk(const std::string& prefix, ModuleNode& node, const Visit& visit) {
  visit(prefix, node);
  each_child(node, [&](auto& child) { walk(join(prefix, child.first), *child.second, visit); });
}

std::shared_ptr<ModuleNode> clone_node(CloneScope& scope, const std::shared_ptr<ModuleNode>& node) {
  return scope.copy_of(node, [&scope](const ModuleNode& original) {
    auto copy = std::make_shared<ModuleNode>(original);  // copies parameters and buffers under the scope
    for (auto& [name, child] : copy->children) child = clone_node(scope, child);
    for (ModuleNode::Part& part : copy->parts) part.node = clone_node(scope, part.node);
    return copy;
  });
}

}  // namespace

void each_node(ModuleNode& node, const std::function<void(ModuleNode&)>& visit) {
  visit(node);
  for (ModuleNode::Part& part : node.parts) each_node(*part.node, visit);
  for (auto& [name, child] : node.children) each_node(*child, visit);
}

Buffer::Buffer(const Buffer& other) : tensor_(other.tensor_) {
  if (CloneScope* scope = CloneScope::active())
    tensor_ =
        scope->copy_of(other.tensor_, [](const Tensor& t) { return std::make_shared<Tensor>(t.detach().clone()); });
}

void Buffer::assign(const Tensor& value) {
  require(value.shape() == tensor_->shape() && value.dtype() == tensor_->dtype(),
          "[Buffer] need a value of {} {}, got {} {}", tensor_->shape(), tensor_->dtype(), value.shape(),
          value.dtype());
  *tensor_ = value.detach().clone();
}

ModuleBase::ModuleBase(const ModuleBase& other) {
  ModuleNode& node = other.node();
  if (CloneScope* scope = CloneScope::active()) {
    node_ = clone_node(*scope, other.node_);
    return;
  }
  require<UsageError>(!node.registered || node.follows,
                      "[Module] need clone() or std::move, got a plain copy of module '{}'", node.path);
  if (!node.registered) each_node(node, [](ModuleNode& below) { below.follows = true; });
  node.follows = false;
  node_ = std::move(other.node_);
}

void ModuleBase::fail_moved_from() {
  fail<UsageError>("[Module] need a module, got one that was moved from, or copied without clone()");
}

ModuleBase& ModuleBase::operator=(ModuleBase&& other) {
  if (this == &other) return *this;
  other.node();
  if (node_) {
    for (const NamedParameter& entry : node_->parameters) entry.parameter.slot_->place = Parameter::Place::replaced;
    // Each child and part is assigned next.
    for (const auto& [name, child] : node_->children) child->registered = false;
    for (const ModuleNode::Part& part : node_->parts) part.node->registered = false;
  }
  if (!node_ || !node_->registered) {
    node_ = std::move(other.node_);
    return *this;
  }
  const char* const path = node_->path;
  *node_ = std::exchange(*other.node_, ModuleNode());
  other.node_.reset();
  node_->registered = true;
  set_paths(*node_, path);
  return *this;
}

void ModuleBase::become_root() {
  node().registered = false;
  set_paths(node(), "");
}

void ModuleBase::require_free(const std::string& name) const {
  require<UsageError>(!name.empty() && name.find('.') == std::string::npos,
                      "[Module] need a name without dots, got '{}'", name);
  bool taken = false;
  each_parameter(node(), [&](const NamedParameter& p) { taken |= p.name == name; });
  each_buffer(*node_, [&](const auto& b) { taken |= b.first == name; });
  each_child(*node_, [&](const auto& c) { taken |= c.first == name; });
  require<UsageError>(!taken, "[Module] need a new name, got '{}' twice", name);
}

Parameter ModuleBase::param(const std::string& name, Tensor value) {
  require_free(name);
  if (!value.defined()) return Parameter();
  Parameter parameter(std::move(value));
  parameter.slot_->place = Parameter::Place::registered;
  parameter.member_ = true;
  node_->parameters.emplace_back(name, parameter);
  return parameter;
}

Buffer ModuleBase::buffer(const std::string& name, const Tensor& value) {
  require_free(name);
  Buffer buffer(value);
  node_->buffers.emplace_back(name, buffer);
  return buffer;
}

void ModuleBase::link(const std::string& name, const ModuleBase& module) {
  require_free(name);
  module.node().registered = true;
  node_->children.emplace_back(name, module.node_);
  set_paths(*module.node_, join(node_->path, name));
}

void ModuleBase::link_part(const ModuleBase& module) {
  ModuleNode& part = module.node();
  each_parameter(part, [this](const NamedParameter& p) { require_free(p.name); });
  each_buffer(part, [this](const auto& b) { require_free(b.first); });
  each_child(part, [this](const auto& c) { require_free(c.first); });
  part.registered = true;
  node_->parts.push_back({node_->parameters.size(), node_->buffers.size(), node_->children.size(), module.node_});
  set_paths(part, node_->path);
}

void ModuleBase::link_all(const std::string& name,
                          const std::vector<std::reference_wrapper<const ModuleBase>>& modules) {
  ModuleBase list;
  link(name, list);
  for (size_t i = 0; i < modules.size(); ++i) list.link(std::to_string(i), modules[i]);
}

Parameters ModuleBase::named_parameters(bool with_aliases) const {
  Parameters all;
  std::set<const Leaf*> seen;
  walk("", node(), [&](const std::string& prefix, ModuleNode& node) {
    each_parameter(node, [&](const NamedParameter& p) {
      if (seen.insert(p.parameter.identity()).second || with_aliases)
        all.push_back({join(prefix, p.name), p.parameter});
    });
  });
  return all;
}

std::vector<std::pair<std::string, std::string>> ModuleBase::conventions() const {
  std::vector<std::pair<std::string, std::string>> all;
  each_node(node(), [&all](const ModuleNode& below) {
    if (!below.convention.empty()) all.emplace_back(below.path, below.convention);
  });
  return all;
}

std::vector<std::pair<std::string, std::string>> ModuleBase::aliases() const {
  std::vector<std::pair<std::string, std::string>> pairs;
  const Parameters first = named_parameters();
  for (const auto& [name, parameter] : named_parameters(true))
    for (const auto& [first_name, other] : first)
      if (parameter.identity() == other.identity() && name != first_name) pairs.emplace_back(name, first_name);
  return pairs;
}

NamedTensors ModuleBase::named_buffers() const {
  NamedTensors all;
  walk("", node(), [&](const std::string& prefix, ModuleNode& node) {
    each_buffer(node, [&](const auto& b) { all.push_back({join(prefix, b.first), b.second.value()}); });
  });
  return all;
}

int64_t ModuleBase::parameter_count(bool trainable_only) const {
  int64_t count = 0;
  for (const auto& [name, parameter] : named_parameters())
    if (parameter.requires_grad() || !trainable_only) count += parameter.numel();
  return count;
}

std::vector<std::string> ModuleBase::children_names() const {
  std::vector<std::string> names;
  each_child(node(), [&](const auto& c) { names.push_back(c.first); });
  return names;
}

void ModuleBase::visit_buffers(const std::function<void(const std::string&, Buffer&)>& visit) {
  walk("", node(), [&](const std::string& prefix, ModuleNode& node) {
    each_buffer(node, [&](auto& b) { visit(join(prefix, b.first), b.second); });
  });
}

void ModuleBase::train(bool on) {
  each_node(node(), [on](ModuleNode& node) { node.training = on; });
}

void ModuleBase::zero_grad() {
  for (auto& [name, parameter] : named_parameters()) parameter.zero_grad();
}

int ModuleBase::set_requires_grad(bool on, std::string_view pattern) {
  int matched = 0;
  for (auto& [name, parameter] : named_parameters(true)) {
    if (!glob_match(pattern, name)) continue;
    parameter.set_requires_grad(on);
    ++matched;
  }
  require<UsageError>(matched > 0, "[set_requires_grad] need a pattern that matches a parameter, got '{}'", pattern);
  return matched;
}

}  // namespace grus::nn
