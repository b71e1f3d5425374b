#pragma once
// The backend contract. A backend is one KernelTable: a POD of function pointers behind an ABI version.
//
// 1. Arguments are PODs that name memory by (buffer, element offset, dtype, dims, strides); never a bare host pointer.
// 2. Ops check shapes, dtypes and devices before they call; a kernel fails only for device reasons, through its Status.
//    No exception crosses the boundary. A device may report late, at `synchronize`.
// 3. Outputs may alias an input only where they are the very same view. `accumulate` means y += result.
// 4. Sums have a fixed order for a given number of threads: no float atomics.
// 5. Entries that kernels.def marks `composed`, `hosted` or `launched` may be null: ops then compose the result from
//    the required ones, on the same device.
// 6. Core raises `DeviceBuffer::version` at every write. A backend may keep data derived from a buffer (packed weights)
// in
//    `DeviceBuffer::derived`, valid while `derived_version == version`; core calls `drop_derived` before it frees the
//    buffer. Core keeps released buffers for the next request, but for those that the backend keeps itself
//    (`keeps_from`).
// 7. A Matrix that stands for a vector (ids, targets, lengths, losses) is a row or a column: its elements in row-major
//    order. Ids, targets and lengths are i32 or i64.
// 8. NaN is never lost: it counts as the largest in max, argmax, top_k and maximum, and as the smallest in min, argmin
//    and minimum.
// 9. Every entry of a table that has `run_parts` may be called from several threads at once. They may read the same
//    memory; what they write does not overlap.
#include <cstddef>
#include <cstdint>

#include "core/base/dtype.h"

namespace grus {

enum class Status : int32_t { ok, out_of_memory, unsupported, device_lost, failed };

struct Context;  // the backend's own: one per opened device

struct DeviceBuffer {
  void* handle;  // the backend's own; host memory for linked-in backends
  size_t bytes;
  uint64_t version;
  void* derived;
  uint64_t derived_version;
};

/// A strided view has up to max_rank axes, with strides in elements; those beyond its rank may be anything. Stride 0
/// broadcasts an input, and reduces the output of reduce.
struct View {
  DeviceBuffer* buffer;
  int64_t offset;
  DType dtype;
  int32_t rank;
  int64_t dims[max_rank];
  int64_t strides[max_rank];
};

/// A row-major matrix, or a batch of them, has element (b, i, j) at offset + b * batch_stride + i * row_stride + j.
struct Matrix {
  DeviceBuffer* buffer;  // null: absent (where an entry says so)
  int64_t offset;
  DType dtype;
  int64_t rows, cols;
  int64_t row_stride;
  int64_t batch_stride;
};

/// Returns one matrix as a view.
inline View view_of(const Matrix& m) { return {m.buffer, m.offset, m.dtype, 2, {m.rows, m.cols}, {m.row_stride, 1}}; }

// The enumerations have one enumerator for each row of elementwise.def.
enum class UnaryOp : int32_t {
#define GRUS_UNARY(name, ...) name,
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
};
enum class BinaryOp : int32_t {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) name,
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
};
enum class CompareOp : int32_t {
#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...) name,
#include "core/device/elementwise.def"
};

/// Tells whether a row of two numbers has a meaning for integers.
constexpr bool has_integer_form(BinaryOp op) {
  switch (op) {
    case BinaryOp::div:
    case BinaryOp::pow:
    case BinaryOp::atan2:
    case BinaryOp::leaky_relu:
    case BinaryOp::elu:
      return false;
    default:
      return true;
  }
}

/// Hash (FNV-1a) of the names and arguments of the rows of elementwise.def and kernels.def in their order, on which
/// enumerations and KernelTable depend.
constexpr uint32_t rows_number() {
  constexpr const char* rows[] = {
#define GRUS_UNARY(name, ...) #name,
#define GRUS_BINARY(name, ...) #name,
#define GRUS_COMPARE(name, ...) #name,
#include "core/device/elementwise.def"
#define GRUS_DEVICE_ENTRY(result, name, arguments, ...) #name #arguments,
#define GRUS_KERNEL(need, name, arguments, ...) #name #arguments,
#define GRUS_LOOP_ENTRY(name, arguments) #name #arguments,
#include "core/device/kernels.def"
  };
  uint32_t hash = 2166136261u;
  for (const char* row : rows)
    for (const char* c = row;; ++c) {
      hash = (hash ^ static_cast<uint32_t>(*c)) * 16777619u;
      if (*c == 0) break;
    }
  return hash;
}

