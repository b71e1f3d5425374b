// A module's call has a scope and hooks, and its parameters and its mode must be known to somebody.
#include "core/base/scope.h"
#include "core/base/type_name.h"
#include "nn/module.h"

namespace grus::nn {

namespace {

thread_local const CallFrame* running = nullptr;

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
void require_known(const CallFrame& call) {
  const NamedParameter* lost = first_trainable(call.node);
  if (!lost) return;
  fail<UsageError>(
      "[Module] need child(\"name\", ...) for each module that forward of {} calls, got a {} that nobody registered, "
      "with parameter '{}' {}; where that is meant, freeze it or call its forward()",
      type_name(call.outer->type), type_name(call.type), lost->name, lost->parameter.shape());
}

bool has(const ModuleNode& tree, const ModuleNode& node) {
  if (&tree == &node) return true;
  for (const ModuleNode::Part& part : tree.parts)
    if (has(*part.node, node)) return true;
  for (const auto& [name, child] : tree.children)
    if (has(*child, node)) return true;
  return false;
}

}  // namespace

void Parameter::require_use_outside_modules() const {
  if (!running || !Tape::active() || !requires_grad()) return;
  fail<UsageError>(
      "[Parameter] need param(\"name\", ...) for what forward of {} trains, got a parameter {} that no module {}; "
      "where that is meant, freeze it or use its leaf().tensor()",
      type_name(running->type), shape(), was_replaced() ? "has any more" : "registered");
}

// A tree is searched where a module in training runs within one in evaluation, and nowhere else.
void ModuleBase::require_reached() const {
  for (const CallFrame* call = running; call; call = call->outer) {
    if (call->node.training || has(call->node, node())) continue;
    fail<UsageError>(
        "[Module] need child(\"name\", ...) for each module that forward of {} calls, got {} in training that eval() "
        "did not reach; where that is meant, call the function, as dropout(x, p)",
        type_name(call->type), &running->node == &node() ? "a " + type_name(running->type) : "one");
  }
}

ModuleBase::Call::Call(const ModuleNode& node, const std::type_info& type)
    : frame_{node, type, running}, outer_scope_(current_scope()) {
  if (running && !node.registered && Tape::active()) require_known(frame_);
  if (node.precision) precision_.emplace(*node.precision);
  running = &frame_;
  current_scope() = node.path;
}

ModuleBase::Call::~Call() {
  current_scope() = outer_scope_;
  running = frame_.outer;
}

void ModuleBase::Call::run(std::function<void(const ModuleCall&)> CallHook::*when, const std::vector<Tensor>& inputs,
                           const std::vector<Tensor>& outputs) const {
  const auto hooks = frame_.node.hooks;  // a hook may remove itself
  for (const auto& hook : hooks)
    if ((*hook).*when) ((*hook).*when)({frame_.node.path, inputs, outputs});
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
