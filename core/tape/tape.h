#pragma once
// The tape. The newest tape that a thread made is its active one, until it ends: ops push records onto it, so push
// order is topological order and the backward pass is a loop over the records in reverse (core/tape/walk.cpp).
//
// 1. A value id names an output of a record, a leaf, a watched tensor or a constant; ids grow with time.
// 2. A record's inputs have smaller ids than its outputs.
// 3. A record's saved tensors are unchanged (their storage's version stays) until backward consumed them; then they are
//    released.
// Sources: tape.cpp, backward.cpp, walk.cpp (the loop in reverse).
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/arena.h"
#include "core/base/op.h"
#include "core/device/precision.h"
#include "core/tape/attribute.h"
#include "core/tensor/leaf.h"
#include "core/tensor/tensor.h"
#include "core/thread/recording.h"

namespace grus {

class Grads;

/// A TensorArg refers to a tensor argument of `record` and copies nothing.
struct TensorArg {
  TensorArg() = default;
  TensorArg(const Tensor& tensor) : tensor(&tensor) {}
  const Tensor* tensor = nullptr;
  bool exact = false;  // saved as it is, also where activations are kept in 16 bits
};

/// Says that a rule needs a saved tensor as it is: because it compares it, takes a difference of near numbers or an
/// exponential of it, or because it is a gradient already.
inline TensorArg exact(const Tensor& tensor) {
  TensorArg arg(tensor);
  arg.exact = true;
  return arg;
}

/// Saved is the tensors that a record kept, in the order they were given.
using Saved = std::span<const Tensor>;

/// y = a + b as a recorded op, so that gradients of gradients see the accumulation.
Tensor recorded_sum(const Tensor& a, const Tensor& b);

/// A Record is one op on the tape. `backward` reads its attributes from `closure`, which lives in the tape's arena.
struct Record {
  const Op* op;
  const char* scope;          // path of the module that ran it, or ""
  std::span<int32_t> inputs;  // values; negative: no gradient goes there (input_value)
  int32_t first_output, outputs;
  std::span<Tensor> saved;
  std::span<uint64_t> versions;
  std::span<bool> narrowed = {};  // which of them are kept in 16 bits; empty: none is
  void (*backward)(const void* closure, const Saved&, Grads&);
  const void* closure;
  Precision precision;  // of the products of its forward pass, and so of its backward function
  bool consumed = false;
  size_t saved_bytes = 0;                   // bytes of saved tensors that are no parameters
  int64_t forward_ns = 0, backward_ns = 0;  // times of its kernels, while a Profile stood
};

/// Returns "op in path.of.module", for messages.
std::string where(const Record& record);
/// Tells whether some input's gradient is needed, so that a walk must go through the record. A record that only made a
/// needed value is not walked for it.
bool reaches(const Record& record, const std::vector<bool>& needed);

/// Returns the value id of a record's input, constant or not; -1 for an undefined tensor. A record holds the constant
/// with id v as -2 - v.
inline int32_t input_value(int32_t input) { return input < -1 ? -2 - input : input; }

/// A TapeObserver sees what a thread's tapes record and how they are walked (core/watch/tape_observer.h). Without one a
/// record pays for the look at a pointer.
class TapeObserver {
 public:
  virtual ~TapeObserver() = default;
  /// Is called when an op has run and left `record`. A tensor of `inputs` may be undefined.
  virtual void recorded(const Tape&, Record&, std::span<const TensorArg> /*inputs*/,
                        std::span<const Tensor> /*outputs*/) {}
  /// These are called around a record's backward function. The second may take gradients that are whole (Grads::take).
  virtual void backward_begins(const Tape&, Record&, const Grads&) {}
  virtual void backward_ends(const Tape&, Record&, Grads&) {}
};
/// Refers to this thread's observers, in the order they came.
std::vector<TapeObserver*>& tape_observers();

namespace observers_state {
inline constinit thread_local const std::vector<TapeObserver*>* here = nullptr;  // null until the list is asked for
}

class Tape {
 public:
  /// Keep tells what records keep for backward. A tape that keeps `nothing` finds out which leaves a function uses. One
  /// that keeps the `program` can be written down for others (formats/onnx): its records hold all tensors of an op as
  /// inputs and as saved, in the op's order, and its attributes; ops without a gradient leave records, too. Neither can
  /// be walked.
  enum class Keep { saved, nothing, program };
  [[nodiscard]] explicit Tape(Keep keep = Keep::saved)
      : keep_(keep), activations_(activation_precision()), scope_(this) {}
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Adds d(sum(seed * loss)) / d(leaf) to the gradient of every leaf that reached `loss`, or to none when it throws.
  /// A loss of one element needs no seed: it is 1. Throws UsageError when loss is not on this tape, or when the tape
  /// was walked before; ShapeError, DtypeError, DeviceError unless seed fits loss.
  void backward(const Tensor& loss, const Tensor& seed = Tensor());
  /// Returns d(sum(seed * y)) / d(input), one tensor an input, undefined where y does not depend on it. Nothing is
  /// freed. With create_graph the walk itself is recorded, so gradients of gradients work. Inputs are watched tensors,
  /// leaf tensors or results of ops. Throws as backward() does, and UsageError for an input that is not on this tape.
  [[nodiscard]] std::vector<Tensor> grad(const Tensor& y, std::span<const Tensor> inputs, bool create_graph = false,
                                         const Tensor& seed = Tensor());
  [[nodiscard]] std::vector<Tensor> grad(const Tensor& y, std::initializer_list<Tensor> inputs,
                                         bool create_graph = false) {
    return grad(y, std::span<const Tensor>(inputs.begin(), inputs.size()), create_graph);
  }
  /// Returns d(sum_i sum(seeds[i] * ys[i])) / d(input). Records before `first_record` are not walked: inputs then count
  /// as variables of their own, even where one was computed from another.
  [[nodiscard]] std::vector<Tensor> grad(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                                         std::span<const Tensor> inputs, bool create_graph, size_t first_record = 0);
  /// Returns what grad() does without create_graph, and frees on its way what the walk used: it is the last call on a
  /// tape. Inputs are watched tensors and leaf tensors.
  [[nodiscard]] std::vector<Tensor> take_gradients(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                                                   std::span<const Tensor> inputs);
  /// Returns x as a new value of this tape, so that grad() can be asked for its gradient.
  Tensor watch(const Tensor& x);

