#include "core/tape.h"

#include <algorithm>
#include <new>
#include <unordered_set>

#include "core/error.h"

namespace grus {
namespace {

thread_local Tape* active_tape = nullptr;
std::atomic<uint64_t> last_serial{0};
constexpr size_t max_outputs = 8;
const Op accumulate_op("accumulate");  // of gradients, under create_graph
const Op place_rows_op("place_rows");
constexpr size_t arena_chunk = size_t{1} << 16;

bool is_finite(const Tensor& x) {
  if (!is_float(x.dtype()) || x.numel() == 0) return true;
  Tensor sum = Tensor::empty({}, x.dtype(), x.device());
  View y = x.view();
  const View one = sum.write_view();
  y.buffer = one.buffer;
  y.offset = one.offset;
  std::fill(y.strides, y.strides + max_rank, 0);
  x.device().check(x.device().kernels().reduce(x.device().context(), ReduceOp::sum, y, x.view(), false),
                   "check_finite");
  const double value = sum.item();
  return value - value == 0;
}

std::string where(const Record& record) {
  return *record.scope ? fmt::format("{} in {}", record.op->name(), record.scope) : record.op->name();
}

/// a + b as a recorded op, so that gradients of gradients see the accumulation.
Tensor recorded_sum(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty(a.shape(), a.dtype(), a.device());
  const Device device = a.device();
  device.check(device.kernels().binary(device.context(), BinaryOp::add, y.write_view(), a.view(), b.view()), "add");
  return record(accumulate_op, {a, b}, y, {}, [](const Saved&, const Tensor& dy, Grads& dx) {
    if (dx.wanted(0)) dx.add(0, dy);
    if (dx.wanted(1)) dx.add(1, dy);
  });
}

}  // namespace

const char*& current_scope() {
  thread_local const char* scope = "";
  return scope;
}

// Grads

int32_t Grads::value_of(int input) const {
  const int32_t value = inputs_[static_cast<size_t>(input)];
  return value >= 0 && (!needed_ || (*needed_)[static_cast<size_t>(value)]) ? value : -1;
}

void Grads::add(int input, Tensor gradient) {
  const int32_t value = value_of(input);
  if (value < 0 || !gradient.defined()) return;
  require(gradient.shape() == tape_.shape_of(value),
          "[{}] backward made a gradient of shape {} for input {} of shape {}", op_.name(), gradient.shape(), input,
          tape_.shape_of(value));
  Tensor& slot = table_[static_cast<size_t>(value)];
  if (!slot.defined()) {
    slot = std::move(gradient);
  } else if (recording_ || !slot.owns_storage_alone()) {
    slot = recorded_sum(slot, gradient);
  } else {
    const Device device = slot.device();
    device.check(device.kernels().copy(device.context(), slot.write_view(), gradient.view(), true), op_.name());
  }
}

Grads::Target Grads::target(int input) {
  require<UsageError>(!recording_, "[{}] target() writes in place, which create_graph cannot record", op_.name());
  const int32_t value = value_of(input);
  Tensor& slot = table_[static_cast<size_t>(value)];
  if (!slot.defined()) {
    slot = tape_.empty_like_value(value);
    return {slot, false};
  }
  if (!slot.owns_storage_alone()) slot = slot.clone();
  return {slot, true};
}

Tensor& Grads::zeroed_target(int input) {
  Target target = this->target(input);
  if (!target.accumulate) {
    const Device device = target.tensor.device();
    device.check(device.kernels().fill(device.context(), target.tensor.write_view(), 0), op_.name());
  }
  return target.tensor;
}

namespace {

/// Zeros of `shape` with gradient in rows [begin, ...): the adjoint of taking rows, and its own adjoint is taking rows.
Tensor recorded_placement(const Shape& shape, int64_t begin, const Tensor& gradient) {
  Tensor y = Tensor::zeros(shape, gradient.dtype(), gradient.device());
  const int64_t end = begin + gradient.dim(0);
  const Device device = y.device();
  device.check(
      device.kernels().copy(device.context(), y.unrecorded_rows(begin, end).write_view(), gradient.view(), false),
      "place_rows");
  return record(place_rows_op, {gradient}, y, {},
                [begin, end](const Saved&, const Tensor& dy, Grads& dx) { dx.add(0, dy.rows(begin, end)); });
}

}  // namespace

void Grads::add_rows_at(int input, int64_t begin, const Tensor& gradient) {
  const int32_t value = value_of(input);
  if (value < 0) return;
  if (recording_) return add(input, recorded_placement(tape_.shape_of(value), begin, gradient));
  Tensor part = zeroed_target(input).unrecorded_rows(begin, begin + gradient.dim(0));
  const Device device = part.device();
  device.check(device.kernels().copy(device.context(), part.write_view(), gradient.view(), true), op_.name());
}

// Tape: recording

Tape* Tape::active() { return active_tape; }

Tape::Tape() : serial_(++last_serial), outer_(active_tape) { active_tape = this; }

Tape::~Tape() {
  for (Record* record : records_) release_saved(*record);
  if (active_tape == this) active_tape = outer_;
}

NoGrad::NoGrad() : suspended_(active_tape) { active_tape = nullptr; }
NoGrad::~NoGrad() { active_tape = suspended_; }

void* Tape::allocate(size_t bytes, size_t alignment) {
  arena_used_ = (arena_used_ + alignment - 1) / alignment * alignment;
  if (arena_used_ + bytes > arena_size_) {
    arena_size_ = std::max(arena_chunk, bytes);
    arena_.push_back(std::make_unique_for_overwrite<std::byte[]>(arena_size_));
    arena_used_ = 0;
  }
  void* place = arena_.back().get() + arena_used_;
  arena_used_ += bytes;
  return place;
}

bool Tape::tracks(const Tensor& x) const { return (x.leaf() && x.leaf()->requires_grad) || x.node().tape != 0; }

int32_t Tape::new_value(const Tensor& x, Record* producer, Ref<Leaf> leaf) {
  values_.push_back({x.shape(), x.dtype(), x.device(), producer, std::move(leaf)});
  return static_cast<int32_t>(values_.size()) - 1;
}

int32_t Tape::value_of(const Tensor& x, const char* op) {
  if (x.node().tape == serial_) return x.node().value;
  require<UsageError>(x.node().tape == 0, "[{}] got a tensor of shape {} that another tape recorded; detach() it first",
                      op, x.shape());
  if (!x.leaf() || !x.leaf()->requires_grad) return -1;
  auto [entry, is_new] = leaves_.try_emplace(x.leaf(), 0);
  if (is_new) {
    entry->second = new_value(x, nullptr, Ref<Leaf>::share(x.leaf()));
    leaf_values_.push_back(entry->second);
  }
  return entry->second;
}

Tensor Tape::watch(const Tensor& x) {
  Tensor watched = x.detach();
  watched.set_node({serial_, new_value(x, nullptr, {})});
  return watched;
}

Tensor Tape::empty_like_value(int32_t value) const {
  const Value& v = values_[static_cast<size_t>(value)];
  return Tensor::empty(v.shape, v.dtype, v.device);
}

void Tape::push(const Op& op, std::span<const TensorArg> inputs, std::span<Tensor> outputs,
                std::span<const TensorArg> saved, void (*backward)(const void*, const Saved&, Grads&),
                const void* closure, size_t closure_bytes) {
  require<UsageError>(!walked_, "[{}] this tape was walked already; make a new Tape for the next forward pass",
                      op.name());
  require<UsageError>(outputs.size() <= max_outputs, "[{}] need at most {} outputs, got {}", op.name(), max_outputs,
                      outputs.size());
  auto* input_values = static_cast<int32_t*>(allocate(inputs.size() * sizeof(int32_t), alignof(int32_t)));
  for (size_t i = 0; i < inputs.size(); ++i)
    input_values[i] = inputs[i].tensor->defined() ? value_of(*inputs[i].tensor, op.name()) : -1;
  auto* record = new (allocate(sizeof(Record), alignof(Record))) Record{};
  record->op = &op;
  record->scope = current_scope();
  record->inputs = {input_values, inputs.size()};
  record->first_output = static_cast<int32_t>(values_.size());
  record->outputs = static_cast<int32_t>(outputs.size());
  for (Tensor& output : outputs) output.set_node({serial_, new_value(output, record, {})});

  auto* kept = static_cast<Tensor*>(allocate(saved.size() * sizeof(Tensor), alignof(Tensor)));
  auto* versions = static_cast<uint64_t*>(allocate(saved.size() * sizeof(uint64_t), alignof(uint64_t)));
  for (size_t i = 0; i < saved.size(); ++i) {
    new (kept + i) Tensor(*saved[i].tensor);
    versions[i] = kept[i].defined() ? kept[i].version() : 0;
    for (const Tensor& output : outputs)  // a saved output is the output: gradients of gradients flow through it
      if (kept[i].defined() && kept[i].node().tape == 0 && kept[i].same_elements(output))
        kept[i].set_node(output.node());
  }
  record->saved = {kept, saved.size()};
  record->versions = {versions, saved.size()};
  void* own_closure = allocate(closure_bytes, alignof(std::max_align_t));
  std::memcpy(own_closure, closure, closure_bytes);
  record->closure = own_closure;
  record->backward = backward;
  records_.push_back(record);
  if (check_finite_)
    for (const Tensor& output : outputs)
      require<Error>(is_finite(output), "[{}] the result of shape {} has a NaN or an infinity", where(*record),
                     output.shape());
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

// Tape: walking

void Tape::seed_gradient(std::vector<Tensor>& table, const Tensor& y, const Tensor& seed, const char* caller) {
  require<UsageError>(
      y.defined() && y.node().tape == serial_,
      "[{}] need a tensor that this tape recorded, got one that is not on it: nothing with a gradient reached it",
      caller);
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
  std::array<Tensor, max_outputs> dy;
  bool reached = false;
  for (int32_t k = 0; k < record.outputs; ++k) {
    Tensor& slot = table[static_cast<size_t>(record.first_output + k)];
    reached |= slot.defined();
    dy[static_cast<size_t>(k)] = slot;
    if (consume) slot = Tensor();
  }
  if (!reached) return;
  require<UsageError>(!record.consumed, "[{}] backward was called twice over this op", where(record));
  for (size_t i = 0; i < record.saved.size(); ++i)
    require<UsageError>(!record.saved[i].defined() || record.saved[i].version() == record.versions[i],
                        "[{}] a tensor of shape {} that backward needs was changed since the forward pass",
                        where(record), record.saved[i].shape());
  Grads grads(*this, table, record.inputs, {dy.data(), static_cast<size_t>(record.outputs)}, needed, create_graph,
              *record.op);
  record.backward(record.closure, Saved(record.saved), grads);
  if (!check_finite_) return;
  for (int32_t value : record.inputs)
    if (value >= 0 && table[static_cast<size_t>(value)].defined())
      require<Error>(is_finite(table[static_cast<size_t>(value)]),
                     "[{} backward] a gradient of shape {} has a NaN or an infinity", where(record), shape_of(value));
}

void Tape::walk(int32_t newest, std::vector<Tensor>& table, const std::vector<bool>* needed, bool create_graph,
                bool consume) {
  auto past = std::partition_point(records_.begin(), records_.end(),
                                   [&](const Record* r) { return r->first_output <= newest; });
  for (auto i = static_cast<ptrdiff_t>(past - records_.begin()) - 1; i >= 0; --i) {
    Record& record = *records_[static_cast<size_t>(i)];
    if (needed && !(*needed)[static_cast<size_t>(record.first_output)]) continue;
    std::optional<NoGrad> suspended;
    if (!create_graph) suspended.emplace();
    run(record, table, needed, create_graph, consume);
    if (consume) release_saved(record);
  }
}

void Tape::backward(const Tensor& loss, const Tensor& seed) {
  require<UsageError>(!walked_, "[backward] was called twice on this tape; make a new Tape for each forward pass");
  std::vector<Tensor> table(values_.size());
  {
    NoGrad suspended;
    seed_gradient(table, loss, seed, "backward");
  }
  walked_ = true;
  walk(loss.node().value, table, nullptr, false, true);
  for (int32_t value : leaf_values_) {
    Tensor& gradient = table[static_cast<size_t>(value)];
    if (gradient.defined()) values_[static_cast<size_t>(value)].leaf->accumulate(std::move(gradient));
  }
}

std::vector<bool> Tape::descendants(std::span<const Tensor> inputs, int32_t newest) {
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
  auto first = std::partition_point(records_.begin(), records_.end(),
                                    [&](const Record* r) { return r->first_output <= oldest; });
  for (; first != records_.end() && (*first)->first_output <= newest; ++first) {
    const Record* record = *first;
    bool reaches = false;
    for (int32_t input : record->inputs) reaches |= input >= 0 && needed[static_cast<size_t>(input)];
    for (int32_t k = 0; reaches && k < record->outputs; ++k)
      needed[static_cast<size_t>(record->first_output + k)] = true;
  }
  return needed;
}

std::vector<Tensor> Tape::grad(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                               std::span<const Tensor> inputs, bool create_graph) {
  require<UsageError>(!walked_, "[grad] this tape was walked by backward already");
  int32_t newest = -1;
  std::vector<Tensor> table(values_.size());
  for (size_t i = 0; i < ys.size(); ++i) {
    seed_gradient(table, ys[i], i < seeds.size() ? seeds[i] : Tensor(), "grad");
    newest = std::max(newest, ys[i].node().value);
  }
  const std::vector<bool> needed = descendants(inputs, newest);
  table.resize(needed.size());

  walk(newest, table, &needed, create_graph, false);

  std::vector<Tensor> results;
  for (const Tensor& input : inputs) results.push_back(table[static_cast<size_t>(value_of(input, "grad"))]);
  return results;
}

std::vector<Tensor> Tape::grad(const Tensor& y, std::span<const Tensor> inputs, bool create_graph, const Tensor& seed) {
  return grad(std::span<const Tensor>(&y, 1), std::span<const Tensor>(&seed, 1), inputs, create_graph);
}

}  // namespace grus
