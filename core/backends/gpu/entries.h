#pragma once
// The entries of the contract that are launches, one file per family.
#include "core/backends/gpu/machine.h"

namespace grus::gpu {

// elements.cpp
void copy(Machine& m, const View& y, const View& x, bool accumulate);
void fill(Machine& m, const View& y, double value);
void unary(Machine& m, UnaryOp op, const View& y, const View& x);
void unary_gradient(Machine& m, UnaryOp op, const View& dx, const View& x, const View& y, const View& dy);
void binary(Machine& m, BinaryOp op, const View& y, const View& a, const View& b);
void binary_gradient(Machine& m, BinaryOp op, int wrt, const View& dx, const View& a, const View& b, const View& y,
                     const View& dy);
void compare(Machine& m, CompareOp op, const View& y, const View& a, const View& b);
void select(Machine& m, const View& y, const View& condition, const View& a, const View& b);
void gemm(Machine& m, const GemmArgs& args);
// reduce.cpp
void reduce(Machine& m, ReduceOp op, const View& y, const View& x, bool accumulate);
// rows.cpp
void arg_reduce(Machine& m, ArgReduceOp op, const View& y, const View& x);
void gather_rows(Machine& m, const Matrix& y, const Matrix& table, const Matrix& ids);
void scatter_add_rows(Machine& m, const Matrix& table, const Matrix& x, const Matrix& ids);
void softmax(Machine& m, const SoftmaxArgs& args);
void softmax_gradient(Machine& m, const View& dx, const View& y, const View& dy, bool log);
void top_k(Machine& m, const Matrix& values, const Matrix& ids, const Matrix& x);
void cross_entropy(Machine& m, const CrossEntropyArgs& args);
// update.cpp
void random(Machine& m, const RandomArgs& args);
void optimizer_step(Machine& m, const OptimizerArgs& args);
// recurrent.cpp
void gru_gates(Machine& m, const GruGatesArgs& args);
void gru_gates_backward(Machine& m, const GruGatesBackwardArgs& args);
void lstm_gates(Machine& m, const LstmGatesArgs& args);
void lstm_gates_backward(Machine& m, const LstmGatesBackwardArgs& args);
void attention(Machine& m, const AttentionArgs& args);
void attention_backward(Machine& m, const AttentionBackwardArgs& args);

}  // namespace grus::gpu
