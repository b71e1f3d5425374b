#pragma once
// The reference backend: every kernel as plain loops over host memory, one file per family. It is the specification
// that other backends are tested against. Kernels throw (DtypeError: not made for these types); entry() below turns
// that into a Status at the boundary.
#include <new>
#include <string>

#include "core/backends/backends.h"
#include "core/error.h"
#include "core/kernels.h"

namespace grus::reference {

void allocate(size_t bytes, Buffer* buffer);  // 64-byte aligned; handle is the host pointer
void release(Buffer* buffer);
void drop_derived(Buffer* buffer);
void upload(Buffer* to, size_t byte_offset, const void* from, size_t bytes);
void download(void* to, const Buffer* from, size_t byte_offset, size_t bytes);

void copy(const View& y, const View& x, bool accumulate);
void fill(const View& y, double value);
void unary(UnaryOp op, const View& y, const View& x);
void unary_gradient(UnaryOp op, const View& dx, const View& x, const View& y, const View& dy);
void binary(BinaryOp op, const View& y, const View& a, const View& b);
void binary_gradient(BinaryOp op, int wrt, const View& dx, const View& a, const View& b, const View& y, const View& dy);
void compare(CompareOp op, const View& y, const View& a, const View& b);
void select(const View& y, const View& condition, const View& a, const View& b);

void reduce(ReduceOp op, const View& y, const View& x, bool accumulate);
void arg_reduce(ArgReduceOp op, const View& y, const View& x);
void gemm(const GemmArgs& args);
void gather_rows(const Matrix& y, const Matrix& table, const Matrix& ids);
void scatter_add_rows(const Matrix& table, const Matrix& x, const Matrix& ids);
void softmax(const SoftmaxArgs& args);
void softmax_gradient(const View& dx, const View& y, const View& dy, bool log);
void top_k(const Matrix& values, const Matrix& ids, const Matrix& x);
void random(const RandomArgs& args);
void optimizer_step(const OptimizerArgs& args);

void gru_gates(const GruGatesArgs& args);
void gru_gates_backward(const GruGatesBackwardArgs& args);
void attention(const AttentionArgs& args);
void attention_backward(const AttentionBackwardArgs& args);
void cross_entropy(const CrossEntropyArgs& args);
void lstm_gates(const LstmGatesArgs& args);
void lstm_gates_backward(const LstmGatesBackwardArgs& args);

/// The message of this thread's last failure, for KernelTable::last_error.
std::string& error_message();

/// A table entry that calls `kernel` and turns what it throws into a Status and a message.
template <auto kernel, class... Args>
Status entry(Context*, Args... args) {
  try {
    kernel(args...);
    return Status::ok;
  } catch (const std::bad_alloc&) {
    error_message() = "out of memory";
    return Status::out_of_memory;
  } catch (const DtypeError& error) {
    error_message() = error.what();
    return Status::unsupported;
  } catch (const std::exception& error) {
    error_message() = error.what();
    return Status::failed;
  }
}

}  // namespace grus::reference
