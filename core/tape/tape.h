#pragma once
// The tape. The newest tape that a thread made is its active one, until it ends: ops push records onto it, so push
// order is topological order and the backward pass is a loop over the records in reverse.
//
// 1. A value id names one output of one record, or a leaf; ids grow with time.
// 2. A record's inputs have smaller ids than its outputs.
// 3. A record's saved tensors are unchanged (same storage version) until backward consumed them; then they are
// released.
#include <cstring>
#include <memory>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "core/device/precision.h"
#include "core/tape/op.h"
#include "core/tape/recording.h"
#include "core/tensor/tensor.h"

namespace grus {

class Tape;

/// A tensor argument of `record`: refers to, never copies.
struct TensorArg {
  TensorArg(const Tensor& tensor) : tensor(&tensor) {}
  const Tensor* tensor;
};

/// The tensors a record kept, in the order they were given.
class Saved {
 public:
  Saved(std::span<const Tensor> tensors, const Op& op) : tensors_(tensors), op_(op) {}
  const Tensor& operator[](size_t i) const {
    if (i >= tensors_.size()) [[unlikely]]
      fail_no_such(i);
    return tensors_[i];
  }
  size_t size() const { return tensors_.size(); }

 private:
  [[noreturn]] void fail_no_such(size_t i) const;
  std::span<const Tensor> tensors_;
  const Op& op_;
};

/// Where a record's backward function puts the gradients of its inputs.
class Grads {
 public:
  /// Whether anything wants the gradient of input i; when not, do not compute it.
  bool wanted(int input) const { return value_of(input) >= 0; }
  /// Shape of input i, whose gradient is wanted. Throws UsageError for another.
  const Shape& shape_of(int input) const;
  /// Gradient of output k; undefined when nothing reached it.
  const Tensor& dy(int output) const {
    if (output < 0 || static_cast<size_t>(output) >= dy_.size()) [[unlikely]]
      fail_no_output(output);
    return dy_[static_cast<size_t>(output)];
  }
  /// Adds a gradient of the input's own shape.
  void add(int input, const Tensor& gradient);
  /// Adds to rows [begin, begin + gradient.dim(0)) of the input's gradient.
  void add_rows_at(int input, int64_t begin, const Tensor& gradient);

  /// True under create_graph: the rule must then use recorded ops only, and `add`.
  bool recording() const { return recording_; }
  struct Target {
    Tensor& tensor;   // the input's gradient, written in place
    bool accumulate;  // false: its content is undefined, write; true: add
  };
  /// The gradient buffer itself, for kernels that add in place. Throws UsageError while recording, and for an input
  /// whose gradient nothing wants.
  Target target(int input);
  /// The same, filled with zeros where nothing was added yet.
  Tensor& zeroed_target(int input);

 private:
  friend class Tape;
  Grads(Tape& tape, std::vector<Tensor>& table, std::span<const int32_t> inputs, std::span<const Tensor> dy,
        const std::vector<bool>* needed, bool recording, const Op& op)
      : tape_(tape), table_(table), inputs_(inputs), dy_(dy), needed_(needed), recording_(recording), op_(op) {}
  /// The value of an input, negative when its gradient is not wanted.
  int32_t value_of(int input) const {
    if (input < 0 || static_cast<size_t>(input) >= inputs_.size()) [[unlikely]]
      fail_no_input(input);
    const int32_t value = inputs_[static_cast<size_t>(input)];
    return value >= 0 && (!needed_ || (*needed_)[static_cast<size_t>(value)]) ? value : -1;
  }
  [[noreturn]] void fail_no_output(int output) const;
  [[noreturn]] void fail_no_input(int input) const;
  [[noreturn]] void fail_no_shape(int input) const;

