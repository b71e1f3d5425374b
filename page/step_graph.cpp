#include "page/step_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/watch/replay.h"
#include "core/watch/tape_observer.h"
#include "ops/base/twin.h"

namespace grus::page {

int GraphBuilder::value(const Tape& tape, int32_t value, const Tensor* tensor) {
  if (value < 0) return -1;
  const auto [found, is_new] = known_.try_emplace(value, static_cast<int>(values_.size()));
  if (is_new) {
    StepValue& made = values_.emplace_back(StepValue{tape.value(value).shape, tape.value(value).dtype, {}, {}, {}});
    if (tensor) made.value = statistics(*tensor);
    if (Leaf* leaf = tape.value(value).leaf) made.parameter = Ref<Leaf>::share(leaf);
  }
  return found->second;
}

StepNode& GraphBuilder::add(const Tape& tape, const Record& record, std::span<const TensorArg> inputs,
                            std::span<const Tensor> outputs) {
  StepNode& node = graph_.nodes.emplace_back();
  node.op = record.op;
  node.scope = record.scope;
  node.saved_bytes = record.saved_bytes;
  node.forward_ns = record.forward_ns;
  node.backward_ns = record.backward_ns;
  std::string key = fmt::format("{} {}", static_cast<const void*>(record.op), record.scope);
  for (size_t i = 0; i < record.inputs.size(); ++i) {
    const int32_t input = input_value(record.inputs[i]);
    key += fmt::format(" {}", input == -1 ? -1 : tape.value(input).shape.rank());
    node.inputs.push_back(value(tape, input, i < inputs.size() ? inputs[i].tensor : nullptr));
  }
  for (int32_t k = 0; k < record.outputs; ++k) {
    const auto i = static_cast<size_t>(k);
    node.outputs.push_back(value(tape, record.first_output + k, i < outputs.size() ? &outputs[i] : nullptr));
  }
  node.key = std::hash<std::string>()(key);
  return node;
}

namespace {

/// Adds the records of a nested tape.
class NestedRecorder : public TapeObserver {
 public:
  explicit NestedRecorder(GraphBuilder& builder) : builder_(builder) {}
  void recorded(const Tape& tape, Record& record, std::span<const TensorArg> inputs,
                std::span<const Tensor> outputs) override {
    builder_.add(tape, record, inputs, outputs);
  }

 private:
  GraphBuilder& builder_;
};

/// Renames the value `inner` of `graph` to `outer`.
void rename(StepGraph& graph, int inner, int outer) {
  for (StepNode& node : graph.nodes) {
    std::replace(node.inputs.begin(), node.inputs.end(), inner, outer);
    std::replace(node.outputs.begin(), node.outputs.end(), inner, outer);
  }
}

/// Returns the tape's value that a record saved, or -1.
int32_t saved_value(const Tape& tape, const Record& record, const Tensor& saved) {
  if (saved.node().tape) return saved.node().value;
  for (int32_t input : record.inputs)
    if (input >= 0 && saved.leaf() && tape.value(input).leaf == saved.leaf()) return input;
  return -1;
}

}  // namespace

std::unique_ptr<StepGraph> twin_of(const Tape& tape, const Record& record, GraphBuilder& builder,
                                   std::vector<StepValue>& values) {
  if (record.consumed) return nullptr;
  const UnobservedScope quiet;
  auto graph = std::make_unique<StepGraph>();
  GraphBuilder nested_builder(*graph, values);
  NestedRecorder recorder(nested_builder);
  const TwinCapture capture;
  Tape nested;
  std::vector<int32_t> saved;
  try {
    const TapeObserverScope scope(recorder);
    saved = replay(tape, record, nested);
  } catch (const UsageError&) {  // the tape keeps nothing, so no rule can run
    return nullptr;
  }
  if (!capture.found()) return nullptr;
  for (size_t i = 0; i < saved.size(); ++i)
    if (const int32_t outer = saved[i] < 0 ? -1 : saved_value(tape, record, record.saved[i]); outer >= 0)
      rename(*graph, nested_builder.value(nested, saved[i]), builder.value(tape, outer));
  for (size_t k = 0; k < capture.outputs().size(); ++k)
    if (const int32_t made = capture.outputs()[k].node().value; made >= 0)
      rename(*graph, nested_builder.value(nested, made),
             builder.value(tape, record.first_output + static_cast<int32_t>(k)));
  return graph;
}

}  // namespace grus::page
