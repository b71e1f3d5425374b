// backward() and grad() set up a walk of the tape. grad() leaves out records that none of its inputs reach.
#include <algorithm>

#include "core/base/error.h"
#include "core/tape/grads.h"

namespace grus {

bool reaches(const Record& record, const std::vector<bool>& needed) {
  return std::any_of(record.inputs.begin(), record.inputs.end(),
                     [&](int32_t input) { return input >= 0 && needed[static_cast<size_t>(input)]; });
}

void Tape::seed_gradient(std::vector<Tensor>& table, const Tensor& y, const Tensor& seed, const char* caller) {
  require<UsageError>(y.defined() && y.node().tape != 0,
                      "[{}] need a tensor that this tape recorded, got one that is not on it: nothing with a gradient "
                      "reached it, as under NoGrad or when all is frozen",
                      caller);
  if (y.node().tape != serial_)
    fail<UsageError>("[{}] need a tensor that this tape recorded, got one recorded by {}", caller,
                     TapeSerial::whose(y.node().tape));
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

size_t Tape::end_of_records_up_to(int32_t value) const {
  const auto past =
      std::partition_point(records_.begin(), records_.end(), [&](const Record* r) { return r->first_output <= value; });
  return static_cast<size_t>(past - records_.begin());
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
  walk(0, end_of_records_up_to(loss.node().value), {table, nullptr, false, true});
  const NoGrad hooks_are_not_recorded;
  const auto each_gradient = [&](auto&& f) {
    for (const UsedLeaf& used : used_leaves_)
      if (Tensor& gradient = table[static_cast<size_t>(used.value)]; gradient.defined()) f(*used.leaf, gradient);
  };
  // Hooks and checks may throw, so all of them run before the first leaf changes.
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
  const size_t end = end_of_records_up_to(newest);
  for (size_t i = std::max(first_record, end_of_records_up_to(oldest)); i < end; ++i) {
    const Record& record = *records_[i];
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
  walk(first_record, end_of_records_up_to(newest), {table, &needed, create_graph, consume});

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