  /// Returns the leaves that were used and require a gradient, in order of first use.
  std::vector<Ref<Leaf>> leaves() const;

  size_t size() const { return records_.size(); }
  const Record& record(size_t index) const { return *records_[index]; }
  /// Tells whether backward() or take_gradients() was called.
  bool walked() const { return walked_; }

  /// Returns the thread's recording tape, or null.
  static Tape* active() { return RecordingScope::active(); }
  /// Returns the thread's recording tape if it keeps the program, else null.
  static Tape* program() {
    Tape* const tape = active();
    return tape && tape->keep_ == Keep::program ? tape : nullptr;
  }
  /// Returns the settings of a record of a program, beside its tensors.
  const std::vector<Attribute>& attributes(size_t index) const { return attributes_[index]; }

  /// Keeps `object` as long as the tape, for closures that point into it.
  void keep(std::shared_ptr<const void> object) { kept_.push_back(std::move(object)); }

  // What follows is for `record`, `Grads` and observers.
  bool tracks(const Tensor& x) const { return (x.leaf() && x.leaf()->requires_grad) || x.node().tape != 0; }
  /// Returns the active tape when it tracks some input, else null. Throws UsageError when this thread has no tape and a
  /// tape of another thread is recording an input, whose gradient would be lost.
  static Tape* recording(const Op& op, std::span<const TensorArg> inputs);
  int32_t value_of(const Tensor& x, const char* op) {
    return x.node().tape == serial_ ? x.node().value : value_of_unrecorded(x, op);
  }
  struct Value {
    Shape shape;
    DType dtype;
    Device device;
    Record* producer;  // null for a leaf, a watched tensor or a constant
    Leaf* leaf;        // null for all but leaves
  };
  size_t values() const { return values_.size(); }
  const Value& value(int32_t id) const { return *values_[static_cast<size_t>(id)]; }
  void push(const Op& op, std::span<const TensorArg> inputs, std::span<Tensor> outputs,
            std::span<const TensorArg> saved, void (*backward)(const void*, const Saved&, Grads&), const void* closure,
            size_t closure_bytes);
  /// Leaves a record of a program, if some tensor of `args` or of the attributes noted for `op` is tracked.
  void push_program(const Op& op, std::span<const TensorArg> args, std::span<Tensor> outputs);
  /// Keeps attributes for the record that `op` leaves next.
  void note(const Op& op, std::vector<Attribute> attributes);

 private:
  struct UsedLeaf {
    Ref<Leaf> leaf;
    int32_t value;
  };
  /// A Walk tells how the records are walked.
  struct Walk {
    std::vector<Tensor>& gradients;   // gradient of each value
    const std::vector<bool>* needed;  // values whose gradients are asked for; null: all
    bool create_graph;                // whether the walk is recorded
    bool consume;                     // whether what it used is freed
  };
  void walk(size_t begin, size_t end, const Walk& how);
  size_t end_of_records_up_to(int32_t value) const;
  void seed_gradient(std::vector<Tensor>& table, const Tensor& y, const Tensor& seed, const char* caller);
  std::vector<Tensor> gradients(std::span<const Tensor> ys, std::span<const Tensor> seeds,
                                std::span<const Tensor> inputs, bool create_graph, bool consume, size_t first_record);
  std::vector<bool> descendants(std::span<const Tensor> inputs, int32_t newest, size_t first_record);
  int32_t new_value(const Tensor& x, Leaf* leaf = nullptr);
  int32_t add_value(std::byte* place, const Tensor& x, Record* producer, Leaf* leaf);
  int32_t value_of_leaf(Leaf* leaf, const Tensor& x);
  int32_t value_of_unrecorded(const Tensor& x, const char* op);
  void save(Record& record, std::span<const TensorArg> saved, std::span<const Tensor> outputs);
  void narrow(Record& record, std::span<const TensorArg> saved, std::span<const TensorArg> inputs);
  void release_saved(Record& record);

  const TapeSerial serial_;
  const Keep keep_;
  const Precision activations_;  // in which records keep what they save
  Arena arena_;
  std::vector<Value*> values_;  // in the arena
  std::vector<Record*> records_;
  std::unordered_map<Leaf*, int32_t> leaves_;
  std::vector<UsedLeaf> used_leaves_;  // in order of first use, in which they get their gradients
  std::vector<std::shared_ptr<const void>> kept_;
  const Op* noted_ = nullptr;  // the op whose attributes wait for its record
  std::vector<Attribute> waiting_;
  std::vector<std::vector<Attribute>> attributes_;  // of each record of a program
  bool walked_ = false;
  const RecordingScope scope_;
};

}  // namespace grus
