#pragma once
// The table that proves every op has one Row for each, with the inputs it is tried on and the messages of its errors.
// checks.h holds what is made of a row, without further code for an op.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/device/device.h"
#include "core/tensor/tensor.h"
#include "ops/gradcheck.h"

namespace grus::test {

using Xs = std::span<const Tensor>;
using Tensors = std::vector<Tensor>;

/// An argument that varies. Numbers take every dtype of the row in turn; ids and masks stay what they are.
struct Input {
  enum class Kind { numbers, ids, mask };
  Input(Shape shape, double low = -2, double high = 2) : shape(shape), low(low), high(high) {}
  Input(Kind kind, Shape shape, std::vector<double> values) : kind(kind), shape(shape), values(std::move(values)) {}

  Kind kind = Kind::numbers;
  Shape shape;
  double low = -2, high = 2;   // drawn uniformly from here, unless values are given
  std::vector<double> values;  // given values
};
inline Input given(Shape shape, std::vector<double> values) { return {Input::Kind::numbers, shape, std::move(values)}; }
inline Input ids(Shape shape, std::vector<double> values) { return {Input::Kind::ids, shape, std::move(values)}; }
inline Input mask(Shape shape, std::vector<double> values) { return {Input::Kind::mask, shape, std::move(values)}; }

/// An expected output was worked out by hand, or elsewhere.
struct Expected {
  Shape shape;
  std::vector<double> values;
};

/// The size says what a sample is good for. An extreme one has huge, tiny or infinite numbers: values only, compared
/// relatively. A large one is big enough for threads to share it: no finite differences.
enum class Size { ordinary, extreme, large };

/// An op as a function of tensors, with one result or several.
struct Function {
  Function() = default;
  template <class F>
  Function(F f)
      : many([f](Xs xs) -> Tensors {
          if constexpr (std::is_convertible_v<decltype(f(xs)), Tensor>) return {f(xs)};
          else return f(xs);
        }) {}
  explicit operator bool() const { return static_cast<bool>(many); }
  TensorsFunction many;
};

struct Sample {
  std::string what;  // "over axis 0": what this sample adds to the others
  std::vector<Input> inputs;
  Function f;
  std::vector<Expected> expected = {};  // outputs, where they are known
  Function twin = {};                   // a fused op by plain ops
  Size size = Size::ordinary;
  bool any_threads = false;  // the same bits for any number of threads, not nearly the same
};

/// Returns lengths 1 to `longest` of 60 sequences, enough for three threads to take a part each (run_parts).
inline std::vector<int64_t> many_sequences(int64_t longest = 5) {
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 60; ++i) lengths.push_back(1 + i * 7 % longest);
  return lengths;
}

struct ErrorCase {
  std::function<void(Device)> run;
  std::string message;
};

struct Row {
  std::string op, equation;
  std::vector<DType> dtypes;  // of the numbers; every other dtype must be refused
  int gradients;              // highest order checked: 2, or 0 for an op without
  std::vector<Sample> samples;
  std::vector<ErrorCase> errors;
  double f32 = 1e-5;  // difference of f32 from f64 that is allowed, relative to max(1, |value|)
};

inline const std::vector<DType> floats{DType::f32, DType::f64};
inline const std::vector<DType> numbers{DType::f32, DType::f64, DType::i32, DType::i64};
inline const std::vector<DType> every_dtype{DType::f32, DType::f64, DType::i32, DType::i64, DType::boolean};

/// Lists every row there is, family by family.
const std::vector<Row>& rows();

// Each family has a function in the file of its name.
std::vector<Row> attention_rows_of_table();
std::vector<Row> dropout_rows();
std::vector<Row> elementwise_rows();
std::vector<Row> gru_rows();
std::vector<Row> index_rows();
std::vector<Row> loss_rows();
std::vector<Row> kernel_rows();
std::vector<Row> lstm_rows();
std::vector<Row> matmul_rows();
std::vector<Row> reduce_rows();
std::vector<Row> scan_rows();
std::vector<Row> select_rows();
std::vector<Row> sequence_rows();
std::vector<Row> shape_rows();
std::vector<Row> softmax_rows();
std::vector<Row> tape_rows();

}  // namespace grus::test
