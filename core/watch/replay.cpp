#include "core/watch/replay.h"

#include "core/tape/grads.h"
#include "core/tape/narrow.h"

namespace grus {
namespace {

Tensor zeros_like(const Tape::Value& value) { return Tensor::zeros(value.shape, value.dtype, value.device); }

}  // namespace

std::vector<int32_t> replay(const Tape& tape, const Record& record, Tape& nested) {
  std::vector<Tensor> saved, dy;
  std::vector<int32_t> saved_values, inputs;
  for (size_t i = 0; i < record.saved.size(); ++i) {
    const bool narrow = !record.narrowed.empty() && record.narrowed[i];
    const Tensor tensor = narrow ? widened(record.saved[i]) : record.saved[i];
    saved.push_back(tensor.defined() ? nested.watch(tensor) : tensor);
    saved_values.push_back(saved.back().defined() ? saved.back().node().value : -1);
  }
  for (int32_t value : record.inputs)
    inputs.push_back(value < 0 ? -1 : nested.watch(zeros_like(tape.value(value))).node().value);
  for (int32_t k = 0; k < record.outputs; ++k) dy.push_back(zeros_like(tape.value(record.first_output + k)));
  std::vector<Tensor> gradients(nested.values());
  Grads dx(nested, gradients, inputs, dy, nullptr, true, false, *record.op);
  record.backward(record.closure, saved, dx);
  return saved_values;
}

}  // namespace grus
