// The command `export`: a classifier as a model in ONNX, with the inputs, the output and the metadata of
// tasks/classify/graph.h.
#include <fmt/format.h>

#include "core/base/error.h"
#include "data/read/npy.h"
#include "examples/classify/commands.h"
#include "formats/onnx.h"
#include "ops/math/softmax.h"
#include "tasks/classify/graph.h"

namespace grus::tasks::classify {
namespace {

void write_examples(const Loaded& loaded, const std::string& file) {
  const NoGrad unrecorded;
  const std::vector<Text> texts = made_texts(loaded.reader, {3, 9, 1, 6, 9});
  std::vector<std::pair<std::string, Tensor>> arrays;
  for (const GraphInput& input : inputs_of(texts, loaded.reader.model)) arrays.emplace_back(input.name, input.example);
  arrays.emplace_back("lengths", Tensor::from<int64_t>({3, 9, 1, 6, 9}, {5}));
  arrays.emplace_back("log_probabilities", log_softmax((*loaded.model)(collate(texts)).scores));
  data::write_npz(file, arrays);
}

}  // namespace

int export_onnx(ExportOptions& o, const std::string&) {
  require<UsageError>(!o.out.empty(), "--out: need a file, as model.onnx, got none");
  const Loaded loaded = load(o.use);
  formats::OnnxOptions onnx{.outputs = {"log_probabilities"}, .state = loaded.model->state_dict()};
  onnx.lengths = formats::OnnxLengths{};
  onnx.metadata = metadata_of(loaded.reader);
  using Tensors = std::vector<Tensor>;
  const auto graph = [&](const Tensors& in, const Lengths& lengths) {
    return Tensors{log_probabilities(*loaded.model, in, lengths)};
  };
  std::vector<formats::OnnxInput> inputs;
  for (GraphInput& input : inputs_of(made_texts(loaded.reader, {4, 2, 3}), loaded.reader.model))
    inputs.push_back({input.name, input.example, input.axes});
  formats::save_onnx(o.out, graph, inputs, onnx);
  if (!o.examples.empty()) write_examples(loaded, o.examples);
  fmt::print("{}: {} classes, {} pieces\n", o.out, loaded.reader.classes.size(), loaded.reader.codec.size());
  return 0;
}

}  // namespace grus::tasks::classify