/// Core and a backend must agree in this number: the version of this file, which a change of the contract raises, and
/// the hash of the rows.
inline constexpr uint32_t kernels_abi = 12u << 16 | (rows_number() & 0xffff);

enum class ReduceOp : int32_t { sum, sum_of_squares, max, min, product };
enum class ArgReduceOp : int32_t { argmax, argmin };
enum class RandomKind : int32_t { uniform, normal, keep_mask, integer };

/// The precision to which a product of f32 matrices may round its factors; bf16 is bfloat16 (8 bits of mantissa), f16
/// is IEEE 754's binary16 (11 bits of mantissa, up to 65504; beyond it infinite). Sums are f32 either way, and f64
/// products stay as they are. A backend may compute more exactly than it is asked to.
///
/// int8, for inference: where b is a weight that is worth it, with d = max |w| / 127 for each column w of op(b), and
/// e = max |x| / 127 for each row x of a, or for parts of it, y = d e sum_k round(x_k / e) round(w_k / d) + beta c.
/// Rows below 2^-119 count as 0, and one that is not finite gives NaN. Other products are f32.
enum class Precision : int32_t { f32, bf16, f16, int8 };
constexpr const char* name_of(Precision precision) {
  constexpr const char* names[] = {"f32", "bf16", "f16", "int8"};
  return names[static_cast<size_t>(precision)];
}

/// Tells whether a matrix is worth 8 bits: n output channels (rows of a table, columns of op(b)) of k numbers each.
/// Vectors and tiny matrices stay f32: they take no time or room, and biases and norms are among them.
constexpr bool is_worth_int8(int64_t n, int64_t k) { return k >= 32 && n * k >= 4096; }

/// y (m, n) = alpha op(a) op(b) + beta c, for each of `batch` matrices. op transposes when its flag is set. c is y
/// itself where it is absent, as it is with a batch; a row_stride of 0 repeats its row. With beta 0 neither is read. An
/// inner dimension of 0 gives beta c.
struct GemmArgs {
  Matrix y, a, b;
  bool transpose_a, transpose_b;
  int64_t batch;
  double alpha, beta;
  bool b_is_weight;  // b will come again unchanged: the backend may keep a packed form in its buffer's slot
  Matrix c;
  Precision precision;
};

/// Masked softmax over the last axis of x (rows, cols); mask is bool of x's dims, or of rank 0 for none. Where the mask
/// is false the weight is 0 (log: -inf). A row with no true entry, or only -inf under them, is all 0 (log: all -inf).
struct SoftmaxArgs {
  View y, x, mask;
  bool log;
};

/// y_i = a_i y_{i-1} + b_i over `steps` rows that follow one another, for each column, and for each of the rows / steps
/// matrices that y holds; backwards, y_{i+1} stands for y_{i-1}. An absent a is 1, an absent b is 0. The first step is
/// its b, or its a where b is absent. All lie densely (row_stride is cols): with a absent y is the cumulative
/// sum of b, with b absent the cumulative product of a. f32, f64, i32, i64; f32 is added up in f64 where the device
/// can.
struct LinearRecurrenceArgs {
  Matrix y, a, b;
  int64_t steps;
  bool backwards;
};

/// Philox4x32-10, key (low, high word of seed). Element (i, j) of y (rows, cols) is e = row_ids[i] * cols + j (i64), or
/// i * cols + j without row_ids. Lane e % 4 of counter (e / 4, draw), low words first, gives u = (lane >> 8) * 2^-24.
///   uniform: low + (high - low) u, rounded to y's type.   keep_mask: 0 where u < low, else high.
///   integer: low + floor(lane (high - low) 2^-32), y i32 or i64, high - low at most 2^32; the others make f32 and f64.
///   normal: low + high * sqrt(-2 log(u_1 + 2^-24)) cos(2 pi u_2), sin for odd e, from lanes 0 and 1 or 2 and 3.
struct RandomArgs {
  RandomKind kind;
  Matrix y, row_ids;
  uint64_t seed, draw;
  double low, high;
};

