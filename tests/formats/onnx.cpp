// Models in ONNX, written and read back. tests/golden/check_onnx.py runs them with ONNX Runtime.
#include "formats/onnx.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <set>

#include "core/base/error.h"
#include "data/read/npy.h"
#include "data/read/text.h"
#include "formats/onnx/exporter.h"
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "nn/rnn.h"
#include "ops/math/cumulative.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/sequence/sequence.h"
#include "tests/support/folder.h"
#include "tests/support/skip.h"
#include "tests/support/tensors.h"

using namespace grus;
using formats::OnnxLengths;
using formats::read_onnx;
using formats::save_onnx;
using test::Folder;
using test::message_of;

namespace {

using Tensors = std::vector<Tensor>;

const formats::OnnxInput steps{"x", Tensor::arange(0.0, 30.0, 1.0).reshape({5, 2, 3}), {"time", "batch"}};

/// Checks that a file has the module's state, to the bit.
void check_same(const nn::NamedTensors& read, const nn::ModuleBase& module) {
  const nn::NamedTensors state = module.state_dict();
  CHECK(read.size() == state.size());
  for (const auto& [name, tensor] : state) {
    const Tensor* const found = nn::find(read, name);
    REQUIRE_MESSAGE(found, name);
    CHECK_MESSAGE(found->shape() == tensor.shape(), name);
    CHECK_MESSAGE(found->to_bytes() == tensor.to_bytes(), name);
  }
}

template <class M>
nn::TensorFile written(const M& module, std::optional<OnnxLengths> lengths = OnnxLengths{}) {
  const Folder folder;
  save_onnx(folder.path("m.onnx"), module, {steps}, {.lengths = lengths});
  return read_onnx(folder.path("m.onnx"));
}

std::string refusal(const std::function<Tensor(const Tensor&)>& f, std::vector<std::string> axes = {"time", "batch"},
                    std::optional<OnnxLengths> lengths = {}) {
  const Folder folder;
  const std::string message = message_of([&] {
    save_onnx(folder.path("m.onnx"), [&](const Tensors& x, const Lengths&) { return Tensors{f(x[0])}; },
              {{"x", steps.example, axes}}, {.lengths = lengths});
  });
  CHECK_FALSE(std::filesystem::exists(folder.path("m.onnx")));
  return message;
}

struct Classifier : nn::Module<Classifier> {
  explicit Classifier(Rng& rng)
      : words(child("words", nn::Embedding({.count = 11, .width = 3}, rng))),
        gru(child("gru", nn::Gru({.input = 3, .hidden = 4, .bidirectional = true}, rng))),
        out(child("out", nn::Linear(8, 2, rng))) {}
  Tensor forward(const Tensor& ids, const Lengths& lengths) const {
    const Output output = gru(words(ids), lengths);
    return out(concat({output.state.h[0], output.state.h[1]}, 1));
  }
  nn::Embedding words;
  nn::Gru gru;
  nn::Linear out;
};

}  // namespace

TEST_CASE("onnx: recurrences of every form are read back to the bit, ragged or not") {
  Rng rng(1);
  for (const auto& lengths : {std::optional<OnnxLengths>(), std::optional(OnnxLengths())}) {
    for (const Reset reset : {Reset::after, Reset::before})
      for (const Update update : {Update::keep, Update::replace}) {
        nn::Gru gru({.input = 3, .hidden = 4, .layers = 2, .bidirectional = true, .reset = reset, .update = update},
                    rng);
        gru.eval();
        const nn::TensorFile file = written(gru, lengths);
        check_same(file.tensors, gru);
        CHECK(file.metadata.at("grus.gru") == nn::convention_of({reset, update}));
        CHECK_NOTHROW(nn::check_conventions("the file", file, gru));
      }
    nn::Lstm lstm({.input = 3, .hidden = 4, .layers = 3}, rng);
    lstm.eval();
    check_same(written(lstm, lengths).tensors, lstm);
    nn::Rnn rnn({.input = 3, .hidden = 4, .bidirectional = true}, rng);
    rnn.eval();
    const nn::TensorFile file = written(rnn, lengths);
    check_same(file.tensors, rnn);
    CHECK(file.metadata.at("activation") == "tanh");
  }
}

