#pragma once
// The data of a step that a page shows. Values of all its graphs, twins included, are counted together.
// Sources: step_graph.cpp, step_tree.cpp, statistics.cpp, page.cpp, page_layout.cpp, page_script.cpp, page_style.cpp.
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/tape/tape.h"

namespace grus::page {

struct Statistics {
  double min = 0, max = 0, mean = 0;  // of the finite entries
  int64_t bad = 0;                    // entries that are NaN or infinite
};
/// Returns nothing for a tensor without entries, or of integers.
std::optional<Statistics> statistics(const Tensor& x);

struct StepValue {
  Shape shape;
  DType dtype;
  Ref<Leaf> parameter;  // or null
  std::optional<Statistics> value, gradient;
};

struct StepGraph;
struct StepNode {
  const Op* op;
  std::string scope;
  std::vector<int> inputs, outputs;  // values; -1 is none
  size_t key;                        // nodes with equal keys look alike
  size_t saved_bytes = 0;
  int64_t forward_ns = 0, backward_ns = 0;
  std::unique_ptr<StepGraph> twin;
};

struct StepGraph {
  std::vector<StepNode> nodes;
};

/// A builder makes a graph that grows with a tape.
class GraphBuilder {
 public:
  GraphBuilder(StepGraph& graph, std::vector<StepValue>& values) : graph_(graph), values_(values) {}

  /// Adds a record. `inputs` and `outputs` are its tensors, for their statistics, or none.
  StepNode& add(const Tape& tape, const Record& record, std::span<const TensorArg> inputs,
                std::span<const Tensor> outputs);
  /// Returns the number of a tape's value here; a new value gets the next one.
  int value(const Tape& tape, int32_t value, const Tensor* tensor = nullptr);

 private:
  StepGraph& graph_;
  std::vector<StepValue>& values_;
  std::unordered_map<int32_t, int> known_;
};

/// Returns the twin of a fused op's record whose saved tensors are still there; null when it has none. `builder` knows
/// the values of `tape`.
std::unique_ptr<StepGraph> twin_of(const Tape& tape, const Record& record, GraphBuilder& builder,
                                   std::vector<StepValue>& values);

/// Returns the page's data as JSON: nodes in modules, repeats folded. `names` are those of parameters.
std::string step_json(const StepGraph& graph, const std::vector<StepValue>& values,
                      const std::unordered_map<const Leaf*, std::string>& names);

/// Returns the page around the data.
std::string step_page(const std::string& json);
extern const std::string_view page_style, page_layout, page_script;

}  // namespace grus::page
