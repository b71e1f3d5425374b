#pragma once
// Additive attention (Bahdanau et al. 2014, A.1.2):
//   e[i, s] = v . tanh(query[i] + keys[s])      a[i] = softmax(e[i])      context[i] = sum_s a[i, s] values[s]
#include <optional>

#include "core/tape/tape.h"
#include "core/tensor/lengths.h"

namespace grus {

/// An AttentionMemory is what queries look at: the packed rows of a batch of source sequences, keys already projected.
struct AttentionMemory {
  Tensor keys;      // (N, A)
  Tensor values;    // (N, C)
  Lengths lengths;  // lengths of the sources
};

/// AttentionRows tells which source sequence each query row looks at. attention_rows makes it once per batch (or beam),
/// so that no row looks past its source.
class AttentionRows {
 public:
  AttentionRows() = default;
  int64_t count() const { return columns_.defined() ? columns_.numel() : 0; }
  const Tensor& columns() const { return columns_; }  // i64 (rows): rank of the source sequence
  const Tensor& lengths() const { return lengths_; }  // i64 (rows): length of the source sequence
  bool shared() const { return shared_; }             // whether two rows have one source
  /// Tells whether the rows were made for sources of these lengths.
  bool look_at(const Lengths& source) const { return sources_ && sources_->same_rows(source); }
  /// Returns the first `count` rows.
  AttentionRows first(int64_t count) const;

 private:
  friend AttentionRows attention_rows(const Lengths& source, const std::vector<int64_t>& sources);
  AttentionRows(Tensor columns, Tensor lengths, Lengths sources, bool shared)
      : columns_(std::move(columns)), lengths_(std::move(lengths)), sources_(std::move(sources)), shared_(shared) {}
  Tensor columns_, lengths_;
  std::optional<Lengths> sources_;
  bool shared_ = false;
};
/// Makes rows in the order given: sources[i] is the batch index of row i's source. Throws UsageError for an index
/// outside the batch.
AttentionRows attention_rows(const Lengths& source, const std::vector<int64_t>& sources);

struct [[nodiscard]] AttentionOutput {
  Tensor context;  // (rows, C)
  Tensor weights;  // (rows, S), zeros past each length
};

/// context, a = attention(query, memory).   query (rows, A), v (A) -> context (rows, C), weights (rows, S).   A source
/// of length 0 gives a zero context. Saves its inputs and the weights; backward computes tanh again. Throws ShapeError,
/// DtypeError, DeviceError; UsageError for rows of other sources.
AttentionOutput additive_attention(const Tensor& query, const AttentionMemory& memory, const AttentionRows& rows,
                                   const Tensor& v);
/// The composed twin of additive_attention.
AttentionOutput additive_attention_composed(const Tensor& query, const AttentionMemory& memory,
                                            const AttentionRows& rows, const Tensor& v);
/// Takes padded sources: query (B, A), keys (S, B, A), values (S, B, C), lengths of the B sources or null: all S.
AttentionOutput additive_attention(const Tensor& query, const Tensor& keys, const Tensor& values, const Tensor& v,
                                   const Lengths* lengths);

/// Throws unless `rows` were made for the memory's sources, all on x's device; messages begin with [op].
void require_rows(const char* op, const Tensor& x, const AttentionMemory& memory, const AttentionRows& rows);

}  // namespace grus
