#pragma once
// Where backward functions put gradients.
#include "core/tape/tape.h"

namespace grus {

/// Grads takes the gradients of a record's inputs while its backward function runs. A number names an input by its
/// place among them.
class Grads {
 public:
  /// Who runs a backward function makes one. `table` has a gradient for each value of the tape, undefined where none
  /// was added yet; `inputs` are value ids; `dy` are the outputs' gradients; `needed` tells which values want a
  /// gradient (null: all); `consumes` whether what the record saved is freed after it.
  Grads(Tape& tape, std::vector<Tensor>& table, std::span<const int32_t> inputs, std::span<const Tensor> dy,
        const std::vector<bool>* needed, bool recording, bool consumes, const Op& op)
      : tape_(tape),
        table_(table),
        inputs_(inputs),
        dy_(dy),
        needed_(needed),
        recording_(recording),
        consumes_(consumes),
        op_(op) {}

  /// Returns the gradients of the outputs; undefined where nothing reached one.
  std::span<const Tensor> dy() const { return dy_; }
  const Tensor& dy(size_t output) const { return dy_[output]; }
  /// Tells whether anything wants the gradient of an input. What is added for an unwanted one is ignored.
  bool wanted(size_t input) const { return value_of(input) >= 0; }
  /// Returns the shape of a wanted input.
  const Shape& shape_of(size_t input) const {
    const int32_t value = value_of(input);
    if (value < 0) [[unlikely]]
      fail_unwanted(input, "shape");
    return tape_.value(value).shape;
  }
  /// Returns what all records have added for an input so far; undefined when nothing was.
  Tensor so_far(size_t input) const;
  /// Returns the same, and the walk forgets it: for a gradient that goes elsewhere before the walk ends.
  Tensor take(size_t input);
  /// Adds to an input's gradient; undefined adds nothing. Throws ShapeError, DtypeError, DeviceError unless it fits.
  void add(size_t input, const Tensor& gradient) {
    if (!add_of_shape(input, gradient)) [[unlikely]]
      fail_fit(input, gradient);
  }
  /// Does what add() does, but returns false for a gradient of another shape than the input's.
  bool add_of_shape(size_t input, const Tensor& gradient);
  /// Tells whether the backward function itself is recorded (create_graph).
  bool recording() const { return recording_; }
  /// Returns a tensor like `saved`, of undefined elements: saved's own memory where the walk frees it anyway and nobody
  /// else holds it, so that a kernel writes a gradient over what it reads. Nothing may read `saved` afterwards.
  Tensor in_place_of(const Tensor& saved) const;
  struct Target {
    Tensor& tensor;   // the input's gradient, written in place
    bool accumulate;  // true: add to it; false: its elements are undefined, overwrite all
  };
  /// Returns a wanted input's gradient to be written in place, or, by zeroed_target, to be added to. Throws UsageError
  /// under create_graph.
  Target target(size_t input);
  Tensor& zeroed_target(size_t input);

 private:
  /// Returns the value id of an input, negative when its gradient is not wanted.
  int32_t value_of(size_t input) const {
    const int32_t value = inputs_[input];
    return value >= 0 && (!needed_ || (*needed_)[static_cast<size_t>(value)]) ? value : -1;
  }
  /// Throws what is wrong with a gradient that has not the shape, dtype and device of an input's value.
  [[noreturn]] void fail_fit(size_t input, const Tensor& gradient) const;
  [[noreturn]] void fail_unwanted(size_t input, const char* what) const;

  Tape& tape_;
  std::vector<Tensor>& table_;
  std::span<const int32_t> inputs_;
  std::span<const Tensor> dy_;
  const std::vector<bool>* needed_;
  bool recording_, consumes_;
  const Op& op_;
};

}  // namespace grus
