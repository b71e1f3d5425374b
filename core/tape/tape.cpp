// Recording: what a Tape keeps while the forward pass runs.
#include "core/tape/tape.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <unordered_set>

#include "core/base/error.h"
#include "core/tape/tape_observer.h"
#include "core/tape/tape_parts.h"

namespace grus {
namespace {

constexpr size_t arena_chunk = size_t{1} << 16;

/// Chunks of tapes that ended, for those to come: a fresh one costs the system a page fault every 4 KiB.
struct SpareChunks {
  static constexpr size_t most = 64;
  std::mutex mutex;
  std::vector<std::unique_ptr<std::byte[]>> chunks;
};
SpareChunks& spare_chunks() {
  static auto* const all = new SpareChunks;  // never destroyed: a static tape may go later
  return *all;
}

std::unique_ptr<std::byte[]> new_chunk(size_t bytes) {
  if (bytes == arena_chunk) {
    const std::lock_guard lock(spare_chunks().mutex);
    if (auto& spare = spare_chunks().chunks; !spare.empty()) {
      auto chunk = std::move(spare.back());
      spare.pop_back();
      return chunk;
    }
  }
  return std::make_unique_for_overwrite<std::byte[]>(bytes);
}

constexpr size_t aligned(size_t bytes) {
  constexpr size_t unit = alignof(std::max_align_t);
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

void keep_chunks(std::vector<std::unique_ptr<std::byte[]>>& arena) {
  const std::lock_guard lock(spare_chunks().mutex);
  auto& spare = spare_chunks().chunks;  // each chunk has at least arena_chunk bytes
  while (!arena.empty() && spare.size() < SpareChunks::most) {
    spare.push_back(std::move(arena.back()));
    arena.pop_back();
  }
}

std::byte* Tape::allocate(size_t bytes) {
  bytes = aligned(bytes);
  if (arena_used_ + bytes > arena_size_) {
    arena_size_ = std::max(arena_chunk, bytes);
    arena_.push_back(new_chunk(arena_size_));
    arena_used_ = 0;
  }
  std::byte* const place = arena_.back().get() + arena_used_;
  arena_used_ += bytes;
  return place;
}

int32_t Tape::new_value(const Tensor& x, Record* producer, Leaf* leaf) {
  static_assert(std::is_trivially_destructible_v<Value>);
  values_.push_back(new (allocate(sizeof(Value))) Value{x.shape(), x.dtype(), x.device(), producer, leaf});
  return static_cast<int32_t>(values_.size()) - 1;
}

int32_t Tape::value_of_unrecorded(const Tensor& x, const char* op) {
  if (x.node().tape != 0)
    fail<UsageError>("[{}] got a tensor of shape {} recorded by {}; {}", op, x.shape(), whose(x.node().tape),
                     keep_ == Keep::nothing ? "make it an input of the function" : "detach() it first");
  if (!x.leaf() || !x.leaf()->requires_grad) return -1;
  auto [entry, is_new] = leaves_.try_emplace(x.leaf(), 0);
  if (is_new) {
    entry->second = new_value(x, nullptr, x.leaf());
    used_leaves_.push_back({Ref<Leaf>::share(x.leaf()), entry->second});
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
  watched.set_node({serial_, new_value(x, nullptr, nullptr)});
  return watched;
}

Tensor Tape::empty_like_value(int32_t value) const {
  const Value& v = at(value);
  return Tensor::empty(v.shape, v.dtype, v.device);
}

void Tape::fail_unlike_value(const Op& op, int input, const Value& v, const Tensor& gradient) const {
  require(gradient.shape() == v.shape, "[{}] backward made a gradient of shape {} for input {} of shape {}", op.name(),
          gradient.shape(), input, v.shape);
  require<DtypeError>(gradient.dtype() == v.dtype, "[{}] backward made a gradient of {} for input {} of {}", op.name(),
                      gradient.dtype(), input, v.dtype);
  fail<DeviceError>("[{}] backward made a gradient on {} for input {} on {}", op.name(), gradient.device(), input,
                    v.device);
}

void Tape::push(const Op& op, std::span<const TensorArg> inputs, std::span<Tensor> outputs,
                std::span<const TensorArg> saved, void (*backward)(const void*, const Saved&, Grads&),
                const void* closure, size_t closure_bytes) {
  if (keep_ == Keep::nothing) saved = {};
  require<UsageError>(
      !walked_,
      "[{}] this tape was walked already; make a new Tape for the next forward pass, and a NoGrad for a "
      "metric or a validation while this one lives",
      op.name());
  require<UsageError>(outputs.size() <= max_outputs, "[{}] need at most {} outputs, got {}", op.name(), max_outputs,
                      outputs.size());
  const size_t leaves_before = used_leaves_.size();
  // One piece: the record, the closure, what is saved and its versions, the inputs.
  const size_t closure_at = aligned(sizeof(Record)), saved_at = closure_at + aligned(closure_bytes);
  const size_t versions_at = saved_at + saved.size() * sizeof(Tensor);
  const size_t inputs_at = versions_at + saved.size() * sizeof(uint64_t);
  std::byte* const place = allocate(inputs_at + inputs.size() * sizeof(int32_t));
  auto* input_values = reinterpret_cast<int32_t*>(place + inputs_at);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = *inputs[i].tensor;
    input_values[i] = input.defined() ? value_of(input, op.name()) : -1;
    if (input.defined() && input_values[i] < 0) input_values[i] = constant_input(new_value(input, nullptr, nullptr));
  }
  auto* kept = reinterpret_cast<Tensor*>(place + saved_at);
  auto* versions = reinterpret_cast<uint64_t*>(place + versions_at);
  std::memcpy(place + closure_at, closure, closure_bytes);
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
  for (Tensor& output : outputs) output.set_node({serial_, new_value(output, record, nullptr)});

  for (size_t i = 0; i < saved.size(); ++i) {
    new (kept + i) Tensor(*saved[i].tensor);
    versions[i] = kept[i].defined() ? kept[i].version() : 0;
    if (kept[i].defined() && !kept[i].leaf())
      record->saved_bytes += static_cast<size_t>(kept[i].numel()) * size_of(kept[i].dtype());
    for (const Tensor& output : outputs)  // a saved output is the output: gradients of gradients flow through it
      if (kept[i].defined() && kept[i].node().tape == 0 && kept[i].same_elements(output))
        kept[i].set_node(output.node());
  }
  records_.push_back(record);
  if (check_finite_) {
    if (used_leaves_.size() > leaves_before) require_finite_inputs(*record, inputs);
    require_finite_results(*record, inputs, outputs);
  }
  for (TapeObserver* observer : tape_observers()) observer->recorded(*this, *record, inputs, outputs);
}

void Tape::release_saved(Record& record) {
  for (Tensor& tensor : record.saved) tensor.~Tensor();
  record.saved = {};
  record.consumed = true;
}

size_t Tape::saved_bytes() const {
  std::unordered_set<const Buffer*> seen;
  size_t bytes = 0;
  for (const Record* record : records_)
    for (const Tensor& tensor : record->saved)
      if (tensor.defined() && seen.insert(tensor.view().buffer).second) bytes += tensor.view().buffer->bytes;
  return bytes;
}

}  // namespace grus
