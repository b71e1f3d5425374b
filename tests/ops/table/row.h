#pragma once
// The table that proves every op has one Row for each, with the inputs it is tried on and the messages of its errors.
// checks.h holds what is made of a row, without further code for an op.
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/device/device.h"
#include "core/tensor/tensor.h"
#include "ops/gradcheck.h"

namespace grus::test {

using Xs = std::span<const Tensor>;
using Tensors = std::vector<Tensor>;

/// An argument that varies, by the name that it has in the op's header: "x", unless another is given. Numbers take
/// every dtype of the row in turn; ids and masks stay what they are.
struct Input {
  enum class Kind { numbers, ids, mask };
  Input(Shape shape, double low = -2, double high = 2) : Input("x", shape, low, high) {}
  Input(const char* name, Shape shape, double low = -2, double high = 2)
      : name(name), shape(shape), low(low), high(high) {}
  Input(Kind kind, const char* name, Shape shape, std::vector<double> values)
      : name(name), kind(kind), shape(shape), values(std::move(values)) {}

  std::string name;
  Kind kind = Kind::numbers;
  Shape shape;
  double low = -2, high = 2;   // drawn uniformly from here, unless values are given
  std::vector<double> values;  // given values
};
inline constexpr double inf = std::numeric_limits<double>::infinity();
/// Returns zeros of f64: a right argument beside the wrong one of an error.
inline Tensor zeros(const Shape& shape, Device d) { return Tensor::zeros(shape, DType::f64, d); }
inline Input given(const char* name, Shape shape, std::vector<double> values) {
  return {Input::Kind::numbers, name, shape, std::move(values)};
}
inline Input given(Shape shape, std::vector<double> values) { return given("x", shape, std::move(values)); }
inline Input ids(const char* name, Shape shape, std::vector<double> values) {
  return {Input::Kind::ids, name, shape, std::move(values)};
}
inline Input ids(Shape shape, std::vector<double> values) { return ids("ids", shape, std::move(values)); }
inline Input mask(const char* name, Shape shape, std::vector<double> values) {
  return {Input::Kind::mask, name, shape, std::move(values)};
}
inline Input mask(Shape shape, std::vector<double> values) { return mask("mask", shape, std::move(values)); }

/// The tensors of a call, by the names of the sample's inputs.
class Inputs {
 public:
  Inputs(std::vector<std::string> names, Xs tensors)
      : names_(std::move(names)), tensors_(tensors.begin(), tensors.end()) {}
  /// Returns an undefined tensor where the sample has no such input: a bias that is left out.
  const Tensor& operator[](std::string_view name) const;
  /// Returns the first, which is the only one where a function takes one tensor.
  const Tensor& first() const;
  Xs all() const;
  /// Returns the same inputs with one exchanged.
  Inputs with(std::string_view name, const Tensor& tensor) const;
  /// Returns the names that nobody asked for.
  std::vector<std::string> unread() const;

 private:
  std::vector<std::string> names_;
  Tensors tensors_;
  mutable std::vector<bool> read_ = std::vector<bool>(tensors_.size(), false);
};
using In = const Inputs&;

/// An expected output was worked out by hand, or elsewhere.
struct Expected {
  Shape shape;
  std::vector<double> values;
};

/// The size says what a sample is good for. An extreme one has huge, tiny or infinite numbers: values only, compared
/// relatively. A large one is big enough for threads to share it: no finite differences.
enum class Size { ordinary, extreme, large };

/// An op as a function of its inputs by name, of its only input, or of all in a row (of a random program); with one
/// result or several.
struct Function {
  Function() = default;
  template <class F>
  Function(F f)
      : of([f](In in) -> Tensors {
          const auto result = [&] {
            if constexpr (std::is_invocable_v<F, In>) return f(in);
            else if constexpr (std::is_invocable_v<F, const Tensor&>) return f(in.first());
            else return f(in.all());
          };
          if constexpr (std::is_convertible_v<decltype(result()), Tensor>) return {result()};
          else return result();
        }) {}
  explicit operator bool() const { return static_cast<bool>(of); }
  Tensors operator()(Xs tensors) const { return of(Inputs(names, tensors)); }

  std::function<Tensors(In)> of;
  std::vector<std::string> names;  // of the tensors that a call gives; rows() sets them
};

struct Sample {
  std::string what;           // "over axis 0": what this sample adds to the others
  std::vector<Input> inputs;  // each by a name of its own
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
inline const std::vector<DType> numbers_and_bool{DType::f32, DType::f64, DType::i32, DType::i64, DType::boolean};
inline const std::vector<DType> every_dtype{DType::f32,     DType::f64, DType::i32,  DType::i64,
                                            DType::boolean, DType::u8,  DType::bf16, DType::f16};

/// Lists every row there is, family by family.
const std::vector<Row>& rows();

// Each family has a function in the file of its name.
std::vector<Row> along_rows();
std::vector<Row> attention_rows_of_table();
std::vector<Row> conv_rows();
std::vector<Row> ctc_rows();
std::vector<Row> dot_attention_rows();
std::vector<Row> dropout_rows();
std::vector<Row> elementwise_rows();
std::vector<Row> gru_rows();
std::vector<Row> index_rows();
std::vector<Row> loss_rows();
std::vector<Row> kernel_rows();
std::vector<Row> lstm_rows();
std::vector<Row> matmul_rows();
std::vector<Row> norm_rows_of_table();
std::vector<Row> piece_rows();
std::vector<Row> position_rows();
std::vector<Row> product_rows();
std::vector<Row> reduce_rows();
std::vector<Row> sampling_rows();
std::vector<Row> scan_rows();
std::vector<Row> select_rows();
std::vector<Row> sequence_rows();
std::vector<Row> shape_rows();
std::vector<Row> similarity_rows();
std::vector<Row> softmax_rows();
std::vector<Row> tape_rows();

}  // namespace grus::test
