// The cpu backend: the reference table with the entries below put in the place of plain loops.
#include <fmt/format.h>

#include "core/backends/cpu/blas.h"
#include "core/backends/cpu/cpu_info.h"
#include "core/backends/cpu/derived.h"
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/pool.h"
#include "core/backends/reference/reference.h"

namespace grus {
namespace cpu {
namespace {

Status open(int index, Context** context) {
  limit_simd_targets();
  return reference_backend().open(index, context);
}

const char* describe(Context*) {
  thread_local std::string text;
  text = fmt::format("{}, SIMD {}, OpenBLAS {}, {} thread{}", cpu_name(), simd_target(),
                     blas_load() ? blas_kernels() : "not found", pool_threads(), pool_threads() == 1 ? "" : "s");
  return text.c_str();
}

void drop_derived_entry(Context*, Buffer* buffer) { drop_derived(buffer); }

KernelTable make_table() {
  KernelTable table = reference_backend();
  table.name = "cpu";
  table.keeps_from = large_buffer;
  table.open = open;
  table.describe = describe;
  table.allocate = allocate;
  table.release = release;
  table.drop_derived = drop_derived_entry;
  table.trim = trim;
  table.copy = copy;
  table.fill = fill;
  table.unary = unary;
  table.unary_gradient = unary_gradient;
  table.binary = binary;
  table.binary_gradient = binary_gradient;
  table.compare = compare;
  table.select = select;
  table.reduce = reduce;
  table.arg_reduce = arg_reduce;
  table.gemm = gemm;
  table.gather_rows = gather_rows;
  table.scatter_add_rows = scatter_add_rows;
  table.softmax = softmax;
  table.softmax_gradient = softmax_gradient;
  table.top_k = top_k;
  table.gru_gates = gru_gates;
  table.gru_gates_backward = gru_gates_backward;
  table.lstm_gates = lstm_gates;
  table.lstm_gates_backward = lstm_gates_backward;
  table.run_parts = run_parts;
  table.attention = attention;
  table.attention_backward = attention_backward;
  table.cross_entropy = cross_entropy;
  table.optimizer_step = optimizer_step;
  table.random = random;
  return table;
}

}  // namespace

Status fail_with(std::string message) {
  reference::error_message() = std::move(message);
  return Status::failed;
}

}  // namespace cpu

const KernelTable& cpu_backend() {
  static const KernelTable table = cpu::make_table();
  return table;
}

}  // namespace grus
