// The tape is walked backwards. Records stand in the order of the computation: when a loop in reverse comes to one, all
// that used its outputs has been walked already, and their gradients are whole.
#include <optional>

#include "core/base/error.h"
#include "core/tape/grads.h"
#include "core/tape/narrow.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

bool any_defined(std::span<const Tensor> tensors) {
  bool any = false;
  for (const Tensor& tensor : tensors) any |= tensor.defined();
  return any;
}

/// Throws UsageError unless a record's saved tensors are still there and unchanged.
void require_readable(const Record& record) {
  if (record.consumed)
    fail<UsageError>("[{}] backward was called twice over this op; of several losses make one sum", where(record));
  for (size_t i = 0; i < record.saved.size(); ++i)
    if (record.saved[i].defined() && Raw::version(record.saved[i]) != record.versions[i])
      fail<UsageError>("[{}] a {} of shape {} that backward needs was changed since the forward pass", where(record),
                       record.saved[i].leaf() ? "parameter" : "tensor", record.saved[i].shape());
}

/// Puts what a record saved into `wide`, as its rule reads it. A record that is consumed gives up each tensor at once.
void widen(Record& record, bool consume, std::vector<Tensor>& wide) {
  for (size_t i = 0; i < record.saved.size(); ++i) {
    wide.push_back(record.narrowed[i] ? widened(record.saved[i]) : record.saved[i]);
    if (consume) Raw::drop(record.saved[i]);
  }
}

}  // namespace

void Tape::walk(size_t begin, size_t end, const Walk& how) {
  std::optional<NoGrad> suspended;
  if (!how.create_graph) suspended.emplace();
  const ActivationScope as_here(activations_);  // for tapes of rules that run their function again
  const std::vector<TapeObserver*>& observers = tape_observers();
  std::vector<Tensor> wide;
  for (size_t i = end; i-- > begin;) {
    Record& record = *records_[i];
    if (how.needed && !reaches(record, *how.needed)) continue;
    // A rule adds to the gradients of its inputs, which are older values; the outputs' gradients stay as they are.
    const std::span<Tensor> dy(how.gradients.data() + record.first_output, static_cast<size_t>(record.outputs));
    if (any_defined(dy)) {
      require_readable(record);
      const PrecisionScope products(record.precision);
      Grads dx(*this, how.gradients, record.inputs, dy, how.needed, how.create_graph, how.consume, *record.op);
      for (TapeObserver* observer : observers) observer->backward_begins(*this, record, dx);
      if (record.narrowed.empty()) {
        record.backward(record.closure, record.saved, dx);
      } else {
        widen(record, how.consume, wide);
        record.backward(record.closure, wide, dx);
        wide.clear();
      }
      for (TapeObserver* observer : observers) observer->backward_ends(*this, record, dx);
    }
    if (!how.consume) continue;
    for (Tensor& gradient : dy) Raw::drop(gradient);  // older records may want the memory
    if (!record.saved.empty()) release_saved(record);
    record.consumed = true;
  }
}

}  // namespace grus
