#pragma once
// The lengths of a ragged batch, made once per batch. Packed rows (N, ...) are step-major, longest sequence first: step
// t is rows [start(t), start(t) + alive(t)), and row i of a step belongs to the sequence order()[i].
#include <memory>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus {

class [[nodiscard]] Lengths {
 public:
  /// Makes the lengths of a batch without sequences.
  Lengths() : Lengths(std::vector<int64_t>{}) {}
  /// Sequence b has length lengths[b]; `steps` is the padded length T (-1: the longest). Throws UsageError for a
  /// negative length or one above T.
  explicit Lengths(std::vector<int64_t> lengths, int64_t steps = -1, Device device = default_device());
  // Moving copies: what was moved from keeps its lengths.
  Lengths(const Lengths&) = default;
  Lengths& operator=(const Lengths&) = default;
  /// Gives every sequence the length `steps`. Throws UsageError for a negative size.
  static Lengths dense(int64_t steps, int64_t batch, Device device = default_device());

  int64_t batch() const { return static_cast<int64_t>(data_->lengths.size()); }
  int64_t steps() const { return data_->steps; }  // T, the padded length
  int64_t longest() const { return static_cast<int64_t>(data_->alive.size()); }
  int64_t shortest() const { return batch() == 0 ? 0 : (*this)[order().back()]; }
  int64_t total() const { return data_->total; }  // N = sum of lengths
  bool is_dense() const { return total() == steps() * batch(); }
  /// Returns the length of sequence b. Throws UsageError where there is none.
  int64_t operator[](int64_t b) const {
    if (b < 0 || b >= batch()) [[unlikely]]
      fail_no_such("a sequence", batch(), b);
    return data_->lengths[static_cast<size_t>(b)];
  }
  /// Returns the number of sequences that have a time step t; 0 where there is no such step.
  int64_t alive(int64_t t) const { return t >= 0 && t < longest() ? data_->alive[static_cast<size_t>(t)] : 0; }
  /// Returns the first packed row of time step t. Throws UsageError unless 0 <= t < longest().
  int64_t start(int64_t t) const {
    if (t < 0 || t >= longest()) [[unlikely]]
      fail_no_such("a step", longest(), t);
    return data_->starts[static_cast<size_t>(t)];
  }
  /// Tells whether packed rows of one are packed rows of the other: all lengths agree.
  bool same_rows(const Lengths& other) const { return data_ == other.data_ || lengths() == other.lengths(); }
  Device device() const { return lengths_tensor().device(); }
  const std::vector<int64_t>& lengths() const { return data_->lengths; }
  const std::vector<int64_t>& order() const { return data_->order; }  // rank -> sequence
  const std::vector<int64_t>& rank() const { return data_->rank; }    // sequence -> rank

  // These tensors are on the device, i64 but for the mask, and uploaded once.
  const Tensor& lengths_tensor() const { return data_->lengths_tensor; }  // (B)
  const Tensor& order_tensor() const { return data_->order_tensor; }      // (B)
  const Tensor& rank_tensor() const { return data_->rank_tensor; }        // (B)
  const Tensor& starts_tensor() const { return data_->starts_tensor; }    // (longest)
  const Tensor& packed_rows() const { return data_->packed_rows; }        // (N): t * B + b of each packed row
  const Tensor& batch_rows() const { return data_->batch_rows; }          // (N): b of each packed row
  const Tensor& last_rows() const {
    return data_->last_rows;
  }  // (B): packed row of each sequence's last step (-1: empty)
  const Tensor& first_rows() const {
    return data_->first_rows;
  }                                                   // (B): packed row of each sequence's first step (-1: empty)
  const Tensor& mask() const { return data_->mask; }  // (B, T) bool: true at real places

 private:
  [[noreturn]] static void fail_no_such(const char* what, int64_t count, int64_t got);
  struct Data {
    std::vector<int64_t> lengths, order, rank, alive, starts;
    int64_t steps = 0, total = 0;
    Tensor lengths_tensor, order_tensor, rank_tensor, starts_tensor, packed_rows, batch_rows, last_rows, first_rows,
        mask;
  };
  std::shared_ptr<const Data> data_;  // immutable: copies share it
};

}  // namespace grus
