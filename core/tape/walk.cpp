// The tape is walked backwards. Records stand in the order of the computation: when a loop in reverse comes to one, all
// that used its outputs has been walked already, and their gradients are whole.
#include <optional>

#include "core/tape/grads.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

bool any_defined(std::span<const Tensor> tensors) {
  bool any = false;
  for (const Tensor& tensor : tensors) any |= tensor.defined();
  return any;
}

}  // namespace

void Tape::walk(size_t begin, size_t end, const Walk& how) {
  std::optional<NoGrad> suspended;
  if (!how.create_graph) suspended.emplace();
  const std::vector<TapeObserver*>& observers = tape_observers();
  for (size_t i = end; i-- > begin;) {
    Record& record = *records_[i];
    if (how.needed && !reaches(record, *how.needed)) continue;
    // A rule adds to the gradients of its inputs, which are older values; the outputs' gradients stay as they are.
    const auto dy =
        std::span(how.gradients).subspan(static_cast<size_t>(record.first_output), static_cast<size_t>(record.outputs));
    if (any_defined(dy)) {
      require_readable(record);
      const PrecisionScope products(record.precision);
      Grads dx(*this, how.gradients, record.inputs, dy, how.needed, how.create_graph, *record.op);
      for (TapeObserver* observer : observers) observer->backward_begins(*this, record, dx);
      record.backward(record.closure, record.saved, dx);
      for (TapeObserver* observer : observers) observer->backward_ends(*this, record, dx);
    }
    if (!how.consume) continue;
    for (Tensor& gradient : dy) gradient = Tensor();  // older records may want the memory
    release_saved(record);
  }
}

}  // namespace grus
