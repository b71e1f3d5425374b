// The reference backend: plain loops, no BLAS, no threads. It is the specification, and a student's first read.
#include "core/backends/backends.h"
#include "core/backends/reference/entries.h"

namespace grus {

const KernelTable& reference_backend() {
  using namespace reference;
  static const KernelTable table = {
      .abi = kernels_abi,
      .name = "reference",
      .open = open,
      .close = close,
      .describe = describe,
      .last_error = last_error,
      .allocate = allocate,
      .release = release,
      .drop_derived = drop_derived,
      .upload = upload,
      .download = download,
      .synchronize = synchronize,
      .copy = copy,
      .fill = fill,
      .unary = unary,
      .unary_gradient = unary_gradient,
      .binary = binary,
      .binary_gradient = binary_gradient,
      .compare = compare,
      .select = select,
      .reduce = reduce,
      .arg_reduce = arg_reduce,
      .gemm = gemm,
      .gather_rows = gather_rows,
      .scatter_add_rows = scatter_add_rows,
      .softmax = softmax,
      .softmax_gradient = softmax_gradient,
      .top_k = top_k,
      .random = random,
      .optimizer_step = optimizer_step,
      .gru_gates = gru_gates,
      .gru_gates_backward = gru_gates_backward,
      .attention = attention,
      .attention_backward = attention_backward,
      .cross_entropy = cross_entropy,
  };
  return table;
}

}  // namespace grus
