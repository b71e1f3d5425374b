// Entries on rows: rows by id, their best entries, softmax and cross-entropy.
#include "core/backends/gpu/entries.h"
#include "core/backends/gpu/views.h"

namespace grus::gpu {
namespace {

/// Finds the first `count` entries of each row of x; values may be null.
void top(Machine& m, const View& x, const View* values, const View& ids, int64_t count, bool smallest) {
  const Grid grid(x, {&x, values, &ids}, true);
  if (grid.extent.rows == 0) return;
  Arguments arguments;
  arguments.add(grid.extent);
  grid.push(arguments, 0);
  arguments.add(count).add(static_cast<int32_t>(smallest));
  grid.push(arguments, 1);
  grid.push(arguments, 2);
  m.run("rows", x.dtype, "top", grid.extent.rows, 1, arguments);
}

}  // namespace

void arg_reduce(Machine& m, ArgReduceOp op, const View& y, const View& x) {
  View ids = y;  // with a last axis of one element
  ids.dims[ids.rank] = 1;
  ids.strides[ids.rank++] = 1;
  top(m, x, nullptr, ids, 1, op == ArgReduceOp::argmin);
}

void top_k(Machine& m, const Matrix& values, const Matrix& ids, const Matrix& x) {
  const View of_values = view_of(values);
  top(m, view_of(x), &of_values, view_of(ids), values.cols, false);
}

void gather_rows(Machine& m, const Matrix& y, const Matrix& table, const Matrix& ids) {
  Arguments arguments;
  arguments.add(y.rows).add(y.cols).add(table.rows);
  push(arguments, y);
  push(arguments, table);
  push_ids(arguments, ids);
  arguments.add(m.fault());
  m.run("rows", y.dtype, "gather", groups_of(y.cols), y.rows, arguments);
}

void scatter_add_rows(Machine& m, const Matrix& table, const Matrix& x, const Matrix& ids) {
  if (x.rows == 0) return;
  void* const links = m.scratch(0, static_cast<size_t>(x.rows) * 2 * sizeof(int32_t));
  Arguments of_links;
  of_links.add(x.rows).add(table.rows);
  push_ids(of_links, ids);
  of_links.add(links).add(m.fault());
  m.run("rows", x.dtype, "link_ids", groups_of(x.rows), 1, of_links);
  Arguments arguments;
  arguments.add(x.rows).add(x.cols);
  push(arguments, table);
  push(arguments, x);
  push_ids(arguments, ids);
  arguments.add(links);
  m.run("rows", x.dtype, "scatter_add", groups_of(x.cols), x.rows, arguments);
}

void softmax(Machine& m, const SoftmaxArgs& args) {
  const Grid grid(args.x, {&args.y, &args.x, args.mask.rank > 0 ? &args.mask : nullptr}, true);
  if (grid.empty()) return;
  Arguments arguments;
  arguments.add(grid.extent);
  for (int i = 0; i < 3; ++i) grid.push(arguments, i);
  arguments.add(static_cast<int32_t>(args.log));
  m.run("softmax", args.x.dtype, "softmax", grid.extent.rows, 1, arguments);
}

void softmax_gradient(Machine& m, const View& dx, const View& y, const View& dy, bool log) {
  const Grid grid(y, {&dx, &y, &dy}, true);
  if (grid.empty()) return;
  Arguments arguments;
  arguments.add(grid.extent);
  for (int i = 0; i < 3; ++i) grid.push(arguments, i);
  arguments.add(static_cast<int32_t>(log));
  m.run("softmax", y.dtype, "softmax_gradient", grid.extent.rows, 1, arguments);
}

void cross_entropy(Machine& m, const CrossEntropyArgs& args) {
  const DType dtype = args.logits.dtype;
  Arguments arguments;
  arguments.add(args.logits.cols);
  push(arguments, args.logits);
  push_ids(arguments, args.targets);
  push_vector(arguments, args.losses);
  push_vector(arguments, args.nll);
  push_vector(arguments, args.weight);
  arguments.add_number(dtype, args.smoothing).add_number(dtype, args.row_scale);
  arguments.add(args.ignore).add(static_cast<int32_t>(args.gradient)).add(m.fault());
  m.run("softmax", dtype, "cross_entropy", args.logits.rows, 1, arguments);
}

}  // namespace grus::gpu
