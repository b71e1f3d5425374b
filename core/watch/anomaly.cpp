#include "core/watch/anomaly.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

/// Sums x in one pass on the device. A sum of finite numbers may overflow; bad_entry() then looks at the entries.
bool sum_is_finite(const Tensor& x) {
  Tensor sum = Tensor::empty({}, x.dtype(), x.device());
  View y = Raw::view(x);
  const View one = Raw::write_view(sum);
  y.buffer = one.buffer;
  y.offset = one.offset;
  std::fill(y.strides, y.strides + max_rank, 0);
  x.device().check(x.device().kernels().reduce(x.device().context(), ReduceOp::sum, y, Raw::view(x), false), "anomaly");
  return std::isfinite(sum.item());
}

template <class T>
std::string first_bad_entry(const Tensor& x) {
  const std::vector<T> values = x.to_vector<T>();
  const auto bad = std::find_if(values.begin(), values.end(), [](T value) { return !std::isfinite(value); });
  if (bad == values.end()) return "";
  return fmt::format("entry {} is {}", place_of(bad - values.begin(), x.shape()), std::isnan(*bad) ? T(NAN) : *bad);
}

/// Returns "entry (1, 2) is nan", or "" when all entries are finite.
std::string bad_entry(const Tensor& x) {
  if (!x.defined() || !is_float(x.dtype()) || x.numel() == 0 || sum_is_finite(x)) return "";
  return x.dtype() == DType::f32 ? first_bad_entry<float>(x) : first_bad_entry<double>(x);
}

const char* kind(const Tensor& x) { return x.leaf() ? "parameter" : x.node().tape ? "input" : "constant input"; }

void require_finite_inputs(const Record& record, std::span<const TensorArg> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (const std::string bad = bad_entry(*inputs[i].tensor); !bad.empty())
      fail<Error>("[{}] need finite numbers, got them bad already: {} {} of shape {}: {}", where(record),
                  kind(*inputs[i].tensor), i, inputs[i].tensor->shape(), bad);
}

void require_finite_results(const Record& record, std::span<const TensorArg> inputs, std::span<const Tensor> outputs) {
  for (const Tensor& output : outputs) {
    const std::string bad = bad_entry(output);
    if (bad.empty()) continue;
    require_finite_inputs(record, inputs);
    fail<Error>("[{}] need finite numbers, the result of shape {} became bad from good inputs: {}", where(record),
                output.shape(), bad);
  }
}

void require_finite_gradient(const Record& record, size_t input, const Tensor& gradient, std::span<const Tensor> dy) {
  const std::string bad = bad_entry(gradient);
  if (bad.empty()) return;
  for (size_t k = 0; k < dy.size(); ++k)
    if (const std::string before = bad_entry(dy[k]); !before.empty())
      fail<Error>("[{} backward] need finite gradients, got one that was bad already: of result {} of shape {}: {}",
                  where(record), k, dy[k].shape(), before);
  fail<Error>("[{} backward] need finite gradients, that of input {} of shape {} became bad from good ones: {}",
              where(record), input, gradient.shape(), bad);
}

/// Tells whether a record uses a leaf for the first time. Value ids grow with time: such a leaf's is above those of the
/// results of the record before.
bool uses_new_leaf(const Tape& tape, const Record& record) {
  const Record* before = tape.size() > 1 ? &tape.record(tape.size() - 2) : nullptr;
  const int32_t known = before ? before->first_output + before->outputs : 0;
  return std::any_of(record.inputs.begin(), record.inputs.end(),
                     [&](int32_t input) { return input >= known && tape.value(input).leaf; });
}

}  // namespace

void AnomalyWatch::recorded(const Tape& tape, Record& record, std::span<const TensorArg> inputs,
                            std::span<const Tensor> outputs) {
  if (uses_new_leaf(tape, record)) require_finite_inputs(record, inputs);
  require_finite_results(record, inputs, outputs);
}

void AnomalyWatch::backward_ends(const Tape&, Record& record, Grads& dx) {
  for (size_t input = 0; input < record.inputs.size(); ++input)
    if (dx.wanted(input)) require_finite_gradient(record, input, dx.so_far(input), dx.dy());
}

}  // namespace grus