/// UpdateArgs are what every optimizer's step is told of n = rows * cols contiguous elements (f32 or f64), which it
/// changes in place:
///   w *= 1 - lr decoupled_decay;   g = factor grad_scale grad + weight_decay w;   w -= what the entry makes of g
/// A factor of 0 or NaN leaves everything as it is: the step did not happen. The average follows the value after the
/// step.
struct UpdateArgs {
  Matrix value, grad;  // (1, n)
  Matrix average;      // (1, n) or absent: average += (1 - average_decay) (value - average)
  Matrix factor;       // (1, 1), or absent: 1. A number that only the device knows, as a clipping scale
  double grad_scale, lr, weight_decay, decoupled_decay, average_decay;
};
/// The step of SGD; where m is absent, w -= lr g:
///   m = momentum m + g;   w -= lr m, or with nesterov lr (g + momentum m)
struct SgdArgs {
  UpdateArgs update;
  Matrix m;  // (1, n) or absent
  double momentum;
  bool nesterov;
};
/// The step of Adam, where bias1 = 1 - beta1^t and bias2 = 1 - beta2^t at step t = 1, 2, ...:
///   m = beta1 m + (1 - beta1) g;   v = beta2 v + (1 - beta2) g^2;   w -= lr (m / bias1) / (sqrt(v / bias2) + eps)
struct AdamArgs {
  UpdateArgs update;
  Matrix m, v;  // (1, n)
  double beta1, beta2, eps, bias1, bias2;
};
/// The step of Adadelta:
///   s = rho s + (1 - rho) g^2;   d = sqrt(u + eps) / sqrt(s + eps) g;   u = rho u + (1 - rho) d^2;   w -= lr d
struct AdadeltaArgs {
  UpdateArgs update;
  Matrix s, u;  // (1, n)
  double rho, eps;
};

/// How a GRU cell combines (see ops/sequence/gru.h). Gate order r, z, n.
///   Reset::after:  n = tanh(gx_n + r * gh_n),   gh = h U^T + b_hh         (cuDNN, PyTorch)
///   Reset::before: n = tanh(gx_n + gh_n),       gh_n = (r * h) U_n^T + b_hn  (Cho et al. 2014, Bahdanau et al. 2014)
///   Update::keep:  h' = z * h + (1 - z) * n;    Update::replace: h' = (1 - z) * h + z * n  (Bahdanau et al. 2014)
enum class Reset : int32_t { after, before };
enum class Update : int32_t { keep, replace };

/// One step of GRU gates over `rows` rows. Matrices are (rows, H) or (rows, 3H), and absent where a phase has no use
/// for them.
///   all           (Reset::after)   gx, gh, h -> gates r, z, n;  hidden_n = gh_n;  y = h'
///   reset_update  (Reset::before)  gx, gh (2H columns), h -> gates r, z;  y = r * h, which the second product takes
///   candidate     (Reset::before)  gx, hidden_n = gh_n, h, gates r, z -> gates n;  y = h'
enum class GruPhase : int32_t { all, reset_update, candidate };
struct GruGatesArgs {
  GruPhase phase;
  Update update;
  Matrix gx, gh, h, gates, hidden_n, y;
};
/// Gradients of GruGatesArgs, with g = dh + dy. dh (rows, H) holds the gradient of h' from later steps on entry and
/// that of h on return. dy (rows, H), or absent, is the gradient that reached this step's output itself.
///   all           gates, hidden_n, h -> dgx, dgh (rows, 3H; equal but for dgh_n = r * dgx_n);  dh = direct path of g
///   candidate     gates, h -> z and n parts of dgx;  dh = direct path of g
///   reset_update  gates, h, dy = gradient of r * h -> r part of dgx;  dh += r * dy
struct GruGatesBackwardArgs {
  GruPhase phase;
  Update update;
  Matrix gates, hidden_n, h, dy, dgx, dgh, dh;
};

