// A module's call has a scope and hooks, and its parameters must be known to somebody.
#include "nn/module.h"

namespace grus::nn {

namespace {

thread_local const ModuleNode* running = nullptr;

const NamedParameter* first_trainable(const ModuleNode& node) {
  for (const NamedParameter& p : node.parameters)
    if (p.parameter.requires_grad()) return &p;
  for (const ModuleNode::Part& part : node.parts)
    if (const NamedParameter* found = first_trainable(*part.node)) return found;
  for (const auto& [name, child] : node.children)
    if (const NamedParameter* found = first_trainable(*child)) return found;
  return nullptr;
}

// Throws when a module that nobody registered has something to train: its gradients would be computed, and no
// optimizer, file or to() would ever see it.
void require_known(const ModuleNode& caller, const ModuleNode& node) {
  const NamedParameter* lost = first_trainable(node);
  if (!lost) return;
  fail<UsageError>(
      "[Module] need child(\"name\", ...) for each module that forward of {} calls, got one that nobody registered, "
      "with parameter '{}' {}; where that is meant, freeze it or call its forward()",
      *caller.path ? fmt::format("'{}'", caller.path) : "the root", lost->name, lost->parameter.shape());
}

}  // namespace

void Parameter::require_use_outside_modules() const {
  if (!running || !Tape::active() || !requires_grad()) return;
  fail<UsageError>(
      "[Parameter] need param(\"name\", ...) for what forward of {} trains, got a parameter {} that no module {}; "
      "where that is meant, freeze it or use its leaf().tensor()",
      *running->path ? fmt::format("'{}'", running->path) : "the root", shape(),
      was_replaced() ? "has any more" : "registered");
}

ModuleBase::Call::Call(const ModuleNode& node) : node_(node), outer_node_(running), outer_scope_(current_scope()) {
  if (outer_node_ && !node_.registered && Tape::active()) require_known(*outer_node_, node_);
  if (node_.precision) precision_.emplace(*node_.precision);
  running = &node_;
  current_scope() = node_.path;
}

ModuleBase::Call::~Call() {
  current_scope() = outer_scope_;
  running = outer_node_;
}

void ModuleBase::Call::run(std::function<void(const ModuleCall&)> CallHook::*when, const std::vector<Tensor>& inputs,
                           const std::vector<Tensor>& outputs) const {
  const auto hooks = node_.hooks;  // a hook may remove itself
  for (const auto& hook : hooks)
    if ((*hook).*when) ((*hook).*when)({node_.path, inputs, outputs});
}

ModuleBase::Hook ModuleBase::add_hook(CallHook hook) {
  Hook shared = std::make_shared<const CallHook>(std::move(hook));
  each_node(node(), [&](ModuleNode& node) { node.hooks.push_back(shared); });
  return shared;
}

void ModuleBase::remove_hook(const Hook& hook) {
  each_node(node(), [&](ModuleNode& node) { std::erase(node.hooks, hook); });
}

}  // namespace grus::nn
