#include "core/watch/replay.h"

#include "core/tape/grads.h"

namespace grus {
namespace {

Tensor zeros_like(const Tape::Value& value) { return Tensor::zeros(value.shape, value.dtype, value.device); }

}  // namespace

std::vector<int32_t> replay(const Tape& tape, const Record& record, Tape& nested) {
  std::vector<Tensor> saved, dy;
  std::vector<int32_t> saved_values, inputs;
  for (const Tensor& tensor : record.saved) {
    saved.push_back(tensor.defined() ? nested.watch(tensor) : tensor);
    saved_values.push_back(saved.back().defined() ? saved.back().node().value : -1);
  }
  for (int32_t value : record.inputs)
    inputs.push_back(value < 0 ? -1 : nested.watch(zeros_like(tape.value(value))).node().value);
  for (int32_t k = 0; k < record.outputs; ++k) dy.push_back(zeros_like(tape.value(record.first_output + k)));
  std::vector<Tensor> gradients(nested.values());
  Grads dx(nested, gradients, inputs, dy, nullptr, true, *record.op);
  record.backward(record.closure, Saved(saved, *record.op), dx);
  return saved_values;
}

}  // namespace grus
