#include "formats/onnx/recordings.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/tensor/raw.h"

namespace grus::formats {
namespace {

/// Sizes of the first recording are the example's (and at least 2, as an axis of 1 means another thing); those of
/// others differ from symbol to symbol, so that a sum or a product is not taken for another.
std::vector<int64_t> sizes_of(int64_t example, size_t symbol, size_t recordings) {
  constexpr int64_t more[] = {0, 3, 10, 22};
  std::vector<int64_t> sizes;
  for (size_t k = 0; k < recordings; ++k)
    sizes.push_back(std::max<int64_t>(example, 2) + more[k] + static_cast<int64_t>(k * k * symbol));
  return sizes;
}

std::vector<Symbol> symbols_of(const std::vector<OnnxInput>& inputs) {
  std::vector<Symbol> symbols;
  std::vector<int64_t> examples;
  for (const OnnxInput& input : inputs) {
    require<UsageError>(input.example.defined(), "[save_onnx] need an example of '{}', got an undefined tensor",
                        input.name);
    require<UsageError>(static_cast<int>(input.axes.size()) <= input.example.rank(),
                        "[save_onnx] need at most {} names of axes for '{}' {}, got {}", input.example.rank(),
                        input.name, input.example.shape(), input.axes.size());
    for (size_t axis = 0; axis < input.axes.size(); ++axis) {
      const std::string& name = input.axes[axis];
      if (name.empty()) continue;
      const int64_t size = input.example.dim(static_cast<int>(axis));
      const auto found = std::ranges::find(symbols, name, &Symbol::name);
      if (found == symbols.end()) {
        symbols.push_back({name, {}});
        examples.push_back(size);
      } else {
        const int64_t other = examples[static_cast<size_t>(found - symbols.begin())];
        require(size == other, "[save_onnx] need one size of the axis '{}', got {} and, of '{}', {}", name, other,
                input.name, size);
      }
    }
  }
  const size_t recordings = symbols.empty() ? 2 : 4;
  for (size_t i = 0; i < symbols.size(); ++i) symbols[i].sizes = sizes_of(examples[i], i, recordings);
  return symbols;
}

template <class T>
Tensor taken(const Tensor& example, const Shape& shape, size_t recording, double factor) {
  const std::vector<T> from = example.to_vector<T>();
  std::vector<T> values(static_cast<size_t>(shape.numel()));
  for (size_t i = 0; i < values.size() && !from.empty(); ++i) {
    const T value = from[(i * (recording == 0 ? 1 : 7) + recording * 3) % from.size()];
    if constexpr (std::is_floating_point_v<T>) values[i] = static_cast<T>(value * factor);
    else values[i] = value;
  }
  return Tensor::from(values, shape, example.device());
}

/// Returns numbers of the example in another order and shape, and floats a little smaller, so that what is computed
/// from them changes from recording to recording.
Tensor varied(const Tensor& example, const Shape& shape, size_t recording) {
  if (recording == 0 && shape == example.shape()) return example.detach();
  const double factor = 1 - 0.03 * static_cast<double>(recording);
  switch (example.dtype()) {
    case DType::f32:
      return taken<float>(example, shape, recording, factor);
    case DType::f64:
      return taken<double>(example, shape, recording, factor);
    case DType::i32:
      return taken<int32_t>(example, shape, recording, 1);
    case DType::i64:
      return taken<int64_t>(example, shape, recording, 1);
    case DType::u8:
      return taken<uint8_t>(example, shape, recording, 1);
    default:
      break;
  }
  require<DtypeError>(example.dtype() == DType::boolean,
                      "[save_onnx] need f32, f64, i32, i64, u8 or bool inputs, got {}", example.dtype());
  const std::vector<bool> from = example.to_bools();
  std::vector<bool> values(static_cast<size_t>(shape.numel()));
  for (size_t i = 0; i < values.size() && !from.empty(); ++i) values[i] = from[(i * 7 + recording * 3) % from.size()];
  return Tensor::from_bools(values, shape, example.device());
}

Shape shape_in(const OnnxInput& input, const std::vector<Symbol>& symbols, size_t recording) {
  Shape shape = input.example.shape();
  for (size_t axis = 0; axis < input.axes.size(); ++axis)
    if (const auto found = std::ranges::find(symbols, input.axes[axis], &Symbol::name); found != symbols.end())
      shape[static_cast<int>(axis)] = found->sizes[recording];
  return shape;
}

/// Returns ragged lengths, the longest of all steps, in no order of size. Their sum is no product of other sizes.
Lengths ragged(int64_t steps, int64_t batch, size_t recording, Device device) {
  std::vector<int64_t> lengths(static_cast<size_t>(batch), steps);
  for (size_t b = 0; b < lengths.size(); ++b)
    if (b != 1)
      lengths[b] = std::max<int64_t>(1, steps - 1 - static_cast<int64_t>((2 * b + recording * recording) % 5));
  return Lengths(lengths, steps, device);
}

Recording recorded(const OnnxFunction& f, const std::vector<OnnxInput>& inputs, const OnnxOptions& options,
                   const Recordings& so_far, size_t k) {
  Recording recording;
  if (options.lengths) {
    const auto size = [&](const std::string& name) {
      const int symbol = so_far.find(name);
      require<UsageError>(symbol >= 0, "[save_onnx] need an input with the axis '{}' of the lengths, got none", name);
      return so_far.symbols[static_cast<size_t>(symbol)].sizes[k];
    };
    const int64_t steps = size(options.lengths->steps), batch = size(options.lengths->batch);
    recording.lengths = ragged(steps, batch, k, inputs[0].example.device());
  }
  recording.tape = std::make_unique<Tape>(Tape::Keep::program);
  for (const OnnxInput& input : inputs)
    recording.inputs.push_back(recording.tape->watch(varied(input.example, shape_in(input, so_far.symbols, k), k)));
  recording.outputs = f(recording.inputs, recording.lengths);
  return recording;
}

/// Throws where recordings differ in more than sizes and numbers.
void require_one_program(const Recordings& r) {
  constexpr const char* cure =
      "a loop over steps or entries of varying number has no counterpart; give such axes no name";
  for (size_t k = 1; k < r.count(); ++k) {
    const Tape &a = r.tape(0), &b = r.tape(k);
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      const Record &x = a.record(i), &y = b.record(i);
      require<UsageError>(x.op == y.op && std::ranges::equal(x.inputs, y.inputs),
                          "[save_onnx] need the same ops for inputs of every size, got record {}: {} and {}; {}", i,
                          where(x), where(y), cure);
    }
    require<UsageError>(
        a.size() == b.size() && r.all[0].outputs.size() == r.all[k].outputs.size(),
        "[save_onnx] need the same ops for inputs of every size, got {} and {} records, the first more "
        "one {}; {}",
        a.size(), b.size(),
        a.size() == b.size() ? "none" : where((a.size() < b.size() ? b : a).record(std::min(a.size(), b.size()))),
        cure);
  }
}

}  // namespace

int Recordings::find(const std::string& name) const {
  const auto found = std::ranges::find(symbols, name, &Symbol::name);
  return name.empty() || found == symbols.end() ? -1 : static_cast<int>(found - symbols.begin());
}

Recordings record_all(const OnnxFunction& f, const std::vector<OnnxInput>& inputs, const OnnxOptions& options) {
  require<UsageError>(!inputs.empty(), "[save_onnx] need at least one input, got none");
  Recordings result;
  result.symbols = symbols_of(inputs);
  const size_t count = result.symbols.empty() ? 2 : 4;
  for (size_t k = 0; k < count; ++k) result.all.push_back(recorded(f, inputs, options, result, k));
  if (options.lengths) {
    Symbol rows;
    for (const Recording& recording : result.all) rows.sizes.push_back(recording.lengths.total());
    result.rows = static_cast<int>(result.symbols.size());
    result.symbols.push_back(rows);
  }
  require_one_program(result);
  return result;
}

}  // namespace grus::formats
