#pragma once
// How an op leaves its record on the active tape, and what its gradient rule is given: a name and a kind for each
// tensor.
#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "core/base/use_only.h"
#include "core/tape/grads.h"

namespace grus {

/// An Input is a rule's parameter for an input whose value is not kept. It is the place for the input's gradient.
class Input {
 public:
  Input(Grads& grads, size_t index) : grads_(&grads), index_(index) {}
  /// Tells whether anything wants the gradient. A rule need not compute an unwanted one.
  bool wanted() const { return grads_->wanted(index_); }
  /// Returns the input's shape. Throws UsageError unless its gradient is wanted.
  const Shape& shape() const { return grads_->shape_of(index_); }
  /// Adds a gradient of the input's own shape, if one is wanted.
  void add(const Tensor& gradient) const { grads_->add(index_, gradient); }
  /// Tells whether the rule runs under create_graph. It must then use recorded ops only, and `add`.
  bool recording() const { return grads_->recording(); }
  /// Returns the gradient buffer itself, for kernels that add in place. Throws UsageError while recording, and where no
  /// gradient is wanted.
  Grads::Target target() const { return grads_->target(index_); }
  /// Returns the buffer, filled with zeros where nothing was added yet. Throws as target() does.
  Tensor& zeroed_target() const { return grads_->zeroed_target(index_); }

  Grads& grads() const { return *grads_; }
  size_t index() const { return index_; }

