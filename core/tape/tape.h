#pragma once
// The tape. The newest tape that a thread made is its active one, until it ends: ops push records onto it, so push
// order is topological order and the backward pass is a loop over the records in reverse (core/tape/walk.cpp).
//
// 1. A value id names one output of one record, or a leaf; ids grow with time.
// 2. A record's inputs have smaller ids than its outputs.
// 3. A record's saved tensors are unchanged (same storage version) until backward consumed them; then they are
// released.
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/arena.h"
#include "core/base/op.h"
#include "core/device/precision.h"
#include "core/tensor/leaf.h"
#include "core/tensor/tensor.h"
#include "core/thread/recording.h"

namespace grus {

class Grads;
class Saved;

/// A tensor argument of `record`: refers to, never copies.
struct TensorArg {
  TensorArg(const Tensor& tensor) : tensor(&tensor) {}
  const Tensor* tensor;
};

/// One op on the tape. `backward` reads attributes from `closure`, which lives in the tape's arena.
struct Record {
  const Op* op;
  const char* scope;          // path of the module that ran it, or ""
  std::span<int32_t> inputs;  // values; negative: no gradient goes there (input_value)
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

/// "op in path.of.module", for messages.
std::string where(const Record& record);
/// Throws UsageError unless what a record saved is still there, and as it was.
void require_readable(const Record& record);
/// Whether some input's gradient is needed. What made a value that is asked for need not be walked through for it.
bool reaches(const Record& record, const std::vector<bool>& needed);

/// The value of a record's input, constant or not; -1: an undefined tensor. Constants stand in a record as negative
/// numbers below that.
inline int32_t input_value(int32_t input) { return input < -1 ? -2 - input : input; }

/// Sees what a thread's tapes record and how they are walked (core/watch/tape_observer.h). Without one a record pays
/// for the look at an empty list.
class TapeObserver {
 public:
  virtual ~TapeObserver() = default;
  /// An op has run and left `record`. A tensor of `inputs` may be undefined.
  virtual void recorded(const Tape&, Record&, std::span<const TensorArg> /*inputs*/,
                        std::span<const Tensor> /*outputs*/) {}
  /// Around a record's backward function.
  virtual void backward_begins(const Tape&, Record&, const Grads&) {}
  virtual void backward_ends(const Tape&, Record&, const Grads&) {}
};
/// Those of this thread, in the order they came.
std::vector<TapeObserver*>& tape_observers();

class Tape {
 public:
  /// What records keep for backward: `nothing` finds out which leaves a function uses, and cannot be walked.
  enum class Keep { saved, nothing };
  [[nodiscard]] explicit Tape(Keep keep = Keep::saved) : keep_(keep), scope_(this) {}
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
  /// Whether backward() was called.
  bool walked() const { return walked_; }

  /// The thread's recording tape, or null.
  static Tape* active() { return RecordingScope::active(); }

  /// Keeps `object` as long as the tape, for closures that point into it.
  void keep(std::shared_ptr<const void> object) { kept_.push_back(std::move(object)); }

  // For `record`, `Grads`, and those that watch.
  bool tracks(const Tensor& x) const { return (x.leaf() && x.leaf()->requires_grad) || x.node().tape != 0; }
  /// The active tape when some input is on it, else null. Throws UsageError when there is none here and a tape of
  /// another thread is recording an input, whose gradient would be lost.
  static Tape* recording(const Op& op, std::span<const TensorArg> inputs);
  int32_t value_of(const Tensor& x, const char* op) {
    return x.node().tape == serial_ ? x.node().value : value_of_unrecorded(x, op);
  }
  struct Value {
    Shape shape;
    DType dtype;
    Device device;
    Record* producer;  // null: leaf, watched or constant
    Leaf* leaf;        // null: not one
  };
  size_t values() const { return values_.size(); }
  const Value& value(int32_t id) const { return *values_[static_cast<size_t>(id)]; }
  void push(const Op& op, std::span<const TensorArg> inputs, std::span<Tensor> outputs,
            std::span<const TensorArg> saved, void (*backward)(const void*, const Saved&, Grads&), const void* closure,
            size_t closure_bytes);

 private:
  struct UsedLeaf {
    Ref<Leaf> leaf;
    int32_t value;
  };
  /// What a walk goes by.
  struct Walk {
    std::vector<Tensor>& gradients;   // of each value
    const std::vector<bool>* needed;  // which values' gradients are asked for; null: all
    bool create_graph;                // the walk is recorded
    bool consume;                     // what it used is freed
  };
  void walk(size_t begin, size_t end, const Walk& how);
  size_t end_of_records_up_to(int32_t value) const;
  void seed_gradient(std::vector<Tensor>& table, const Tensor& y, const Tensor& seed, const char* caller);
  std::vector<Tensor> gradients(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                                std::span<const Tensor> inputs, bool create_graph, bool consume, size_t first_record);
  std::vector<bool> descendants(std::span<const Tensor> inputs, int32_t newest, size_t first_record);
  int32_t new_value(const Tensor& x, Record* producer, Leaf* leaf);
  int32_t value_of_unrecorded(const Tensor& x, const char* op);
  void release_saved(Record& record);

  const TapeSerial serial_;
  const Keep keep_;
  Arena arena_;
  std::vector<Value*> values_;  // in the arena
  std::vector<Record*> records_;
  std::unordered_map<Leaf*, int32_t> leaves_;
  std::vector<UsedLeaf> used_leaves_;  // in order of first use: the order of commits
  std::vector<std::shared_ptr<const void>> kept_;
  bool walked_ = false;
  const RecordingScope scope_;
};

}  // namespace grus
