// The command `export`: a translator's encoder and one step of its decoder as models in ONNX.
//   encoder   words (source, batch) i64, lengths (batch) -> values, keys (source, batch, ...), state0, ... (batch, H)
//   step      word (batch) i64, values, keys, lengths, state0, ... -> log_probabilities (batch, V), next0, ...,
//             weights (batch, source)
// Both are written in plain ops: the loop cells::AttentionGru, which is one op, has no counterpart in ONNX.
#include <fmt/format.h>

#include <numeric>

#include "core/base/error.h"
#include "core/base/folder.h"
#include "core/tensor/random.h"
#include "data/read/npy.h"
#include "examples/translate/commands.h"
#include "formats/onnx.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/sequence/sequence.h"
#include "seq2seq/bahdanau.h"

namespace grus::translate {
namespace {

using Tensors = std::vector<Tensor>;
using Arrays = std::vector<std::pair<std::string, Tensor>>;

// What a model of ONNX is, and numbers that go in and come out of it.
struct Part {
  std::string name;
  formats::OnnxFunction function = {};
  std::vector<formats::OnnxInput> inputs = {};
  std::vector<std::string> outputs = {};
};

const Bahdanau& with_attention(const SavedModel& saved, const std::string& model) {
  const auto* const bahdanau = dynamic_cast<const Bahdanau*>(saved.model.get());
  require<DataError>(bahdanau, "{}: need a model of --arch bahdanau to export, got one of {}", model,
                     saved.model->name());
  return *bahdanau;
}

// Scores of Luong's kind without a projection have the values as their keys.
bool has_keys(const Bahdanau& model) { return model.attention.key.has_value(); }

Tensors encode(const Bahdanau& model, const Tensor& words, const Lengths& lengths) {
  const Output encoded = model.encoder(pack(model.embed(model.source_embedding, words), lengths), lengths, State());
  const Tensor values = unpack(encoded.y, lengths);
  Tensors results = {values};
  if (has_keys(model)) results.push_back((*model.attention.key)(values));
  Tensor summary;
  if (model.options.start == BahdanauOptions::Start::mean) {
    const Tensor counts = cast(lengths.lengths_tensor(), values.dtype()).reshape({lengths.batch(), 1});
    summary = sum(values, {0}) / counts;
  } else {
    summary = encoded.state.h[2 * model.options.encoder_layers - 1];
  }
  for (const Tensor& state : model.layers_of(tanh(model.initial(summary)))) results.push_back(state);
  return results;
}

// Each row looks at the source of its own number.
nn::PreparedMemory memory_of(const Bahdanau& model, const Tensor& values, const Tensor& keys, const Lengths& lengths) {
  nn::PreparedMemory memory;
  memory.batch = lengths.batch();
  if (model.options.score == nn::Score::additive) {
    std::vector<int64_t> own(static_cast<size_t>(lengths.batch()));
    std::iota(own.begin(), own.end(), 0);
    memory.packed = {pack(keys, lengths), pack(values, lengths), lengths};
    memory.rows = attention_rows(lengths, own);
  } else {
    memory.values = transpose(values, 0, 1);
    memory.keys = transpose(keys, 0, 1);
    memory.mask = unsqueeze(lengths.mask(), 1);
  }
  return memory;
}

// The attending layer of bahdanau.h, in plain ops.
Output attend(const Bahdanau& model, const Tensor& x, const State& state, const nn::PreparedMemory& memory) {
  const Lengths one = Lengths::dense(1, x.dim(0), x.device());
  const State middle = model.first ? scan(*model.first->kept(), x, one, state).state : state;
  AttentionOutput seen = model.attention(middle.h, memory);
  const Tensor input = model.first ? seen.context : concat({x, seen.context}, 1);
  const State next = scan(*model.second.kept(), input, one, middle).state;
  return {next.h, next, std::move(seen)};
}

// Takes word, values, keys where there are any, and the states.
Tensors step(const Bahdanau& model, const Tensors& in, const Lengths& lengths) {
  const size_t first_state = has_keys(model) ? 3 : 2;
  const nn::PreparedMemory memory = memory_of(model, in[1], in[first_state - 1], lengths);
  const DecoderState layers(in.begin() + static_cast<int64_t>(first_state), in.end());
  const Tensor x = model.embed(model.target_embedding, in[0]);
  Output out = attend(model, x, model.attending_state(layers), memory);
  const int64_t depth = model.options.decoder_layers;
  DecoderState next = {out.state.h};
  if (out.state.c.defined()) next.push_back(out.state.c);
  if (model.upper) {
    const Output top = (*model.upper)(out.y, Lengths::dense(1, x.dim(0), x.device()), model.upper_state(layers));
    for (int64_t l = 0; l + 1 < depth; ++l) next.insert(next.begin() + 1 + l, top.state.h[l]);
    for (int64_t l = 0; top.state.c.defined() && l + 1 < depth; ++l) next.push_back(top.state.c[l]);
    out.y = top.y;
  }
  const Tensor& seen =
      model.options.readout_state == ReadoutState::after ? out.y : layers[static_cast<size_t>(depth - 1)];
  const Tensor rows = model.readout(seen, x, out.attention.context);
  Tensors results = {log_softmax(linear(rows, model.output_weight, model.output_bias))};
  results.insert(results.end(), next.begin(), next.end());
  results.push_back(out.attention.weights);
  return results;
}

Tensor drawn_ids(Shape shape, int64_t words, Rng& rng) {
  const Tensor drawn = random_uniform(shape, 0, static_cast<double>(words), rng);
  return clamp(cast(drawn, DType::i64), 0, static_cast<double>(words - 1));
}

std::vector<std::string> numbered(const std::string& name, int64_t count) {
  std::vector<std::string> names;
  for (int64_t n = 0; n < count; ++n) names.push_back(fmt::format("{}{}", name, n));
  return names;
}

Part encoder_part(const Bahdanau& model, Rng& rng) {
  Part part{.name = "encoder"};
  part.function = [&model](const Tensors& in, const Lengths& lengths) { return encode(model, in[0], lengths); };
  part.inputs = {{"words", drawn_ids({4, 3}, model.options.source_words, rng), {"source", "batch"}}};
  part.outputs = {"values"};
  if (has_keys(model)) part.outputs.emplace_back("keys");
  const int64_t states = states_of(model.options.unit) * model.options.decoder_layers;
  for (const std::string& name : numbered("state", states)) part.outputs.push_back(name);
  return part;
}

Part step_part(const Bahdanau& model, Rng& rng) {
  Part part{.name = "step"};
  part.function = [&model](const Tensors& in, const Lengths& lengths) { return step(model, in, lengths); };
  const auto drawn = [&](const Shape& shape) { return random_normal(shape, 0, 0.5, rng); };
  part.inputs = {{"word", drawn_ids({3}, model.options.target_words, rng), {"batch"}},
                 {"values", drawn({4, 3, 2 * model.options.encoder}), {"source", "batch"}}};
  if (has_keys(model))
    part.inputs.push_back({"keys", drawn({4, 3, model.attention.key->weight.dim(0)}), {"source", "batch"}});
  part.outputs = {"log_probabilities"};
  const int64_t states = states_of(model.options.unit) * model.options.decoder_layers;
  for (const std::string& name : numbered("state", states))
    part.inputs.push_back({name, drawn({3, model.options.hidden}), {"batch"}});
  for (const std::string& name : numbered("next", states)) part.outputs.push_back(name);
  part.outputs.emplace_back("weights");
  return part;
}

// Numbers of a source of other sizes than the export was recorded with, as the translator itself computes them.
void write_examples(const Bahdanau& model, const std::filesystem::path& folder, Rng& rng) {
  const NoGrad unrecorded;
  const Lengths lengths({5, 2, 7, 1}, 7);
  const Tensor words = drawn_ids({7, 4}, model.options.source_words, rng);
  const Tokens source{cast(pack(words, lengths), DType::i32), lengths};
  const Bahdanau::Encoded encoded = model.encode(source);
  const bool additive = model.options.score == nn::Score::additive;
  const Tensor values =
      additive ? unpack(encoded.memory.packed.values, lengths) : transpose(encoded.memory.values, 0, 1);
  Arrays memory = {{"values", values}, {"lengths", lengths.lengths_tensor()}};
  if (has_keys(model))
    memory.emplace_back("keys",
                        additive ? unpack(encoded.memory.packed.keys, lengths) : transpose(encoded.memory.keys, 0, 1));
  const std::unique_ptr<Decoder> decoder = model.decode(source);
  const DecoderState start = decoder->start();
  size_t n = 0;
  for (const Tensor& state : start) memory.emplace_back(fmt::format("state{}", n++), state);
  Arrays encoder = memory, one = memory;
  encoder.emplace_back("words", words);
  const Tensor word = drawn_ids({4}, model.options.target_words, rng);
  const Decoder::Step next = decoder->step(cast(word, DType::i32), start, {0, 1, 2, 3});
  one.emplace_back("word", word);
  one.emplace_back("log_probabilities", log_softmax(linear(next.rows, model.output_weight, model.output_bias)));
  n = 0;
  for (const Tensor& state : next.state) one.emplace_back(fmt::format("next{}", n++), state);
  one.emplace_back("weights", next.weights);
  data::write_npz((folder / "encoder.npz").string(), encoder);
  data::write_npz((folder / "step.npz").string(), one);
}

}  // namespace

int export_onnx(const ExportOptions& options) {
  const SavedModel saved = load_one(options.use);
  const Bahdanau& model = with_attention(saved, options.use.model);
  const std::filesystem::path folder = options.out;
  Rng rng(1);
  make_folder(folder);
  for (const Part& part : {encoder_part(model, rng), step_part(model, rng)}) {
    formats::OnnxOptions onnx{.outputs = part.outputs, .state = model.state_dict()};
    onnx.lengths = formats::OnnxLengths{.steps = "source"};
    formats::save_onnx(folder / (part.name + ".onnx"), part.function, part.inputs, onnx);
  }
  saved.codecs.source.vocab().save((folder / "source.vocab").string());
  saved.codecs.target.vocab().save((folder / "target.vocab").string());
  if (options.examples) write_examples(model, folder, rng);
  fmt::print("{}: encoder.onnx, step.onnx, source.vocab, target.vocab\n", options.out);
  return 0;
}

}  // namespace grus::translate
