#include "ops/sequence/attention.h"

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/loop_kernels.h"
#include "ops/base/twin.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/sequence/sequence.h"

namespace grus {
namespace {

const Op attention_op("additive_attention");

void require_attention(const Tensor& query, const AttentionMemory& memory, const AttentionRows& rows, const Tensor& v) {
  constexpr const char* op = "additive_attention";
  const int64_t total = memory.lengths.total();
  require_float(op, query);
  for (const Tensor* other : {&memory.keys, &memory.values, &v}) require_same_kind(op, query, *other);
  require(query.rank() == 2 && memory.keys.shape() == Shape{total, query.dim(1)} && memory.values.rank() == 2 &&
              memory.values.dim(0) == total && v.shape() == Shape{query.dim(1)} && rows.count() == query.dim(0),
          "[additive_attention] need query (rows = {}, A), keys (N = {}, A), values (N, C) and v (A), got {}, {}, {} "
          "and {}",
          rows.count(), total, query.shape(), memory.keys.shape(), memory.values.shape(), v.shape());
  require_rows(op, query, memory, rows);
}

/// AttentionInputs holds the inputs of a record as its rule gets them.
struct AttentionInputs {
  SavedInput query, keys, values, v;
};

/// Adds the gradients of the inputs. dcontext and dweights are undefined where no gradient reached the output.
void backward_attention(const Tensor& dcontext_or_none, const Tensor& dweights, const AttentionInputs& in,
                        const Tensor& weights, const Lengths& source, const AttentionRows& rows) {
  const Tensor &query = in.query.value, &v = in.v.value;
  const AttentionMemory memory{in.keys.value, in.values.value, source};
  if (in.query.recording())
    return differentiate_twin({in.query, in.keys, in.values, in.v}, [&] {
      const AttentionOutput twin = additive_attention_composed(query, memory, rows, v);
      return std::vector{twin.context, twin.weights};
    });
  const Device device = query.device();
  const Tensor dcontext = dcontext_or_none.defined()
                              ? dcontext_or_none
                              : Tensor::zeros({query.dim(0), memory.values.dim(1)}, query.dtype(), device);
  Tensor dquery = Tensor::empty(query.shape(), query.dtype(), device), dv = Tensor::zeros(v.shape(), v.dtype(), device);
  Tensor dkeys = Tensor::zeros(memory.keys.shape(), query.dtype(), device);
  Tensor dvalues;
  AttentionBackwardArgs args{};
  args.forward = {Raw::matrix(query),
                  Raw::matrix(memory.keys),
                  Raw::matrix(memory.values),
                  Raw::matrix(v),
                  Raw::matrix(weights),
                  {},
                  Raw::matrix(rows.columns()),
                  Raw::matrix(rows.lengths()),
                  Raw::matrix(source.starts_tensor())};
  args.dcontext = Raw::matrix(dcontext);
  if (dweights.defined()) args.dweights = Raw::matrix(dweights);
  args.dquery = Raw::write_matrix(dquery);
  args.dkeys = Raw::write_matrix(dkeys);
  args.dv = Raw::write_matrix(dv);
  args.shared = rows.shared();
  if (in.values.wanted()) {
    dvalues = Tensor::zeros(memory.values.shape(), query.dtype(), device);
    args.dvalues = Raw::write_matrix(dvalues);
  }
  device.check(device.kernels().attention_backward(device.context(), args), "attention backward");
  in.query.add(dquery);
  in.keys.add(dkeys);
  in.values.add(dvalues);
  in.v.add(dv);
}

}  // namespace

void require_rows(const char* op, const Tensor& x, const AttentionMemory& memory, const AttentionRows& rows) {
  require_device_of(op, x, memory.lengths.lengths_tensor(), "lengths of sources");
  require<UsageError>(rows.look_at(memory.lengths),
                      "[{}] need rows that attention_rows made for these {} sources, got {} rows of others", op,
                      memory.lengths.batch(), rows.count());
  require_device_of(op, x, rows.columns(), "rows of sources");
}

AttentionRows AttentionRows::first(int64_t count) const {
  return {Raw::rows(columns_, 0, count), Raw::rows(lengths_, 0, count), *sources_, shared_};
}

AttentionRows attention_rows(const Lengths& source, const std::vector<int64_t>& sources) {
  std::vector<int64_t> columns, lengths;
  std::vector<bool> seen(static_cast<size_t>(source.batch()));
  bool shared = false;
  for (int64_t b : sources) {
    require<UsageError>(b >= 0 && b < source.batch(), "[additive_attention] need sources in [0, {}), got {}",
                        source.batch(), b);
    columns.push_back(source.rank()[static_cast<size_t>(b)]);
    lengths.push_back(source[b]);
    shared |= seen[static_cast<size_t>(b)];
    seen[static_cast<size_t>(b)] = true;
  }
  return {Tensor::from(columns, source.device()), Tensor::from(lengths, source.device()), source, shared};
}

AttentionOutput additive_attention(const Tensor& query, const AttentionMemory& memory, const AttentionRows& rows,
                                   const Tensor& v) {
  require_attention(query, memory, rows, v);
  const Device device = query.device();
  const KernelTable& kernels = device.kernels();
  if (!fused_kernels_wanted() || !kernels.attention || !kernels.attention_backward)
    return additive_attention_composed(query, memory, rows, v);
  std::array<Tensor, 2> outputs{Tensor::empty({query.dim(0), memory.values.dim(1)}, query.dtype(), device),
                                Tensor::empty({query.dim(0), memory.lengths.longest()}, query.dtype(), device)};
  const AttentionArgs args{Raw::matrix(query),
                           Raw::matrix(memory.keys),
                           Raw::matrix(memory.values),
                           Raw::matrix(v),
                           Raw::write_matrix(outputs[1]),
                           Raw::write_matrix(outputs[0]),
                           Raw::matrix(rows.columns()),
                           Raw::matrix(rows.lengths()),
                           Raw::matrix(memory.lengths.starts_tensor())};
  device.check(kernels.attention(device.context(), args), "attention");
  const Lengths* source = keep_on_tape(memory.lengths);
  const AttentionRows* kept = keep_on_tape(rows);
  note(attention_op, [&] {
    const bool own = rows.columns().to_vector<int64_t>() == memory.lengths.rank();
    return Noted{{"lengths", memory.lengths.lengths_tensor()}, {"own", own}};
  });
  record(attention_op, {query, memory.keys, memory.values, v, outputs[1]}, outputs,
         [source, kept](const Tensor& dcontext, const Tensor& dweights, SavedInput query, SavedInput keys,
                        SavedInput values, SavedInput v, const Tensor& weights) {
           backward_attention(dcontext, dweights, {query, keys, values, v}, weights, *source, *kept);
         });
  return {outputs[0], outputs[1]};
}

AttentionOutput additive_attention_composed(const Tensor& query, const AttentionMemory& memory,
                                            const AttentionRows& rows, const Tensor& v) {
  require_attention(query, memory, rows, v);
  const int64_t count = query.dim(0), steps = memory.lengths.longest();
  const std::vector<int64_t> columns = rows.columns().to_vector<int64_t>(),
                             lengths = rows.lengths().to_vector<int64_t>();
  std::vector<int64_t> places;  // packed row of (i, s)
  std::vector<bool> real;
  for (size_t i = 0; i < columns.size(); ++i)
    for (int64_t s = 0; s < steps; ++s) {
      real.push_back(s < lengths[i]);
      places.push_back(real.back() ? memory.lengths.start(s) + columns[i] : 0);
    }
  const Tensor at = Tensor::from(places, {count, steps}, query.device()),
               mask = Tensor::from_bools(real, {count, steps}, query.device());
  const Tensor scores = sum(tanh(gather_rows(memory.keys, at) + unsqueeze(query, 1)) * v, {-1});
  const Tensor weights = softmax(scores, -1, mask);
  return {squeeze(matmul(unsqueeze(weights, 1), gather_rows(memory.values, at)), {1}), weights};
}

AttentionOutput additive_attention(const Tensor& query, const Tensor& keys, const Tensor& values, const Tensor& v,
                                   const Lengths* lengths) {
  constexpr const char* op = "additive_attention";
  require_float(op, query);
  for (const Tensor* other : {&keys, &values, &v}) require_same_kind(op, query, *other);
  require(keys.rank() == 3 && values.rank() == 3 && keys.dim(0) == values.dim(0) && keys.dim(1) == values.dim(1),
          "[additive_attention] need keys (S, B, A) and values (S, B, C), got {} and {}", keys.shape(), values.shape());
  const int64_t steps = keys.dim(0), batch = keys.dim(1);
  require(query.shape() == Shape{batch, keys.dim(2)} && v.shape() == Shape{keys.dim(2)},
          "[additive_attention] need query (B, A) and v (A) beside keys (S, B, A) = {}, got {} and {}", keys.shape(),
          query.shape(), v.shape());
  require<UsageError>(!lengths || (lengths->batch() == batch && lengths->longest() <= steps),
                      "[additive_attention] need lengths of {} sources of at most {} places, got {} of up to {}", batch,
                      steps, lengths ? lengths->batch() : 0, lengths ? lengths->longest() : 0);
  const Lengths source =
      lengths ? Lengths(lengths->lengths(), steps, keys.device()) : Lengths::dense(steps, batch, keys.device());
  std::vector<int64_t> each(static_cast<size_t>(batch));
  for (int64_t b = 0; b < batch; ++b) each[static_cast<size_t>(b)] = b;
  const AttentionMemory memory{pack(keys, source), pack(values, source), source};
  AttentionOutput output = additive_attention(query, memory, attention_rows(source, each), v);
  if (source.longest() < steps) output.weights = pad(output.weights, {{0, steps - source.longest()}});
  return output;
}

}  // namespace grus
