#pragma once
// The lengths of a ragged batch, made once per batch. Packed rows (N, ...) are step-major, longest sequence first: step
// t is rows [start(t), start(t) + alive(t)), and row i of a step is the sequence order()[i].
#include <vector>

#include "core/tensor.h"

namespace grus {

class Lengths {
 public:
  /// lengths[b] of each sequence; `steps` is the padded length T (default: the longest). Throws UsageError for a
  /// negative length or one above T.
  explicit Lengths(std::vector<int64_t> lengths, int64_t steps = -1, Device device = default_device());
  /// Every sequence of length `steps`.
  static Lengths dense(int64_t steps, int64_t batch, Device device = default_device());

  int64_t batch() const { return static_cast<int64_t>(lengths_.size()); }
  int64_t steps() const { return steps_; }  // T, the padded length
  int64_t longest() const { return static_cast<int64_t>(alive_.size()); }
  int64_t total() const { return total_; }  // N = sum of lengths
  bool is_dense() const { return total_ == steps_ * batch(); }
  int64_t operator[](int64_t b) const { return lengths_[static_cast<size_t>(b)]; }
  int64_t alive(int64_t t) const { return alive_[static_cast<size_t>(t)]; }
  int64_t start(int64_t t) const { return starts_[static_cast<size_t>(t)]; }
  const std::vector<int64_t>& lengths() const { return lengths_; }
  const std::vector<int64_t>& order() const { return order_; }  // rank -> sequence
  const std::vector<int64_t>& rank() const { return rank_; }    // sequence -> rank

  // The same on the device, i64, uploaded once.
  const Tensor& lengths_tensor() const { return lengths_tensor_; }  // (B)
  const Tensor& order_tensor() const { return order_tensor_; }      // (B)
  const Tensor& rank_tensor() const { return rank_tensor_; }        // (B)
  const Tensor& starts_tensor() const { return starts_tensor_; }    // (longest)
  const Tensor& packed_rows() const { return packed_rows_; }        // (N): t * B + b of each packed row
  const Tensor& batch_rows() const { return batch_rows_; }          // (N): b of each packed row
  const Tensor& mask() const { return mask_; }                      // (B, T) bool: true at real places

 private:
  std::vector<int64_t> lengths_, order_, rank_, alive_, starts_;
  int64_t steps_, total_;
  Tensor lengths_tensor_, order_tensor_, rank_tensor_, starts_tensor_, packed_rows_, batch_rows_, mask_;
};

}  // namespace grus
