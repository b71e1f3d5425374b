#pragma once
// Where backward functions put gradients.
#include "core/tape/tape.h"

namespace grus {

/// The gradients of a record's inputs while its backward function runs, by the input's place among them.
class Grads {
 public:
  /// For those that run backward functions. table: a gradient for each value of the tape, undefined where none was
  /// added yet; inputs: values; dy: of the outputs; needed: which values want one (null: all).
  Grads(Tape& tape, std::vector<Tensor>& table, std::span<const int32_t> inputs, std::span<const Tensor> dy,
        const std::vector<bool>* needed, bool recording, const Op& op)
      : tape_(tape), table_(table), inputs_(inputs), dy_(dy), needed_(needed), recording_(recording), op_(op) {}

  /// Gradients of the outputs; undefined where nothing reached one.
  std::span<const Tensor> dy() const { return dy_; }
  const Tensor& dy(size_t output) const { return dy_[output]; }
  bool wanted(size_t input) const { return value_of(input) >= 0; }
  const Shape& shape_of(size_t input) const {
    const int32_t value = value_of(input);
    if (value < 0) [[unlikely]]
      fail_unwanted(input, "shape");
    return tape_.value(value).shape;
  }
  /// What was added for an input so far, by any record; undefined when nothing was.
  Tensor so_far(size_t input) const;
  void add(size_t input, const Tensor& gradient);
  /// True under create_graph.
  bool recording() const { return recording_; }
  struct Target {
    Tensor& tensor;   // the input's gradient, written in place
    bool accumulate;  // false: its content is undefined, write; true: add
  };
  Target target(size_t input);
  Tensor& zeroed_target(size_t input);

 private:
  /// The value of an input, negative when its gradient is not wanted.
  int32_t value_of(size_t input) const {
    const int32_t value = inputs_[input];
    return value >= 0 && (!needed_ || (*needed_)[static_cast<size_t>(value)]) ? value : -1;
  }
  /// gradient has the shape, dtype and device of the value of input i.
  void require_fit(size_t input, const Tape::Value& value, const Tensor& gradient) const;
  [[noreturn]] void fail_unwanted(size_t input, const char* what) const;

  Tape& tape_;
  std::vector<Tensor>& table_;
  std::span<const int32_t> inputs_;
  std::span<const Tensor> dy_;
  const std::vector<bool>* needed_;
  bool recording_;
  const Op& op_;
};

}  // namespace grus
