#pragma once
// What a kernel call asks for, in floating point operations and in bytes moved; one function for each entry of the
// contract, or for a family of them. Backward kernels count twice their forward's FLOPs.
//
//   bytes          every View and Matrix argument once, elements reached by stride 0 once; y twice when it is added to
//   unary ... select, copy, fill, random, reduce, arg_reduce, top_k      1 FLOP an element (copy and fill: none)
//   gemm           2 m n k batch
//   gather_rows, scatter_add_rows     bytes: the rows touched; scatter: 1 FLOP an element
//   softmax        4 an element (maximum, difference, exp, scale)
//   optimizer      4 an element for sgd, 12 for adam and adadelta
//   gru_gates      an element of y: 11 (all), 5 (reset_update), 6 (candidate);   lstm_gates: 9
//   attention      rows S (4 A + 2 C), padding included;   cross_entropy   4 rows V
#include "core/kernels.h"

namespace grus {

struct KernelCost {
  double flops = 0, bytes = 0;
  DType dtype = DType::f32;
  int variant = -1;
};

namespace kernel_cost {

/// Entries that compute nothing.
template <class... Args>
KernelCost nothing(Args...) {
  return {};
}
KernelCost upload(Buffer*, size_t, const void*, size_t bytes);
KernelCost download(void*, const Buffer*, size_t, size_t bytes);
KernelCost allocate(size_t bytes, Buffer*);
KernelCost copy(const View& y, const View& x, bool accumulate);
KernelCost fill(const View& y, double value);
KernelCost unary(UnaryOp, const View& y, const View& x);
KernelCost unary_gradient(UnaryOp, const View& dx, const View& x, const View& y, const View& dy);
KernelCost binary(BinaryOp, const View& y, const View& a, const View& b);
KernelCost binary_gradient(BinaryOp, int wrt, const View& dx, const View& a, const View& b, const View& y,
                           const View& dy);
KernelCost compare(CompareOp, const View& y, const View& a, const View& b);
KernelCost select(const View& y, const View& condition, const View& a, const View& b);
KernelCost reduce(ReduceOp, const View& y, const View& x, bool accumulate);
KernelCost arg_reduce(ArgReduceOp, const View& y, const View& x);
KernelCost gemm(const GemmArgs&);
KernelCost gather_rows(const Matrix& y, const Matrix& table, const Matrix& ids);
KernelCost scatter_add_rows(const Matrix& table, const Matrix& x, const Matrix& ids);
KernelCost softmax(const SoftmaxArgs&);
KernelCost softmax_gradient(const View& dx, const View& y, const View& dy, bool log);
KernelCost top_k(const Matrix& values, const Matrix& ids, const Matrix& x);
KernelCost random(const RandomArgs&);
KernelCost optimizer_step(const OptimizerArgs&);
KernelCost gru_gates(const GruGatesArgs&);
KernelCost gru_gates_backward(const GruGatesBackwardArgs&);
KernelCost attention(const AttentionArgs&);
KernelCost attention_backward(const AttentionBackwardArgs&);
KernelCost cross_entropy(const CrossEntropyArgs&);
KernelCost lstm_gates(const LstmGatesArgs&);
KernelCost lstm_gates_backward(const LstmGatesBackwardArgs&);

}  // namespace kernel_cost
}  // namespace grus
