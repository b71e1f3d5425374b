#include "page/step_page.h"

#include "core/base/atomic_file.h"
#include "core/watch/tape_observer.h"
#include "page/step_graph.h"

namespace grus {
namespace {

std::unordered_map<const Leaf*, std::string> by_leaf(const nn::Parameters& names) {
  std::unordered_map<const Leaf*, std::string> found;
  for (const auto& [name, parameter] : names) found.emplace(parameter.identity(), name);
  return found;
}

void write_page(const page::StepGraph& graph, const std::vector<page::StepValue>& values,
                const std::filesystem::path& path, const nn::Parameters& names) {
  write_file_atomically(path, page::step_page(page::step_json(graph, values, by_leaf(names))));
}

}  // namespace

class StepPage::Recorder : public TapeObserver {
 public:
  Recorder() : scope_(*this) {}

  void recorded(const Tape& tape, Record& record, std::span<const TensorArg> inputs,
                std::span<const Tensor> outputs) override {
    if (tape_ && (tape_ != &tape || tape.size() != graph.nodes.size() + 1)) return;  // another tape
    tape_ = &tape;
    const UnobservedScope quiet;
    builder_.add(tape, record, inputs, outputs);
    graph.nodes.back().twin = page::twin_of(tape, record, builder_, values);
    records_.emplace(&record, graph.nodes.size() - 1);
  }

  void backward_begins(const Tape& tape, Record& record, const Grads& dx) override {
    if (&tape != tape_ || !records_.contains(&record)) return;
    const UnobservedScope quiet;
    const page::StepNode& node = graph.nodes[records_.at(&record)];
    for (size_t k = 0; k < dx.dy().size(); ++k)
      values[static_cast<size_t>(node.outputs[k])].gradient = page::statistics(dx.dy()[k]);
  }

  /// Updates a record's time, which was not yet known when the record was added.
  void backward_ends(const Tape& tape, Record& record, Grads&) override {
    if (&tape != tape_ || !records_.contains(&record)) return;
    page::StepNode& node = graph.nodes[records_.at(&record)];
    node.forward_ns = record.forward_ns;
    node.backward_ns = record.backward_ns;
  }

  page::StepGraph graph;
  mutable std::vector<page::StepValue> values;

 private:
  const Tape* tape_ = nullptr;
  std::unordered_map<const Record*, size_t> records_;
  page::GraphBuilder builder_{graph, values};
  TapeObserverScope scope_;
};

StepPage::StepPage() : recorder_(std::make_unique<Recorder>()) {}
StepPage::~StepPage() = default;

void StepPage::write_html(const std::filesystem::path& path, const nn::Parameters& names) const {
  for (page::StepValue& value : recorder_->values)
    if (value.parameter) value.gradient = page::statistics(value.parameter->grad());
  write_page(recorder_->graph, recorder_->values, path, names);
}

void write_tape_html(const Tape& tape, const std::filesystem::path& path, const nn::Parameters& names) {
  page::StepGraph graph;
  std::vector<page::StepValue> values;
  page::GraphBuilder builder(graph, values);
  for (size_t i = 0; i < tape.size(); ++i) {
    builder.add(tape, tape.record(i), {}, {});
    graph.nodes.back().twin = page::twin_of(tape, tape.record(i), builder, values);
  }
  write_page(graph, values, path, names);
}

}  // namespace grus
