// A Tape's records are made here, while the forward pass runs.
#include "core/tape/tape.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

#include "core/base/error.h"
#include "core/base/scope.h"
#include "core/device/precision.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

constexpr size_t max_outputs = 8;

/// Returns the number by which a record holds a constant; input_value() is the inverse.
int32_t constant_input(int32_t value) { return -2 - value; }

}  // namespace

std::vector<TapeObserver*>& tape_observers() {
  thread_local std::vector<TapeObserver*> observers;
  return observers;
}

std::string where(const Record& record) {
  return *record.scope ? fmt::format("{} in {}", record.op->name(), record.scope) : record.op->name();
}

Tape::~Tape() {
  for (Record* record : records_)
    if (!record->consumed) release_saved(*record);
}

Tape* Tape::recording(const Op& op, std::span<const TensorArg> inputs) {
  Tape* const tape = active();
  for (const TensorArg& input : inputs) {
    const Tensor& x = *input.tensor;
    if (tape && tape->tracks(x)) return tape;
    require<UsageError>(
        tape || x.node().tape == 0 || RecordingScope::suspended() || !TapeSerial::is_of_another_thread(x.node().tape),
        "[{}] got a tensor of shape {} that a tape of another thread is recording, and this thread has "
        "no tape: its gradient would be lost; detach() it first",
        op.name(), x.shape());
  }
  return nullptr;
}

int32_t Tape::new_value(const Tensor& x, Record* producer, Leaf* leaf) {
  static_assert(std::is_trivially_destructible_v<Value>);
  values_.push_back(new (arena_.allocate(sizeof(Value))) Value{x.shape(), x.dtype(), x.device(), producer, leaf});
  return static_cast<int32_t>(values_.size()) - 1;
}

int32_t Tape::value_of_unrecorded(const Tensor& x, const char* op) {
  if (x.node().tape != 0)
    fail<UsageError>("[{}] got a tensor of shape {} recorded by {}; {}", op, x.shape(),
                     TapeSerial::whose(x.node().tape),
                     keep_ == Keep::nothing ? "make it an input of the function" : "detach() it first");
  if (!x.leaf() || !x.leaf()->requires_grad) return -1;
  auto* const leaf = static_cast<Leaf*>(x.leaf());
  auto [entry, is_new] = leaves_.try_emplace(leaf, 0);
  if (is_new) {
    entry->second = new_value(x, nullptr, leaf);
    used_leaves_.push_back({Ref<Leaf>::share(leaf), entry->second});
  }
  return entry->second;
}

std::vector<Ref<Leaf>> Tape::leaves() const {
  std::vector<Ref<Leaf>> leaves;
  for (const UsedLeaf& used : used_leaves_) leaves.push_back(used.leaf);
  return leaves;
}

Tensor Tape::watch(const Tensor& x) {
  Tensor watched = x.detach();
  Raw::set_node(watched, {serial_, new_value(x, nullptr, nullptr)});
  return watched;
}

