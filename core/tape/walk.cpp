// The tape read backwards: backward(), grad() and what both share.
#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/tape/tape.h"
#include "core/tape/tape_observer.h"
#include "core/tape/tape_parts.h"

namespace grus {
namespace {

/// Whether some input's gradient is needed. What made a value that is asked for need not be walked through for it.
bool reaches(const Record& record, const std::vector<bool>& needed) {
  return std::any_of(record.inputs.begin(), record.inputs.end(),
                     [&](int32_t input) { return input >= 0 && needed[static_cast<size_t>(input)]; });
}

}  // namespace

void Tape::seed_gradient(std::vector<Tensor>& table, const Tensor& y, const Tensor& seed, const char* caller) {
  require<UsageError>(y.defined() && y.node().tape != 0,
                      "[{}] need a tensor that this tape recorded, got one that is not on it: nothing with a gradient "
                      "reached it, as under NoGrad or when all is frozen",
                      caller);
  if (y.node().tape != serial_)
    fail<UsageError>("[{}] need a tensor that this tape recorded, got one recorded by {}", caller,
                     whose(y.node().tape));
  require(seed.defined() || y.numel() == 1, "[{}] need one element or a seed gradient of shape {}, got none", caller,
          y.shape());
  if (seed.defined()) {
    require_same_kind(caller, y, seed);
    require(seed.shape() == y.shape(), "[{}] need a seed gradient of shape {}, got {}", caller, y.shape(),
            seed.shape());
  }
  Tensor gradient = seed.defined() ? seed : Tensor::ones(y.shape(), y.dtype(), y.device());
  Tensor& slot = table[static_cast<size_t>(y.node().value)];
  slot = slot.defined() ? recorded_sum(slot, gradient) : gradient;
}

void Tape::run(Record& record, std::vector<Tensor>& table, const std::vector<bool>* needed, bool create_graph,
               bool consume) {
  // A rule adds to the gradients of inputs, which are older values: those of its outputs stay as they are meanwhile.
  const auto dy =
      std::span(table).subspan(static_cast<size_t>(record.first_output), static_cast<size_t>(record.outputs));
  bool reached = false;
  for (const Tensor& gradient : dy) reached |= gradient.defined();
  if (!reached) return;
  if (record.consumed)
    fail<UsageError>("[{}] backward was called twice over this op; of several losses make one sum", where(record));
  for (size_t i = 0; i < record.saved.size(); ++i)
    if (record.saved[i].defined() && record.saved[i].version() != record.versions[i])
      fail<UsageError>("[{}] a {} of shape {} that backward needs was changed since the forward pass", where(record),
                       record.saved[i].leaf() ? "parameter" : "tensor", record.saved[i].shape());
  const PrecisionScope precision(record.precision);
  Grads grads(*this, table, record.inputs, dy, needed, create_graph, *record.op);
  const std::vector<TapeObserver*>& observers = tape_observers();
  for (TapeObserver* observer : observers) observer->backward_begins(*this, record, dy);
  record.backward(record.closure, Saved(record.saved, *record.op), grads);
  for (TapeObserver* observer : observers) observer->backward_ends(*this, record);
  if (check_finite_)
    for (size_t i = 0; i < record.inputs.size(); ++i)
      if (const int32_t value = record.inputs[i]; value >= 0)
        require_finite_gradient(record, static_cast<int>(i), table[static_cast<size_t>(value)], dy);
  if (!consume) return;
  for (Tensor& gradient : dy) const Tensor freed = std::move(gradient);  // older records may want the memory
}

std::vector<int32_t> Tape::replay(const Record& record, Tape& nested) const {
  std::vector<Tensor> saved, dy;
  std::vector<int32_t> saved_values, inputs;
  for (const Tensor& tensor : record.saved) {
    saved.push_back(tensor.defined() ? nested.watch(tensor) : tensor);
    saved_values.push_back(saved.back().defined() ? saved.back().node().value : -1);
  }
  for (int32_t value : record.inputs)
    inputs.push_back(value < 0 ? -1 : nested.watch(empty_like_value(value)).node().value);
  for (int32_t k = 0; k < record.outputs; ++k) {
    const Value& v = at(record.first_output + k);
    dy.push_back(Tensor::zeros(v.shape, v.dtype, v.device));
  }
  std::vector<Tensor> table(nested.values_.size());
  Grads grads(nested, table, inputs, dy, nullptr, true, *record.op);
  record.backward(record.closure, Saved(saved, *record.op), grads);
  return saved_values;
}

void Tape::walk(int32_t newest, size_t first_record, std::vector<Tensor>& table, const std::vector<bool>* needed,
                bool create_graph, bool consume) {
  auto past = std::partition_point(records_.begin(), records_.end(),
                                   [&](const Record* r) { return r->first_output <= newest; });
  std::optional<NoGrad> suspended;
  if (!create_graph) suspended.emplace();
  for (auto i = static_cast<ptrdiff_t>(past - records_.begin()) - 1; i >= static_cast<ptrdiff_t>(first_record); --i) {
    Record& record = *records_[static_cast<size_t>(i)];
    if (needed && !reaches(record, *needed)) continue;
    run(record, table, needed, create_graph, consume);
    if (consume) release_saved(record);
  }
}

void Tape::backward(const Tensor& loss, const Tensor& seed) {
  require<UsageError>(keep_ == Keep::saved, "[backward] need a tape that keeps what is saved, got one that does not");
  require<UsageError>(!walked_,
                      "[backward] was called twice on this tape; make a new Tape for each forward pass, and of several "
                      "losses one sum");
  std::vector<Tensor> table(values_.size());
  {
    NoGrad suspended;
    seed_gradient(table, loss, seed, "backward");
  }
  walked_ = true;
  walk(loss.node().value, 0, table, nullptr, false, true);
  const NoGrad hooks_are_not_recorded;
  const auto each_gradient = [&](auto&& f) {
    for (const UsedLeaf& used : used_leaves_)
      if (Tensor& gradient = table[static_cast<size_t>(used.value)]; gradient.defined()) f(*used.leaf, gradient);
  };
  // Hooks and checks may throw: all of them come before the first leaf changes.
  each_gradient([](Leaf& leaf, Tensor& gradient) { gradient = leaf.prepare(std::move(gradient)); });
  each_gradient([](Leaf& leaf, Tensor& gradient) { leaf.accumulate(std::move(gradient)); });
}

std::vector<bool> Tape::descendants(std::span<const Tensor> inputs, int32_t newest, size_t first_record) {
  std::vector<bool> needed(values_.size(), false);
  int32_t oldest = newest + 1;
  for (const Tensor& input : inputs) {
    const int32_t value = value_of(input, "grad");
    require<UsageError>(value >= 0, "[grad] need inputs that this tape knows (watch them), got one of shape {}",
                        input.shape());
    if (static_cast<size_t>(value) >= needed.size()) needed.resize(static_cast<size_t>(value) + 1, false);
    needed[static_cast<size_t>(value)] = true;
    oldest = std::min(oldest, value);
  }
  auto first = std::partition_point(records_.begin() + static_cast<ptrdiff_t>(first_record), records_.end(),
                                    [&](const Record* r) { return r->first_output <= oldest; });
  for (; first != records_.end() && (*first)->first_output <= newest; ++first) {
    const Record& record = **first;
    if (!reaches(record, needed)) continue;
    for (int32_t k = 0; k < record.outputs; ++k) needed[static_cast<size_t>(record.first_output + k)] = true;
  }
  return needed;
}

std::vector<Tensor> Tape::gradients(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                                    std::span<const Tensor> inputs, bool create_graph, bool consume,
                                    size_t first_record) {
  require<UsageError>(keep_ == Keep::saved, "[grad] need a tape that keeps what is saved, got one that does not");
  require<UsageError>(!walked_, "[grad] this tape was walked by backward already; ask for gradients before");
  int32_t newest = -1;
  std::vector<Tensor> table(values_.size());
  for (size_t i = 0; i < ys.size(); ++i) {
    seed_gradient(table, ys[i], i < seeds.size() ? seeds[i] : Tensor(), "grad");
    newest = std::max(newest, ys[i].node().value);
  }
  const std::vector<bool> needed = descendants(inputs, newest, first_record);
  table.resize(needed.size());

  walked_ = consume;
  walk(newest, first_record, table, &needed, create_graph, consume);

  std::vector<Tensor> results;
  for (const Tensor& input : inputs) results.push_back(table[static_cast<size_t>(value_of(input, "grad"))]);
  return results;
}

std::vector<Tensor> Tape::grad(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                               std::span<const Tensor> inputs, bool create_graph, size_t first_record) {
  return gradients(ys, seeds, inputs, create_graph, false, first_record);
}

std::vector<Tensor> Tape::take_gradients(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                                         std::span<const Tensor> inputs) {
  return gradients(ys, seeds, inputs, false, true, 0);
}

std::vector<Tensor> Tape::grad(const Tensor& y, std::span<const Tensor> inputs, bool create_graph, const Tensor& seed) {
  return grad(std::span<const Tensor>(&y, 1), std::span<const Tensor>(&seed, 1), inputs, create_graph);
}

}  // namespace grus