TEST_CASE(
    "onnx: a classifier of ragged ids keeps the names of its parameters, and the same model gives the same bytes") {
  Rng rng(2);
  Classifier model(rng);
  model.eval();
  const Folder folder;
  const formats::OnnxInput ids{"ids", Tensor::from<int64_t>({1, 2, 3, 4, 5, 6}, {3, 2}), {"time", "batch"}};
  for (const char* name : {"a.onnx", "b.onnx"})
    save_onnx(folder.path(name), model, {ids}, {.outputs = {"logits"}, .lengths = OnnxLengths{}});
  CHECK(test::bytes_of(folder.path("a.onnx")).size() == test::bytes_of(folder.path("b.onnx")).size());
  check_same(read_onnx(folder.path("a.onnx")).tensors, model);
}

TEST_CASE("onnx: a model of others computes here what ONNX Runtime computes from it") {
  const char* folder = std::getenv("GRUS_GOLDEN");
  const std::string golden = std::string(folder ? folder : "tests/golden") + "/recurrent";
  const nn::TensorFile file = read_onnx(golden + ".onnx");
  CHECK(file.metadata.at("grus.gru:encoder.gru") == "gates r z n, reset before, update keep");
  const auto load = [&](nn::ModuleBase& module, const std::string& beginning) {
    nn::NamedTensors state;
    for (const auto& [name, tensor] : file.tensors)
      if (name.starts_with(beginning)) state.push_back({name.substr(beginning.size()), tensor});
    module.load_state_dict(state);
    module.eval();
  };
  nn::Embedding words({.count = 11, .width = 4});
  nn::Gru gru({.input = 4, .hidden = 3, .bidirectional = true, .reset = Reset::before});
  nn::Lstm lstm({.input = 6, .hidden = 2});
  nn::Linear hidden(2, 4), out(4, 2);
  load(words, "words.");
  load(gru, "encoder.gru.");
  load(lstm, "lstm.");
  load(hidden, "hidden.");
  load(out, "out.");
  const data::NpzFile numbers(golden + ".npz");
  const Lengths lengths(cast(numbers.read("lengths"), DType::i64).to_vector<int64_t>());
  const Tensor y = lstm(gru(words(numbers.read("ids")), lengths).y, lengths).state.h[0];
  const std::vector<float> got = out(tanh(hidden(y))).to_vector<float>(),
                           want = numbers.read("logits").to_vector<float>();
  REQUIRE(got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) CHECK(std::abs(got[i] - want[i]) < 1e-6);
}

TEST_CASE("onnx: the page of the documents lists every op and its nodes") {
  const char* golden = std::getenv("GRUS_GOLDEN");
  if (!golden) return test::skip("GRUS_GOLDEN does not say where the sources are");
  std::set<std::string> lines;
  for (const std::string& line : data::read_lines(std::string(golden) + "/../../docs/onnx.md")) lines.insert(line);
  for (const formats::OnnxOp& op : formats::onnx_ops())
    CHECK_MESSAGE(lines.contains(fmt::format("| `{}` | {} |", op.op, op.nodes)), op.op);
}

TEST_CASE("onnx: what has no counterpart is refused by its name, and leaves no file") {
  CHECK(refusal([](const Tensor& x) { return cumprod(x, 0); }) == "[save_onnx] need ops that ONNX has, got cumprod");
  CHECK(
      refusal([](const Tensor& x) {
        return dropout(x, 0.5);
      }).starts_with("[save_onnx] mul: need tensors that the program computes from its inputs, got one f32 (5, 2, 3)"));
  CHECK(refusal([](const Tensor& x) {
          return x * x.detach();
        }).starts_with("[save_onnx] mul: need tensors that the program computes from its inputs"));
  CHECK(refusal([](const Tensor& x) {
          Tensor y = x[0];
          for (int64_t t = 1; t < x.dim(0); ++t) y = tanh(y + x[t]);
          return y;
        }).starts_with("[save_onnx] need the same ops for inputs of every size, got "));
  CHECK(refusal([](const Tensor&) { return Tensor::ones({1}); }) ==
        "[save_onnx] need outputs that follow from the inputs, got 'output0', which does not");
  CHECK(refusal([](const Tensor& x) {
          return x.rows(0, x.dim(0) * x.dim(0) % 7);
        }).starts_with("[save_onnx] rows: need sizes that follow from the axes that vary, got "));
}

