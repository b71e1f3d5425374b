#include "core/kernel_costs.h"

#include <initializer_list>

namespace grus::kernel_cost {
namespace {

double elements(const View& x) {
  double count = 1;
  for (int i = 0; i < x.rank; ++i) count *= static_cast<double>(x.dims[i]);
  return count;
}

double elements(const Matrix& x) { return x.buffer ? static_cast<double>(x.rows) * static_cast<double>(x.cols) : 0; }

double bytes(const View& x) {
  double count = x.buffer ? static_cast<double>(size_of(x.dtype)) : 0;
  for (int i = 0; i < x.rank; ++i)
    if (x.strides[i] != 0 || x.dims[i] == 0) count *= static_cast<double>(x.dims[i]);
  return count;
}

double bytes(const Matrix& x) { return elements(x) * static_cast<double>(size_of(x.dtype)); }

template <class... Memory>
double bytes_of(const Memory&... all) {
  return (bytes(all) + ...);
}

/// `flops_each` operations for every element of `y`, over the memory of all.
template <class... Memory>
KernelCost each(double flops_each, const View& y, const Memory&... others) {
  return {flops_each * elements(y), bytes_of(y, others...), y.dtype};
}

KernelCost with_variant(KernelCost cost, auto variant) {
  cost.variant = static_cast<int>(variant);
  return cost;
}

double flops_of(GruPhase phase) {
  switch (phase) {
    case GruPhase::all:
      return 11;
    case GruPhase::reset_update:
      return 5;
    case GruPhase::candidate:
      return 6;
  }
  return 0;
}

}  // namespace

KernelCost upload(Buffer*, size_t, const void*, size_t bytes) { return {0, static_cast<double>(bytes)}; }
KernelCost download(void*, const Buffer*, size_t, size_t bytes) { return {0, static_cast<double>(bytes)}; }
KernelCost allocate(size_t bytes, Buffer*) { return {0, static_cast<double>(bytes)}; }

KernelCost copy(const View& y, const View& x, bool accumulate) {
  KernelCost cost = each(accumulate ? 1 : 0, y, x);
  if (accumulate) cost.bytes += bytes(y);
  return cost;
}
KernelCost fill(const View& y, double) { return each(0, y); }
KernelCost unary(UnaryOp op, const View& y, const View& x) { return with_variant(each(1, y, x), op); }
KernelCost unary_gradient(UnaryOp op, const View& dx, const View& x, const View& y, const View& dy) {
  return with_variant(each(2, dx, x, y, dy), op);
}
KernelCost binary(BinaryOp op, const View& y, const View& a, const View& b) {
  return with_variant(each(1, y, a, b), op);
}
KernelCost binary_gradient(BinaryOp op, int, const View& dx, const View& a, const View& b, const View& y,
                           const View& dy) {
  return with_variant(each(2, dx, a, b, y, dy), op);
}
KernelCost compare(CompareOp op, const View& y, const View& a, const View& b) {
  return with_variant(each(1, y, a, b), op);
}
KernelCost select(const View& y, const View& condition, const View& a, const View& b) {
  return each(1, y, condition, a, b);
}

KernelCost reduce(ReduceOp op, const View& y, const View& x, bool accumulate) {
  KernelCost cost{elements(x), bytes_of(y, x), y.dtype};
  if (accumulate) cost.bytes += bytes(y);
  return with_variant(cost, op);
}
KernelCost arg_reduce(ArgReduceOp op, const View& y, const View& x) {
  return with_variant({elements(x), bytes_of(y, x), x.dtype}, op);
}

KernelCost gemm(const GemmArgs& g) {
  const double inner = static_cast<double>(g.transpose_a ? g.a.rows : g.a.cols), batch = static_cast<double>(g.batch);
  Matrix c = g.c.buffer ? g.c : g.y;
  if (c.row_stride == 0) c.rows = 1;
  const double added = g.beta == 0 ? 0 : bytes(c);
  return {2 * elements(g.y) * inner * batch, batch * (bytes(g.y) + added + bytes(g.a) + bytes(g.b)), g.y.dtype};
}

KernelCost gather_rows(const Matrix& y, const Matrix&, const Matrix& ids) {
  return {0, 2 * bytes(y) + bytes(ids), y.dtype};
}
KernelCost scatter_add_rows(const Matrix&, const Matrix& x, const Matrix& ids) {
  return {elements(x), 3 * bytes(x) + bytes(ids), x.dtype};
}

KernelCost softmax(const SoftmaxArgs& s) {
  KernelCost cost = each(4, s.y, s.x);
  if (s.mask.rank > 0) cost.bytes += bytes(s.mask);
  return cost;
}
KernelCost softmax_gradient(const View& dx, const View& y, const View& dy, bool) { return each(8, dx, y, dy); }

KernelCost top_k(const Matrix& values, const Matrix& ids, const Matrix& x) {
  return {elements(x), bytes_of(values, ids, x), x.dtype};
}
KernelCost random(const RandomArgs& r) {
  return with_variant({elements(r.y), bytes_of(r.y, r.row_ids), r.y.dtype}, r.kind);
}

KernelCost optimizer_step(const OptimizerArgs& o) {
  const double flops = o.kind == OptimizerKind::sgd ? 4 : 12;
  return with_variant(
      {flops * elements(o.value), bytes(o.grad) + 2 * bytes_of(o.value, o.first, o.second, o.average), o.value.dtype},
      o.kind);
}

KernelCost gru_gates(const GruGatesArgs& g) {
  return with_variant(
      {flops_of(g.phase) * elements(g.y), bytes_of(g.gx, g.gh, g.h, g.gates, g.hidden_n, g.y), g.y.dtype}, g.phase);
}
KernelCost gru_gates_backward(const GruGatesBackwardArgs& g) {
  return with_variant({2 * flops_of(g.phase) * elements(g.dh),
                       bytes_of(g.gates, g.hidden_n, g.h, g.dy, g.dgx, g.dgh) + 2 * bytes(g.dh), g.dh.dtype},
                      g.phase);
}

KernelCost attention(const AttentionArgs& a) {
  const double each_place = 4 * static_cast<double>(a.query.cols) + 2 * static_cast<double>(a.values.cols);
  return {elements(a.weights) * each_place,
          bytes_of(a.query, a.keys, a.values, a.v, a.weights, a.context) + bytes_of(a.columns, a.lengths, a.starts),
          a.context.dtype};
}
KernelCost attention_backward(const AttentionBackwardArgs& a) {
  KernelCost cost = attention(a.forward);
  cost.dtype = a.dquery.dtype;  // forward results are absent
  cost.flops *= 2;
  cost.bytes += bytes_of(a.dcontext, a.dweights, a.dquery) + 2 * bytes_of(a.dkeys, a.dvalues, a.dv);
  return cost;
}

KernelCost cross_entropy(const CrossEntropyArgs& c) {
  return {4 * elements(c.logits), (c.gradient ? 2 : 1) * bytes(c.logits) + bytes_of(c.targets, c.losses, c.nll),
          c.logits.dtype};
}

KernelCost lstm_gates(const LstmGatesArgs& g) {
  return {9 * elements(g.y), 2 * bytes(g.gates) + bytes_of(g.c, g.c_new, g.y), g.y.dtype};
}
KernelCost lstm_gates_backward(const LstmGatesBackwardArgs& g) {
  return {18 * elements(g.dh), bytes_of(g.gates, g.c, g.c_new, g.dh, g.dy, g.dsums) + 2 * bytes(g.dc), g.dh.dtype};
}

}  // namespace grus::kernel_cost
