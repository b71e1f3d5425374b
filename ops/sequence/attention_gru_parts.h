#pragma once
// Forward and backward of attention_gru share its sizes and the layout of its record. Internal to ops.
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/sequence/attention_gru.h"
#include "ops/sequence/gru_step.h"

namespace grus {

struct AttentionGruSizes {
  int64_t input, hidden, attention, context;
};

/// Returns the columns of the second GRU's weight_ih that take the context.
inline Matrix context_weight(const AttentionGruWeights& w, const AttentionGruSizes& n) {
  const int64_t begin = w.conditional() ? 0 : n.input;
  return launch::columns_of(Raw::matrix(w.second.weight_ih), begin, begin + n.context);
}

/// Throws unless all arguments of a step fit; messages begin with [op].
AttentionGruSizes require_attention_gru(const char* op, const Tensor& x, const Tensor& h, const AttentionMemory& memory,
                                        const AttentionGruWeights& w);
/// Throws unless the batch sizes and devices of attention_gru's arguments fit.
void require_batches(const Lengths& targets, const Tensor& x, const Tensor& h0, const AttentionMemory& memory);

/// Returns the arguments of attention on the rows of a step. Queries, alignments and contexts are whole packed buffers,
/// `rows` has a row for each rank.
inline AttentionArgs attention_of(recurrence::StepRows part, const AttentionMemory& memory, const AttentionRows& rows,
                                  const Tensor& v, const Matrix& queries, const Matrix& alignments,
                                  const Matrix& contexts) {
  const auto of_ranks = [&part](const Tensor& row) {
    return launch::columns_of(Raw::matrix(row), part.rank, part.rank + part.count());
  };
  return {part.of(queries),         Raw::matrix(memory.keys), Raw::matrix(memory.values),
          Raw::matrix(v),           part.of(alignments),      part.of(contexts),
          of_ranks(rows.columns()), of_ranks(rows.lengths()), Raw::matrix(memory.lengths.starts_tensor())};
}

/// An AttentionGruRecord is what the rule is given. dstates, dcontexts and dalignments are undefined where nothing
/// reached the outputs; the weights of the first GRU, and what is saved of it, where there is one GRU.
struct AttentionGruRecord {
  const Tensor &dstates, &dcontexts, &dalignments;
  SavedInput x, h0, keys, values;
  recurrence::RecordedWeights first, second;
  SavedInput query_weight, query_bias, v;
  const Tensor &previous, &middle, &queries, &alignments, &contexts;
  SavedGruRows first_rows, second_rows;

  AttentionGruWeights weights(GruForm form) const {
    return {first.values(), second.values(), query_weight.value, query_bias.value, v.value, form};
  }
};

/// Adds the gradients of every input; under create_graph they are the twin's.
void backward_attention_gru(const AttentionGruRecord& record, const Lengths& targets, const Lengths& sources,
                            const AttentionRows& rows, GruForm form);

}  // namespace grus