TEST_CASE("onnx: packed rows are not mixed with what pads them") {
  const Folder folder;
  const auto pooled = [&](const std::function<Tensor(const Tensor&)>& f) {
    return message_of([&] {
      save_onnx(folder.path("m.onnx"),
                [&](const Tensors& x, const Lengths& lengths) { return Tensors{f(pack(x[0], lengths))}; }, {steps},
                {.lengths = OnnxLengths{}});
    });
  };
  CHECK(
      pooled([](const Tensor& rows) { return sum(rows, 0); }) ==
      "[save_onnx] sum: need an op that takes packed rows one by one, got one over rows of sequences of other lengths; "
      "unpack() them first");
  CHECK(pooled([](const Tensor& rows) { return rows * 2.0; }) ==
        "[save_onnx] need padded outputs, got 'output0' of packed rows; unpack() it");
}

TEST_CASE("onnx: wrong inputs are named") {
  Rng rng(3);
  nn::Linear linear(3, 2, rng);
  const Folder folder;
  const auto message = [&](const std::vector<formats::OnnxInput>& inputs, const formats::OnnxOptions& options = {}) {
    return message_of([&] { save_onnx(folder.path("m.onnx"), linear, inputs, options); });
  };
  CHECK(message({steps}) == "[save_onnx] need a module in evaluation, got one in training; call eval()");
  linear.eval();
  CHECK(message({}) == "[save_onnx] need at least one input, got none");
  CHECK(message({{"x", Tensor()}}) == "[save_onnx] need an example of 'x', got an undefined tensor");
  CHECK(message({{"x", steps.example, {"a", "a"}}}) ==
        "[save_onnx] need one size of the axis 'a', got 5 and, of 'x', 2");
  CHECK(message({steps}, {.outputs = {"a", "b"}}) == "[save_onnx] need 2 outputs, as many as names, got 1");
  CHECK(message({steps, steps}) ==
        "[save_onnx] need a module whose forward takes 2 tensors, got another; give a function");
  CHECK(message({formats::OnnxInput{"x", steps.example}}, {.lengths = OnnxLengths{}})
            .starts_with("[save_onnx] need an input with the axis 'time' of the lengths"));
}

TEST_CASE("onnx: a file that is cut short anywhere, damaged or of another kind is refused with its name") {
  Rng rng(4);
  nn::Gru gru({.input = 2, .hidden = 2}, rng);
  gru.eval();
  const Folder folder;
  save_onnx(folder.path("m.onnx"), gru, {{"x", Tensor::ones({2, 2, 2}), {"time", "batch"}}});
  const std::string good = test::bytes_of(folder.path("m.onnx"));
  for (size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const std::string path = folder.file("cut.onnx", good.substr(0, size));
    CHECK(message_of([&] { read_onnx(path); }).starts_with(path + ": need "));
  }
  const std::string other = folder.file("other.onnx", "PK\3\4 is an archive");
  CHECK(message_of([&] { read_onnx(other); }).starts_with(other + ": need a model in ONNX"));
  std::string unknown = good;
  unknown.replace(unknown.find("GRU", unknown.find("hidden_size") - 60), 3, "GRX");
  const auto renamed = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    for (size_t at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + to.size()))
      bytes.replace(at, from.size(), to);
    const std::string path = folder.file("changed.onnx", bytes);
    const std::string text = message_of([&] { read_onnx(path); });
    return text.starts_with(path) ? text.substr(path.size() + 2) : text;
  };
  CHECK(renamed("GRU", "GRX") == "need ops that are known here, got GRX 'GRX'");
  CHECK(renamed("forward", "forwand") == "need a direction of ONNX's, got another at GRU 'GRU'");
}
