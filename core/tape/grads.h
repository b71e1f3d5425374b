#pragma once
// What a record's backward function is given: the tensors that were saved, and where gradients go.
#include "core/tape/tape.h"

namespace grus {

/// The tensors a record kept, in the order they were given.
class Saved {
 public:
  Saved(std::span<const Tensor> tensors, const Op& op) : tensors_(tensors), op_(op) {}
  const Tensor& operator[](size_t i) const {
    if (i >= tensors_.size()) [[unlikely]]
      fail_no_such(i);
    return tensors_[i];
  }
  size_t size() const { return tensors_.size(); }

 private:
  [[noreturn]] void fail_no_such(size_t i) const;
  std::span<const Tensor> tensors_;
  const Op& op_;
};

/// Where a record's backward function puts the gradients of its inputs.
class Grads {
 public:
  /// For those that run backward functions. table: a gradient for each value of the tape, undefined where none was
  /// added yet; inputs: values; needed: which values want one (null: all).
  Grads(Tape& tape, std::vector<Tensor>& table, std::span<const int32_t> inputs, std::span<const Tensor> dy,
        const std::vector<bool>* needed, bool recording, const Op& op)
      : tape_(tape), table_(table), inputs_(inputs), dy_(dy), needed_(needed), recording_(recording), op_(op) {}

  /// Whether anything wants the gradient of input i; when not, do not compute it.
  bool wanted(int input) const { return value_of(input) >= 0; }
  /// Shape of input i, whose gradient is wanted. Throws UsageError for another.
  const Shape& shape_of(int input) const {
    const int32_t value = value_of(input);
    if (value < 0) [[unlikely]]
      fail_no_shape(input);
    return tape_.value(value).shape;
  }
  /// Gradient of output k; undefined when nothing reached it.
  const Tensor& dy(int output) const {
    if (output < 0 || static_cast<size_t>(output) >= dy_.size()) [[unlikely]]
      fail_no_output(output);
    return dy_[static_cast<size_t>(output)];
  }
  /// Those of all outputs.
  std::span<const Tensor> dys() const { return dy_; }
  /// What was added for input i so far, by any record; undefined when nothing was.
  Tensor so_far(int input) const;
  /// Adds a gradient of the input's own shape.
  void add(int input, const Tensor& gradient);

  /// True under create_graph: the rule must then use recorded ops only, and `add`.
  bool recording() const { return recording_; }
  struct Target {
    Tensor& tensor;   // the input's gradient, written in place
    bool accumulate;  // false: its content is undefined, write; true: add
  };
  /// The gradient buffer itself, for kernels that add in place. Throws UsageError while recording, and for an input
  /// whose gradient nothing wants.
  Target target(int input);
  /// The same, filled with zeros where nothing was added yet.
  Tensor& zeroed_target(int input);

 private:
  /// The value of an input, negative when its gradient is not wanted.
  int32_t value_of(int input) const {
    if (input < 0 || static_cast<size_t>(input) >= inputs_.size()) [[unlikely]]
      fail_no_input(input);
    const int32_t value = inputs_[static_cast<size_t>(input)];
    return value >= 0 && (!needed_ || (*needed_)[static_cast<size_t>(value)]) ? value : -1;
  }
  /// gradient has the shape, dtype and device of the value of input i.
  void require_fit(int input, const Tape::Value& value, const Tensor& gradient) const;
  [[noreturn]] void fail_no_output(int output) const;
  [[noreturn]] void fail_no_input(int input) const;
  [[noreturn]] void fail_no_shape(int input) const;

  Tape& tape_;
  std::vector<Tensor>& table_;
  std::span<const int32_t> inputs_;
  std::span<const Tensor> dy_;
  const std::vector<bool>* needed_;
  bool recording_;
  const Op& op_;
};

/// a + b as a recorded op, so that gradients of gradients see the accumulation.
Tensor recorded_sum(const Tensor& a, const Tensor& b);

}  // namespace grus