/// A whole step of a GRU with Reset::after over `rows` rows, for devices whose launches cost more than small steps do:
///   h = the rows of carried, then those of fresh, or zeros where it is absent;   gh = h U^T + b
/// and then as GruPhase::all has it. gates.h is written, gates.gh absent. weight (H, 3H) is U^T, bias (1, 3H) or
/// absent.
struct GruStepArgs {
  GruGatesArgs gates;
  Matrix carried, fresh, weight, bias;
};
/// Gradients of GruStepArgs: dh += later U for the rows that there are of `later`, which is dgh (<= rows, 3H) of the
/// step that took h' on, or absent; and then as GruPhase::all has it. weight (3H, H) is U. What dgh adds to dh is left
/// to the step before.
struct GruStepBackwardArgs {
  GruGatesBackwardArgs gates;
  Matrix later, weight;
};

/// One step of LSTM gates over `rows` rows (equations: ops/sequence/lstm.h). gates (rows, 4H), in the order i, f, g, o,
/// hold the sums under the gates on entry and the gates on return. c (rows, H) is read; c_new and y = h' (rows, H) are
/// written.
struct LstmGatesArgs {
  Matrix gates, c, c_new, y;
};
/// Gradients of LstmGatesArgs, with g = dh + dy the gradient of h'; dy may be absent. dsums (rows, 4H) is the gradient
/// of the sums under the gates. dc (rows, H) holds the gradient of c' from later steps on entry, that of c on return.
struct LstmGatesBackwardArgs {
  Matrix gates, c, c_new, dh, dy, dsums, dc;
};

/// Additive attention (Bahdanau et al. 2014, A.1.2) for `rows` queries; row(i, s) = starts[s] + columns[i].
///   e[i, s] = v . tanh(query[i] + keys[row(i, s)]),  a[i] = softmax over s < lengths[i]
///   context[i] = sum_s a[i, s] values[row(i, s)]
/// weights (rows, S) = a, 0 past the length; a length of 0 gives a zero context. columns, lengths (rows) and starts (S)
/// are i64. Several rows may share a column (beam search).
struct AttentionArgs {
  Matrix query, keys, values, v, weights, context;  // (rows, A), (N, A), (N, C), (1, A), (rows, S), (rows, C)
  Matrix columns, lengths, starts;
};
/// Gradients of attention, given dcontext: dquery is written; dkeys (N, A), dvalues (N, C; absent when not wanted) and
/// dv (1, A) are added to. dweights (rows, S), or absent, is a gradient that reached the weights themselves. Rows may
/// share a column only with `shared`: their parts of dkeys and dvalues are then added in their order.
struct AttentionBackwardArgs {
  AttentionArgs forward;
  Matrix dcontext, dweights, dquery, dkeys, dvalues, dv;
  bool shared;
};

/// Softmax cross-entropy of logits (rows, V), in place; losses (rows) are 0 where target == ignore, else
///   row_scale * sum_j q_j * -log p[j],   q_j = w_j ((1 - smoothing) [j == target] + smoothing / V)
/// and nll (rows, or absent) = -log p[target]. w are the class weights (1, V), or 1. With smoothing 0 the other terms
/// are 0 also where a p is. A logit of -inf is a p of 0, also in a row of nothing else. With `gradient`, logits become
/// d(loss)/d(logits) = row_scale * (p sum_j q_j - q); else they stay.
struct CrossEntropyArgs {
  Matrix logits, targets, losses, nll;
  double smoothing, row_scale;
  int64_t ignore;
  bool gradient;
  Matrix weight;  // w, or absent
};