  Tape& tape_;
  std::vector<Tensor>& table_;
  std::span<const int32_t> inputs_;
  std::span<const Tensor> dy_;
  const std::vector<bool>* needed_;
  bool recording_;
  const Op& op_;
};

/// One op on the tape. `backward` reads attributes from `closure`, which lives in the tape's arena.
struct Record {
  const Op* op;
  const char* scope;          // path of the module that ran it, or ""
  std::span<int32_t> inputs;  // values; negative: no gradient goes there
  int32_t first_output, outputs;
  std::span<Tensor> saved;
  std::span<uint64_t> versions;
  void (*backward)(const void* closure, const Saved&, Grads&);
  const void* closure;
  Precision precision;  // of the products of its forward pass, and so of its backward function
  bool consumed = false;
  size_t saved_bytes = 0;                   // of what was saved and is no parameter
  int64_t forward_ns = 0, backward_ns = 0;  // of its kernels, while a Profile stood
};

class Tape {
 public:
  /// What records keep for backward: `nothing` finds out which leaves a function uses, and cannot be walked.
  enum class Keep { saved, nothing };
  [[nodiscard]] explicit Tape(Keep keep = Keep::saved);
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Adds d(loss)/d(leaf) to the gradient of every leaf that reached `loss`, or to none when it throws. loss: one
  /// element, or give `seed` of its shape. Throws UsageError when loss is not on this tape, or when the tape was walked
  /// before.
  void backward(const Tensor& loss, const Tensor& seed = Tensor());
  /// d(sum(seed * y)) / d(input), one tensor an input (undefined where y does not depend on it). Frees nothing; with
  /// create_graph the walk itself is recorded, so gradients of gradients work. Inputs: watched tensors, leaf tensors,
  /// or results of ops.
  [[nodiscard]] std::vector<Tensor> grad(const Tensor& y, std::span<const Tensor> inputs, bool create_graph = false,
                                         const Tensor& seed = Tensor());
  [[nodiscard]] std::vector<Tensor> grad(const Tensor& y, std::initializer_list<Tensor> inputs,
                                         bool create_graph = false) {
    return grad(y, std::span<const Tensor>(inputs.begin(), inputs.size()), create_graph);
  }
  /// The sum over several y. Records before `first_record` are not walked: inputs then count as variables of their own,
  /// even where one was computed from another.
  [[nodiscard]] std::vector<Tensor> grad(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                                         std::span<const Tensor> inputs, bool create_graph, size_t first_record = 0);
  /// The same, and what the walk used is freed on its way: the last thing to do with a tape. Inputs: watched tensors
  /// and leaf tensors.
  [[nodiscard]] std::vector<Tensor> take_gradients(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                                                   std::span<const Tensor> inputs);
  /// x as a value of this tape, so that grad() can be asked for it.
  Tensor watch(const Tensor& x);

  /// What was used that requires a gradient, in order of first use.
  std::vector<Ref<Leaf>> leaves() const;

  size_t size() const { return records_.size(); }
  const Record& record(size_t index) const { return *records_[index]; }
  /// Bytes of saved tensors that the records still hold; memory that several share counts once.
  size_t saved_bytes() const;

  /// Anomaly mode: results, gradients, and parameters at their first use are checked. The first NaN or infinity throws
  /// an Error that names op, module, entry, and what was bad already.
  void check_finite(bool on) { check_finite_ = on; }

  /// One aligned line a record: op, module, shapes, bytes saved, milliseconds if a Profile stood. What comes at least
  /// three times in a row is folded: one line then stands for all repeats, with sums of bytes and times.
  std::string to_string() const;
  void print() const;
  /// The graph for Graphviz, records as boxes.
  std::string dot() const;

  /// For views: runs a record's backward function onto `nested`, the active tape, as create_graph would with gradients
  /// of zeros, so that a fused op records its twin there. Gives the values of the record's saved tensors on `nested`,
  /// -1 for none.
  std::vector<int32_t> replay(const Record& record, Tape& nested) const;

  /// Whether backward() was called.
  bool walked() const { return walked_; }

  /// The thread's recording tape, or null.
  static Tape* active() { return RecordingScope::active(); }

  /// Keeps `object` as long as the tape, for closures that point into it.
  void keep(std::shared_ptr<const void> object) { kept_.push_back(std::move(object)); }

  // For `record` and `Grads`.
  bool tracks(const Tensor& x) const { return (x.leaf() && x.leaf()->requires_grad) || x.node().tape != 0; }
  /// The active tape when some input is on it, else null. Throws UsageError when there is none here and a tape of
  /// another thread is recording an input, whose gradient would be lost.
  static Tape* recording(const Op& op, std::span<const TensorArg> inputs);
  int32_t value_of(const Tensor& x, const char* op) {
    return x.node().tape == serial_ ? x.node().value : value_of_unrecorded(x, op);
  }
  const Shape& shape_of(int32_t value) const { return at(value).shape; }
  DType dtype_of(int32_t value) const { return at(value).dtype; }
  /// The record that made a value; null for a leaf or a watched tensor.
  const Record* producer_of(int32_t value) const { return at(value).producer; }
  /// Null for what is no leaf.
  Leaf* leaf_of(int32_t value) const { return at(value).leaf; }
  Tensor empty_like_value(int32_t value) const;
  /// gradient, of input i of a record of `op`, has its value's shape, dtype and device.
  void require_like_value(const Op& op, int input, int32_t value, const Tensor& gradient) const {
    const Value& v = at(value);
    const bool alike = gradient.shape() == v.shape && gradient.dtype() == v.dtype && gradient.device() == v.device;
    if (!alike) [[unlikely]]
      fail_unlike_value(op, input, v, gradient);
  }
  void push(const Op& op, std::span<const TensorArg> inputs, std::span<Tensor> outputs,
            std::span<const TensorArg> saved, void (*backward)(const void*, const Saved&, Grads&), const void* closure,
            size_t closure_bytes);