void Tape::push(const Op& op, std::span<const TensorArg> inputs, std::span<Tensor> outputs,
                std::span<const TensorArg> saved, void (*backward)(const void*, const Saved&, Grads&),
                const void* closure, size_t closure_bytes) {
  if (keep_ == Keep::nothing) saved = {};
  if (keep_ == Keep::program) {
    saved = inputs;
    attributes_.push_back(noted_ == &op ? std::move(waiting_) : std::vector<Attribute>());
    waiting_.clear();
  }
  require<UsageError>(
      !walked_,
      "[{}] this tape was walked already; make a new Tape for the next forward pass, and a NoGrad for a "
      "metric or a validation while this one lives",
      op.name());
  require<UsageError>(
      keep_ != Keep::saved || product_precision() != Precision::int8,
      "[{}] need products in f32 or bf16 while a tape keeps gradients, got int8, which is for inference", op.name());
  require<UsageError>(outputs.size() <= max_outputs, "[{}] need at most {} outputs, got {}", op.name(), max_outputs,
                      outputs.size());
  // One piece of the arena holds the record, the closure, the saved tensors, their versions and the inputs.
  const size_t closure_at = Arena::aligned(sizeof(Record)), saved_at = closure_at + Arena::aligned(closure_bytes);
  const size_t versions_at = saved_at + saved.size() * sizeof(Tensor);
  const size_t inputs_at = versions_at + saved.size() * sizeof(uint64_t);
  std::byte* const place = arena_.allocate(inputs_at + inputs.size() * sizeof(int32_t));
  auto* input_values = reinterpret_cast<int32_t*>(place + inputs_at);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = *inputs[i].tensor;
    input_values[i] = input.defined() ? value_of(input, op.name()) : -1;
    if (input.defined() && input_values[i] < 0) input_values[i] = constant_input(new_value(input, nullptr, nullptr));
  }
  auto* kept = reinterpret_cast<Tensor*>(place + saved_at);
  auto* versions = reinterpret_cast<uint64_t*>(place + versions_at);
  if (closure_bytes > 0) std::memcpy(place + closure_at, closure, closure_bytes);  // memcpy takes no null
  auto* record = new (place) Record{.op = &op,
                                    .scope = current_scope(),
                                    .inputs = {input_values, inputs.size()},
                                    .first_output = static_cast<int32_t>(values_.size()),
                                    .outputs = static_cast<int32_t>(outputs.size()),
                                    .saved = {kept, saved.size()},
                                    .versions = {versions, saved.size()},
                                    .backward = backward,
                                    .closure = place + closure_at,
                                    .precision = product_precision()};
  for (Tensor& output : outputs) Raw::set_node(output, {serial_, new_value(output, record, nullptr)});

  for (size_t i = 0; i < saved.size(); ++i) {
    new (kept + i) Tensor(*saved[i].tensor);
    versions[i] = kept[i].defined() ? Raw::version(kept[i]) : 0;
    if (kept[i].defined() && !kept[i].leaf())
      record->saved_bytes += static_cast<size_t>(kept[i].numel()) * size_of(kept[i].dtype());
    for (const Tensor& output : outputs)  // a saved output is the output: gradients of gradients flow through it
      if (kept[i].defined() && kept[i].node().tape == 0 && Raw::same_elements(kept[i], output))
        Raw::set_node(kept[i], output.node());
  }
  records_.push_back(record);
  for (TapeObserver* observer : tape_observers()) observer->recorded(*this, *record, inputs, outputs);
}

void Tape::push_program(const Op& op, std::span<const TensorArg> args, std::span<Tensor> outputs) {
  if (noted_ != &op) waiting_.clear();
  const bool tracked = std::ranges::any_of(args, [&](const TensorArg& arg) { return tracks(*arg.tensor); }) ||
                       std::ranges::any_of(waiting_, [&](const Attribute& noted) { return tracks(noted.tensor); });
  if (tracked) push(op, args, outputs, args, nullptr, nullptr, 0);
}

void Tape::note(const Op& op, std::vector<Attribute> attributes) {
  noted_ = &op;
  waiting_ = std::move(attributes);
}

void Tape::release_saved(Record& record) {
  for (Tensor& tensor : record.saved) tensor.~Tensor();
  record.saved = {};
  record.consumed = true;
}

void require_readable(const Record& record) {
  if (record.consumed)
    fail<UsageError>("[{}] backward was called twice over this op; of several losses make one sum", where(record));
  for (size_t i = 0; i < record.saved.size(); ++i)
    if (record.saved[i].defined() && Raw::version(record.saved[i]) != record.versions[i])
      fail<UsageError>("[{}] a {} of shape {} that backward needs was changed since the forward pass", where(record),
                       record.saved[i].leaf() ? "parameter" : "tensor", record.saved[i].shape());
}

}  // namespace grus