 private:
  Grads* grads_;
  size_t index_;
};

/// A SavedInput is a rule's parameter for an input whose value the rule needs, too.
class SavedInput : public Input {
 public:
  SavedInput(Grads& grads, size_t index, const Tensor& value) : Input(grads, index), value(value) {}
  const Tensor& value;
};

/// RuleParameters tells `record` what to make of a rule with these parameters. The first are gradients of outputs.
template <size_t outputs, class... Parameters>
struct RuleParameters {
  static constexpr size_t count = sizeof...(Parameters);
  static constexpr bool is_input[] = {std::is_base_of_v<Input, Parameters>...};
  static constexpr bool is_saved[] = {!std::is_same_v<Input, Parameters>...};
  static_assert(((std::is_same_v<Parameters, const Tensor&> || std::is_same_v<Parameters, Input> ||
                  std::is_same_v<Parameters, SavedInput>)&&...),
                "a rule takes Input, SavedInput and const Tensor& (a gradient of an output, or what is only saved)");
  template <size_t... i>
  static constexpr bool begins_with_gradients(std::index_sequence<i...>) {
    return ((i >= outputs || std::is_same_v<Parameters, const Tensor&>)&&...);
  }
  static_assert(begins_with_gradients(std::index_sequence_for<Parameters...>()),
                "a rule begins with the gradient of each output: [](const Tensor& dy, SavedInput a, Input b) { ... }");
  /// Counts the parameters before number i, outputs aside, that are inputs, or saved, as `kind` says.
  static constexpr size_t before(const bool (&kind)[count], size_t i) {
    return static_cast<size_t>(std::count(kind + outputs, kind + i, true));
  }
  template <size_t i, class P>
  static P argument(const Saved& saved, Grads& dx) {
    if constexpr (i < outputs && std::is_same_v<P, const Tensor&>) return dx.dy()[i];
    else if constexpr (std::is_same_v<P, Input>) return Input(dx, before(is_input, i));
    else if constexpr (std::is_same_v<P, SavedInput>)
      return SavedInput(dx, before(is_input, i), saved[before(is_saved, i)]);
    else return saved[before(is_saved, i)];
  }
  template <class Rule, size_t... i>
  static void call(const Rule& rule, const Saved& saved, Grads& dx, std::index_sequence<i...>) {
    rule(argument<i, Parameters>(saved, dx)...);
  }
};

template <class Rule>
constexpr auto parameters_of() {
  static_assert(
      requires { &Rule::operator(); }, "a rule names the type of each of its parameters");
  return &Rule::operator();
}

/// Records with the types of the rule's parameters.
template <size_t outputs, size_t tensors, class Rule, class... Parameters>
void record_rule(const Op& op, const TensorArg (&args)[tensors], std::span<Tensor, outputs> results, const Rule& rule,
                 void (Rule::*)(Parameters...) const) {
  using All = RuleParameters<outputs, Parameters...>;
  static_assert(All::count == outputs + tensors,
                "a rule takes the gradient of each output, then one parameter for each tensor of the record");
  static_assert(std::is_trivially_copyable_v<Rule>, "a rule captures plain values; tensors are given to `record`");
  static_assert(alignof(Rule) <= alignof(std::max_align_t));
  if (Tape* const program = Tape::program()) [[unlikely]]
    return program->push_program(op, args, results);
  std::array<TensorArg, All::before(All::is_input, All::count)> inputs;
  std::array<TensorArg, All::before(All::is_saved, All::count)> saved;
  size_t input = 0, kept = 0;
  for (size_t i = 0; i < tensors; ++i) {
    if (All::is_input[outputs + i]) inputs[input++] = args[i];
    if (All::is_saved[outputs + i]) saved[kept++] = args[i];
  }
  if (Tape* const tape = Tape::recording(op, inputs))
    tape->push(
        op, inputs, results, saved,
        [](const void* closure, const Saved& values, Grads& dx) {
          if constexpr (std::is_empty_v<Rule>) All::call(Rule(), values, dx, std::index_sequence_for<Parameters...>());
          else All::call(*static_cast<const Rule*>(closure), values, dx, std::index_sequence_for<Parameters...>());
        },
        &rule, std::is_empty_v<Rule> ? 0 : sizeof(Rule));
}

/// Pushes a record when a tape is active and some input is on it; `outputs` then get their nodes. `rule` is called with
/// the gradient of each output, undefined where nothing reached it, and then with what the record holds of each of
/// `tensors`: an Input, a SavedInput, or a const Tensor& that is only saved. One that is undefined, as the bias of a
/// form without, stays so. A saved tensor that is an output is bound to its node.
template <size_t outputs, size_t tensors, class Rule>
void record(const Op& op, const TensorArg (&args)[tensors], std::array<Tensor, outputs>& results, const Rule& rule) {
  if constexpr (!use_only) record_rule(op, args, std::span<Tensor, outputs>(results), rule, parameters_of<Rule>());
}

/// Records one output and returns it. The rule runs when a gradient reached it.
template <size_t tensors, class Rule>
Tensor record(const Op& op, const TensorArg (&args)[tensors], Tensor output, const Rule& rule) {
  if constexpr (!use_only) record_rule(op, args, std::span<Tensor, 1>(&output, 1), rule, parameters_of<Rule>());
  return output;
}

/// Records an op without a gradient, on a tape that keeps the program alone, and returns its output.
template <size_t tensors>
Tensor record_plain(const Op& op, const TensorArg (&args)[tensors], Tensor output) {
  if (Tape* const program = Tape::program()) [[unlikely]]
    program->push_program(op, args, std::span<Tensor, 1>(&output, 1));
  return output;
}

/// Tells a tape that keeps the program what attributes the next record of `op` has. Others do not ask `describe`, which
/// returns them: note(roll_op, [&] { return Noted{{"axis", axis}}; });
using Noted = std::vector<Attribute>;
template <class Describe>
void note(const Op& op, const Describe& describe) {
  if (Tape* const program = Tape::program()) [[unlikely]]
    program->note(op, describe());
}

/// Says that the tensors of a record stand in braces. An op of any number of them pushes its record itself, as concat
/// does (ops/math/concat.cpp).
template <class Tensors, class Result, class Rule>
void record(const Op&, const Tensors&, Result&&, const Rule&) requires(std::is_convertible_v<const Tensors&, Saved>) {
  constexpr bool in_braces = !std::is_convertible_v<const Tensors&, Saved>;
  static_assert(in_braces, "the tensors of a record stand in braces, record(op, {a, b}, y, rule), and are no vector");
}

}  // namespace grus
