#pragma once
// The entries of the cpu backend's table, one file per family. What an entry does not speed up it hands to the
// reference backend.
#include <string>

#include "core/backends/backends.h"
#include "core/kernels.h"

namespace grus::cpu {

/// Host memory of a view or matrix of any dtype.
template <class T, class Place>
T* data(const Place& place) {
  return static_cast<T*>(place.buffer->handle) + place.offset;
}

/// Keeps the message for last_error and returns Status::failed.
Status fail_with(std::string message);

// memory.cpp
Status allocate(Context* context, size_t bytes, Buffer* buffer);
void release(Context* context, Buffer* buffer);
void trim(Context* context);
inline constexpr size_t large_buffer = size_t{1} << 20;  // bytes from which the heap keeps a buffer
// copy.cpp
Status copy(Context* context, const View& y, const View& x, bool accumulate);
Status fill(Context* context, const View& y, double value);
Status compare(Context* context, CompareOp op, const View& y, const View& a, const View& b);
Status select(Context* context, const View& y, const View& condition, const View& a, const View& b);
// elementwise.cpp
Status unary(Context* context, UnaryOp op, const View& y, const View& x);
Status unary_gradient(Context* context, UnaryOp op, const View& dx, const View& x, const View& y, const View& dy);
Status binary(Context* context, BinaryOp op, const View& y, const View& a, const View& b);
Status binary_gradient(Context* context, BinaryOp op, int wrt, const View& dx, const View& a, const View& b,
                       const View& y, const View& dy);
// reduce.cpp
Status reduce(Context* context, ReduceOp op, const View& y, const View& x, bool accumulate);
// gemm.cpp
Status gemm(Context* context, const GemmArgs& args);
// gru.cpp
Status gru_gates(Context* context, const GruGatesArgs& args);
Status gru_gates_backward(Context* context, const GruGatesBackwardArgs& args);
// lstm.cpp
Status lstm_gates(Context* context, const LstmGatesArgs& args);
Status lstm_gates_backward(Context* context, const LstmGatesBackwardArgs& args);
// parts.cpp
Status run_parts(Context* context, const PartsArgs& args);
// attention.cpp
Status attention(Context* context, const AttentionArgs& args);
Status attention_backward(Context* context, const AttentionBackwardArgs& args);
// cross_entropy.cpp, optimizer.cpp, random.cpp
Status cross_entropy(Context* context, const CrossEntropyArgs& args);
Status optimizer_step(Context* context, const OptimizerArgs& args);
Status random(Context* context, const RandomArgs& args);
// softmax.cpp
Status softmax(Context* context, const SoftmaxArgs& args);
Status softmax_gradient(Context* context, const View& dx, const View& y, const View& dy, bool log);
// index.cpp
Status gather_rows(Context* context, const Matrix& y, const Matrix& table, const Matrix& ids);
Status scatter_add_rows(Context* context, const Matrix& table, const Matrix& x, const Matrix& ids);
Status top_k(Context* context, const Matrix& values, const Matrix& ids, const Matrix& x);
Status arg_reduce(Context* context, ArgReduceOp op, const View& y, const View& x);

}  // namespace grus::cpu