 private:
  struct Value {
    Shape shape;
    DType dtype;
    Device device;
    Record* producer;  // null: leaf, watched or constant
    Leaf* leaf;        // null: not one
  };
  struct UsedLeaf {
    Ref<Leaf> leaf;
    int32_t value;
  };
  const Value& at(int32_t value) const { return *values_[static_cast<size_t>(value)]; }
  void walk(int32_t newest, size_t first_record, std::vector<Tensor>& table, const std::vector<bool>* needed,
            bool create_graph, bool consume);
  void run(Record& record, std::vector<Tensor>& table, const std::vector<bool>* needed, bool create_graph,
           bool consume);
  void seed_gradient(std::vector<Tensor>& table, const Tensor& y, const Tensor& seed, const char* caller);
  std::vector<Tensor> gradients(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                                std::span<const Tensor> inputs, bool create_graph, bool consume, size_t first_record);
  std::vector<bool> descendants(std::span<const Tensor> inputs, int32_t newest, size_t first_record);
  int32_t new_value(const Tensor& x, Record* producer, Leaf* leaf);
  int32_t value_of_unrecorded(const Tensor& x, const char* op);
  [[noreturn]] void fail_unlike_value(const Op& op, int input, const Value& v, const Tensor& gradient) const;
  /// From the arena, aligned as max_align_t.
  std::byte* allocate(size_t bytes);
  void release_saved(Record& record);

  const uint64_t serial_;
  const Keep keep_;
  std::vector<Value*> values_;  // in the arena
  std::vector<Record*> records_;
  std::unordered_map<Leaf*, int32_t> leaves_;
  std::vector<UsedLeaf> used_leaves_;  // in order of first use: the order of commits
  std::vector<std::shared_ptr<const void>> kept_;
  std::vector<std::unique_ptr<std::byte[]>> arena_;
  size_t arena_used_ = 0, arena_size_ = 0;
  bool walked_ = false;
  bool check_finite_ = false;
  const RecordingScope scope_;
};

inline const Shape& Grads::shape_of(int input) const {
  const int32_t value = value_of(input);
  if (value < 0) [[unlikely]]
    fail_no_shape(input);
  return tape_.shape_of(value);
}

/// No recording on this thread while it lives.
class NoGrad {
 public:
  [[nodiscard]] NoGrad() : scope_(nullptr) {}
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  const RecordingScope scope_;
};

/// The path of the running module, for errors and profiles; set by nn.
const char*& current_scope();

/// Pushes a record when a tape is active and some input is on it; `outputs` then get their nodes. `backward` is called
/// as backward(saved, grads), or backward(saved, dy, grads) for one output (only when a gradient reached it); it may
/// capture only trivially copyable attributes. A saved tensor that is an output is bound to its node.
template <class F>
void record_outputs(const Op& op, std::initializer_list<TensorArg> inputs, std::span<Tensor> outputs,
                    std::initializer_list<TensorArg> saved, F backward) {
  static_assert(std::is_trivially_copyable_v<F>, "capture attributes by value; tensors go into `saved`");
  static_assert(alignof(F) <= alignof(std::max_align_t));
  Tape* tape = Tape::recording(op, {inputs.begin(), inputs.size()});
  if (!tape) return;
  tape->push(
      op, {inputs.begin(), inputs.size()}, outputs, {saved.begin(), saved.size()},
      [](const void* closure, const Saved& s, Grads& dx) { (*static_cast<const F*>(closure))(s, dx); }, &backward,
      sizeof(F));
}

template <class F>
Tensor record(const Op& op, std::initializer_list<TensorArg> inputs, Tensor output,
              std::initializer_list<TensorArg> saved, F backward) {
  auto with_dy = [backward](const Saved& s, Grads& dx) { backward(s, dx.dy(0), dx); };
  record_outputs(op, inputs, std::span<Tensor>(&output, 1), saved, with_dy);
  return output;
}

}  // namespace grus
