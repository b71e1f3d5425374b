#include "view/step_view.h"

#include "core/base/atomic_file.h"
#include "core/watch/tape_observer.h"
#include "view/step_graph.h"

namespace grus {
namespace {

std::unordered_map<const Leaf*, std::string> by_leaf(const nn::Parameters& names) {
  std::unordered_map<const Leaf*, std::string> found;
  for (const auto& [name, parameter] : names) found.emplace(parameter.identity(), name);
  return found;
}

void write_page(const view::StepGraph& graph, const std::vector<view::StepValue>& values,
                const std::filesystem::path& path, const nn::Parameters& names) {
  write_file_atomically(path, view::step_page(view::step_json(graph, values, by_leaf(names))));
}

}  // namespace

class StepView::Recorder : public TapeObserver {
 public:
  Recorder() : scope_(*this) {}

  void recorded(const Tape& tape, Record& record, std::span<const TensorArg> inputs,
                std::span<const Tensor> outputs) override {
    if (tape_ && (tape_ != &tape || tape.size() != graph.nodes.size() + 1)) return;  // another tape
    tape_ = &tape;
    const UnobservedScope quiet;
    builder_.add(tape, record, inputs, outputs);
    graph.nodes.back().twin = view::twin_of(tape, record, builder_, values);
    records_.emplace(&record, graph.nodes.size() - 1);
  }

  void backward_begins(const Tape& tape, Record& record, const Grads& dx) override {
    if (&tape != tape_ || !records_.contains(&record)) return;
    const UnobservedScope quiet;
    const view::StepNode& node = graph.nodes[records_.at(&record)];
    for (size_t k = 0; k < dx.dy().size(); ++k)
      values[static_cast<size_t>(node.outputs[k])].gradient = view::statistics(dx.dy()[k]);
  }

  /// Updates a record's time, which was not yet known when the record was added.
  void backward_ends(const Tape& tape, Record& record, const Grads&) override {
    if (&tape != tape_ || !records_.contains(&record)) return;
    view::StepNode& node = graph.nodes[records_.at(&record)];
    node.forward_ns = record.forward_ns;
    node.backward_ns = record.backward_ns;
  }

  view::StepGraph graph;
  mutable std::vector<view::StepValue> values;

 private:
  const Tape* tape_ = nullptr;
  std::unordered_map<const Record*, size_t> records_;
  view::GraphBuilder builder_{graph, values};
  TapeObserverScope scope_;
};

StepView::StepView() : recorder_(std::make_unique<Recorder>()) {}
StepView::~StepView() = default;

void StepView::write_html(const std::filesystem::path& path, const nn::Parameters& names) const {
  for (view::StepValue& value : recorder_->values)
    if (value.parameter) value.gradient = view::statistics(value.parameter->grad());
  write_page(recorder_->graph, recorder_->values, path, names);
}

void write_tape_html(const Tape& tape, const std::filesystem::path& path, const nn::Parameters& names) {
  view::StepGraph graph;
  std::vector<view::StepValue> values;
  view::GraphBuilder builder(graph, values);
  for (size_t i = 0; i < tape.size(); ++i) {
    builder.add(tape, tape.record(i), {}, {});
    graph.nodes.back().twin = view::twin_of(tape, tape.record(i), builder, values);
  }
  write_page(graph, values, path, names);
}

}  // namespace grus