/// Where the rows of one side of scaled dot-product attention lie: step t of sequence b is row
///   starts[t] + ranks[b] of packed rows, or, without these (i64), t * step + b * item;
/// lengths (i64, or absent: all `count`) says how many steps each sequence has.
struct AttentionSide {
  Matrix starts, ranks, lengths;
  int64_t step, item, count;
};
/// Scaled dot-product attention (Vaswani et al. 2017) of each sequence b < batch and head h, whose rows are those of
/// matrix h of q, k, v and y: element j of row r is at offset + h * batch_stride + r * row_stride + j.
///   e[t, s] = scale q[t] . k[s] + mask[b, h, t, s]     lse[t] = log sum_s exp e[t, s]     y[t] = sum_s p[t, s] v[s]
/// p = exp(e - lse), with dropout times a keep_mask of element ((b heads + h) T + t) S + s. A mask of bool is -inf
/// where it is false. With causal, s <= t + past is seen alone. A step that sees nothing has y = 0 and lse = -inf; so
/// has one beyond its length. lse (batch heads, T).
struct DotAttentionArgs {
  Matrix q, k, v, y, lse;
  AttentionSide queries, keys;
  View mask;  // dims (batch, heads, T, S), or of rank 0 for none
  int64_t batch, heads;
  bool causal;
  int64_t past;
  double scale, dropout;
  uint64_t seed, draw;
};
/// Gradients of dot_attention, given dy: dq, dk and dv are added to; rows of packed or padded places that no sequence
/// has are left alone.
struct DotAttentionBackwardArgs {
  DotAttentionArgs forward;
  Matrix dy, dq, dk, dv;
};

/// y = (x - mean) * rstd * weight + bias for each row, rstd = 1 / sqrt(variance + eps); without `centred` mean is 0 and
/// absent (RMS norm). weight and bias (1, F) or absent; mean and rstd (rows) are written.
struct NormArgs {
  Matrix y, x, weight, bias, mean, rstd;
  bool centred;
  double eps;
};
/// Gradients of norm_rows: dx is added to, as are dweight and dbias (1, F); each is absent when not wanted.
struct NormBackwardArgs {
  Matrix x, weight, mean, rstd, dy, dx, dweight, dbias;
  bool centred;
};

/// Connectionist temporal classification (Graves et al. 2006) of `batch` sequences: row t batch + b of log_probs (rows,
/// classes) is step t of sequence b. Its labels are label_lengths[b] entries of labels (N) from label_starts[b] on, its
/// steps the first step_lengths[b]; all four are i64. losses[b] = -log p(labels), inf where no alignment has so many
/// steps. gradient (rows, classes), or absent, is d losses / d log_probs: minus the probability that step t is class c,
/// 0 behind the steps and where the loss is infinite.
struct CtcArgs {
  Matrix log_probs, labels, label_starts, label_lengths, step_lengths, losses, gradient;
  int64_t batch, blank, longest;  // longest: the largest of label_lengths
};

/// A loop whose parts do not depend on one another (the sequences of a batch, batches of a search): run(loop, part,
/// parts) makes kernel calls for its share. `rows` is how many a kernel call would have, were there one part; `most` is
/// how many parts there can be.
struct PartsArgs {
  int64_t rows, most;
  void* loop;
  Status (*run)(void* loop, int part, int parts);
};

/// Puts the context before an entry's arguments, for the expansions of core/device/kernels.def.
#define GRUS_WITH_CONTEXT(...) (Context * context __VA_OPT__(, ) __VA_ARGS__)

struct KernelTable {
  uint32_t abi;
  const char* name;
  size_t keeps_from;  // a released buffer of so many bytes is kept by the backend; SIZE_MAX: none is

  /// Opens device `index`: a context that no other device has.
  Status (*open)(int index, Context** context);
#define GRUS_DEVICE_ENTRY(result, name, arguments, ...) result(*name) GRUS_WITH_CONTEXT arguments;
#define GRUS_KERNEL(need, name, arguments, ...) Status(*name) GRUS_WITH_CONTEXT arguments;
// NOLINTNEXTLINE(bugprone-macro-parentheses): a declarator
#define GRUS_LOOP_ENTRY(name, arguments) Status(*name) GRUS_WITH_CONTEXT arguments;
#include "core/device/kernels.def"
};

}  // namespace grus
