// A Tape's records are made here, while the forward pass runs.
#include "core/tape/tape.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

#include "core/base/error.h"
#include "core/base/scope.h"
#include "core/device/precision.h"
#include "core/tape/narrow.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

constexpr size_t max_outputs = 8;

/// Returns the number by which a record holds a constant; input_value() is the inverse.
int32_t constant_input(int32_t value) { return -2 - value; }

/// Throws DtypeError for a float that would be saved and that 16 bits cannot stand for.
void require_narrowable(const Op& op, std::span<const TensorArg> saved, Precision activations) {
  for (const TensorArg& arg : saved)
    require<DtypeError>(!arg.tensor->defined() || arg.tensor->dtype() != DType::f64,
                        "[{}] need f32 where activations are kept in {}, got f64 {}", op.name(), name_of(activations),
                        arg.tensor->shape());
}

}  // namespace

std::vector<TapeObserver*>& tape_observers() {
  thread_local struct Observers {
    Observers() { observers_state::here = &all; }
    ~Observers() { observers_state::here = nullptr; }
    std::vector<TapeObserver*> all;
  } observers;
  return observers.all;
}

std::string where(const Record& record) {
  return *record.scope ? fmt::format("{} in {}", record.op->name(), record.scope) : record.op->name();
}

Tape::~Tape() {
  for (Record* record : records_)
    if (!record->saved.empty()) release_saved(*record);
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

/// Makes the next value at a place in the arena.
inline int32_t Tape::add_value(std::byte* place, const Tensor& x, Record* producer, Leaf* leaf) {
  static_assert(std::is_trivially_destructible_v<Value>);
  values_.push_back(new (place) Value{x.shape(), x.dtype(), x.device(), producer, leaf});
  return static_cast<int32_t>(values_.size()) - 1;
}

int32_t Tape::new_value(const Tensor& x, Leaf* leaf) {
  return add_value(arena_.allocate(sizeof(Value)), x, nullptr, leaf);
}

int32_t Tape::value_of_leaf(Leaf* leaf, const Tensor& x) {
  auto [entry, is_new] = leaves_.try_emplace(leaf, 0);
  if (is_new) {
    entry->second = new_value(x, leaf);
    used_leaves_.push_back({Ref<Leaf>::share(leaf), entry->second});
  }
  leaf->last_value.store(entry->second, std::memory_order_relaxed);
  return entry->second;
}

int32_t Tape::value_of_unrecorded(const Tensor& x, const char* op) {
  if (x.node().tape != 0)
    fail<UsageError>("[{}] got a tensor of shape {} recorded by {}; {}", op, x.shape(),
                     TapeSerial::whose(x.node().tape),
                     keep_ == Keep::nothing ? "make it an input of the function" : "detach() it first");
  if (!x.leaf() || !x.leaf()->requires_grad) return -1;
  auto* const leaf = static_cast<Leaf*>(x.leaf());
  const int32_t last = leaf->last_value.load(std::memory_order_relaxed);
  const bool is_ours = static_cast<uint32_t>(last) < values_.size() && value(last).leaf == leaf;
  return is_ours ? last : value_of_leaf(leaf, x);
}

std::vector<Ref<Leaf>> Tape::leaves() const {
  std::vector<Ref<Leaf>> leaves;
  for (const UsedLeaf& used : used_leaves_) leaves.push_back(used.leaf);
  return leaves;
}

Tensor Tape::watch(const Tensor& x) {
  Tensor watched = x.detach();
  Raw::set_node(watched, {serial_, new_value(x)});
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
  const Precision precision = product_precision();
  require<UsageError>(
      keep_ != Keep::saved || precision != Precision::int8,
      "[{}] need products in f32 or bf16 while a tape keeps gradients, got int8, which is for inference", op.name());
  require<UsageError>(outputs.size() <= max_outputs, "[{}] need at most {} outputs, got {}", op.name(), max_outputs,
                      outputs.size());
  if (activations_ != Precision::f32 && keep_ == Keep::saved) require_narrowable(op, saved, activations_);
  // One piece of the arena holds the record, the closure, the output values, the saved tensors, their versions and the
  // inputs.
  const size_t closure_at = Arena::aligned(sizeof(Record)), values_at = closure_at + Arena::aligned(closure_bytes);
  const size_t saved_at = values_at + outputs.size() * sizeof(Value);
  const size_t versions_at = saved_at + saved.size() * sizeof(Tensor);
  const size_t inputs_at = versions_at + saved.size() * sizeof(uint64_t);
  std::byte* const place = arena_.allocate(inputs_at + inputs.size() * sizeof(int32_t));
  auto* input_values = reinterpret_cast<int32_t*>(place + inputs_at);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = *inputs[i].tensor;
    input_values[i] = input.defined() ? value_of(input, op.name()) : -1;
    if (input.defined() && input_values[i] < 0) input_values[i] = constant_input(new_value(input));
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
                                    .precision = precision};
  for (size_t k = 0; k < outputs.size(); ++k)
    Raw::set_node(outputs[k], {serial_, add_value(place + values_at + k * sizeof(Value), outputs[k], record, nullptr)});
  if (!saved.empty()) save(*record, saved, outputs);
  records_.push_back(record);
  if (activations_ != Precision::f32 && keep_ == Keep::saved && !saved.empty()) narrow(*record, saved, inputs);
  if (observers_state::here) [[unlikely]]
    for (TapeObserver* observer : *observers_state::here) observer->recorded(*this, *record, inputs, outputs);
}

void Tape::save(Record& record, std::span<const TensorArg> saved, std::span<const Tensor> outputs) {
  for (size_t i = 0; i < saved.size(); ++i) {
    Tensor& kept = *new (&record.saved[i]) Tensor(*saved[i].tensor);
    record.versions[i] = Raw::version(kept);
    if (!kept.defined()) continue;
    if (!kept.leaf()) record.saved_bytes += static_cast<size_t>(kept.numel()) * size_of(kept.dtype());
    for (const Tensor& output : outputs)  // a saved output is the output: gradients of gradients flow through it
      if (kept.node().tape == 0 && Raw::same_elements(kept, output)) Raw::set_node(kept, output.node());
  }
}

/// Rounds what a record saved. An input that is a constant, such as a batch of data or the mask of a dropout, stays.
void Tape::narrow(Record& record, std::span<const TensorArg> saved, std::span<const TensorArg> inputs) {
  const DType dtype = activations_ == Precision::bf16 ? DType::bf16 : DType::f16;
  record.narrowed = {new (arena_.allocate(saved.size())) bool[saved.size()](), saved.size()};
  const auto is_constant = [&](const Tensor* tensor) {
    for (size_t k = 0; k < inputs.size(); ++k)
      if (inputs[k].tensor == tensor && record.inputs[k] < 0) return true;
    return false;
  };
  for (size_t i = 0; i < saved.size(); ++i) {
    Tensor& kept = record.saved[i];
    if (saved[i].exact || !is_worth_narrowing(kept) || is_constant(saved[i].tensor)) continue;
    kept = narrowed(kept, dtype);
    record.narrowed[i] = true;
    record.versions[i] = Raw::version(kept);
    record.saved_bytes -= static_cast<size_t>(kept.numel()) * (size_of(DType::f32) - size_of(dtype));
  }
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
}

}  // namespace grus
