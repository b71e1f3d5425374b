// Single products are the machine's library's; batches and products without inner dimension are our own kernel's.
#include <fmt/format.h>

#include "core/backends/gpu/entries.h"
#include "core/backends/gpu/views.h"

namespace grus::gpu {
namespace {

/// Describes how to go through op(m); kernels/product.cl has the same struct.
struct Matrices {
  int64_t offset, row, column, batch;
};

void push(Arguments& arguments, const Matrix& m, bool transposed) {
  const int64_t row = transposed ? 1 : m.row_stride, column = transposed ? m.row_stride : 1;
  arguments.add(memory(m)).add(Matrices{m.offset, row, column, m.batch_stride});
}

}  // namespace

void gemm(Machine& m, const GemmArgs& args) {
  if (args.c.buffer) {  // the libraries add to y
    if (args.beta != 0) copy(m, view_of(args.y), view_of(args.c), false);
    GemmArgs onto_y = args;
    onto_y.c = {};
    return gemm(m, onto_y);
  }
  const Matrix& y = args.y;
  if (!is_float(y.dtype)) throw Failure{Status::unsupported, fmt::format("[gemm] does not take {}", name_of(y.dtype))};
  if (y.dtype == DType::f64) m.require_f64();
  const int64_t inner = args.transpose_a ? args.a.rows : args.a.cols;
  if (y.rows == 0 || y.cols == 0 || args.batch == 0) return;
  if (args.batch == 1 && inner > 0) return m.gemm(args);
  Arguments arguments;
  arguments.add(args.batch).add(y.rows).add(y.cols).add(inner);
  push(arguments, args.a, args.transpose_a);
  push(arguments, args.b, args.transpose_b);
  push(arguments, y, false);
  arguments.add_number(y.dtype, args.alpha).add_number(y.dtype, args.beta);
  m.run("product", y.dtype, "product", groups_of(y.cols), args.batch * y.rows, arguments);
}

}  // namespace grus::gpu
