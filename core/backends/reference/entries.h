#pragma once
// The entries of the reference table, by family.
#include "core/kernels.h"

namespace grus::reference {

// memory.cpp
Status open(int index, Context** context);
void close(Context*);
const char* describe(Context*);
const char* last_error(Context*);
Status allocate(Context*, size_t bytes, Buffer* buffer);
void release(Context*, Buffer* buffer);
void drop_derived(Context*, Buffer* buffer);
Status upload(Context*, Buffer* to, size_t byte_offset, const void* from, size_t bytes);
Status download(Context*, void* to, const Buffer* from, size_t byte_offset, size_t bytes);
Status synchronize(Context*);
// elements.cpp
Status copy(Context*, const View& y, const View& x, bool accumulate);
Status fill(Context*, const View& y, double value);
Status unary(Context*, UnaryOp op, const View& y, const View& x);
Status unary_gradient(Context*, UnaryOp op, const View& dx, const View& x, const View& y, const View& dy);
Status binary(Context*, BinaryOp op, const View& y, const View& a, const View& b);
Status binary_gradient(Context*, BinaryOp op, int wrt, const View& dx, const View& a, const View& b, const View& y,
                       const View& dy);
Status compare(Context*, CompareOp op, const View& y, const View& a, const View& b);
Status select(Context*, const View& y, const View& condition, const View& a, const View& b);
// reduce.cpp
Status reduce(Context*, ReduceOp op, const View& y, const View& x, bool accumulate);
Status arg_reduce(Context*, ArgReduceOp op, const View& y, const View& x);
Status softmax(Context*, const SoftmaxArgs& args);
Status softmax_gradient(Context*, const View& dx, const View& y, const View& dy, bool log);
Status top_k(Context*, const Matrix& values, const Matrix& ids, const Matrix& x);
// product.cpp
Status gemm(Context*, const GemmArgs& args);
Status gather_rows(Context*, const Matrix& y, const Matrix& table, const Matrix& ids);
Status scatter_add_rows(Context*, const Matrix& table, const Matrix& x, const Matrix& ids);
// random.cpp
Status random(Context*, const RandomArgs& args);
// optimizer.cpp
Status optimizer_step(Context*, const OptimizerArgs& args);
// fused.cpp
Status gru_gates(Context*, const GruGatesArgs& args);
Status gru_gates_backward(Context*, const GruGatesBackwardArgs& args);
Status attention(Context*, const AttentionArgs& args);
Status attention_backward(Context*, const AttentionBackwardArgs& args);
Status cross_entropy(Context*, const CrossEntropyArgs& args);

}  // namespace grus::reference
