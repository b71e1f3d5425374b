// Entries along lines, whose elements depend on those before them: sorting, linear recurrences, CTC.
#include "core/backends/gpu/entries.h"
#include "core/backends/gpu/views.h"

namespace grus::gpu {

// A bitonic network orders the ids of each row, padded to a power of 2. Ids are part of the order, which makes it
// stable.
void sort(Machine& m, const Matrix& values, const Matrix& ids, const Matrix& x, bool descending) {
  if (x.rows == 0 || x.cols == 0) return;
  int64_t size = 1;
  while (size < x.cols) size *= 2;
  void* const order = m.scratch(0, static_cast<size_t>(x.rows * size) * sizeof(int64_t));
  Arguments begin;
  begin.add(x.rows).add(size).add(order);
  m.run("lines", x.dtype, "sort_begin", groups_of(size), x.rows, begin);
  for (int64_t block = 2; block <= size; block *= 2)
    for (int64_t distance = block / 2; distance > 0; distance /= 2) {
      Arguments step;
      step.add(x.rows).add(x.cols).add(size).add(block).add(distance).add(static_cast<int32_t>(descending));
      push(step, x);
      step.add(order);
      m.run("lines", x.dtype, "sort_step", groups_of(size / 2), x.rows, step);
    }
  Arguments end;
  end.add(x.rows).add(x.cols).add(size);
  push(end, x);
  push(end, values);
  push(end, ids);
  end.add(order);
  m.run("lines", x.dtype, "sort_end", groups_of(x.cols), x.rows, end);
}

void linear_recurrence(Machine& m, const LinearRecurrenceArgs& args) {
  if (args.steps == 0 || args.y.rows == 0 || args.y.cols == 0) return;
  const int64_t matrices = args.y.rows / args.steps;
  Arguments arguments;
  arguments.add(matrices).add(args.steps).add(args.y.cols);
  push(arguments, args.y);
  push(arguments, args.a);
  push(arguments, args.b);
  arguments.add(static_cast<int32_t>(args.backwards));
  // With columns enough for a group each item walks one; else a group shares a line.
  if (args.y.cols >= width / 2 || args.steps <= 8)
    m.run("lines", args.y.dtype, "recurrence_by_item", groups_of(args.y.cols), matrices, arguments);
  else m.run("lines", args.y.dtype, "recurrence_by_group", matrices * args.y.cols, 1, arguments);
}

void ctc(Machine& m, const CtcArgs& args) {
  if (args.batch == 0) return;
  const int64_t most = 2 * args.longest + 1;
  const size_t element = size_of(args.log_probs.dtype);
  void* const alpha = m.scratch(0, static_cast<size_t>((args.log_probs.rows + 1) * most) * element);
  void* const beta = m.scratch(1, static_cast<size_t>(2 * args.batch * most) * element);
  Arguments arguments;
  arguments.add(args.batch).add(args.log_probs.cols).add(args.log_probs.rows / args.batch).add(most).add(args.blank);
  push(arguments, args.log_probs);
  for (const Matrix* ids : {&args.labels, &args.label_starts, &args.label_lengths, &args.step_lengths})
    push_ids(arguments, *ids);
  push_vector(arguments, args.losses);
  push(arguments, args.gradient);
  arguments.add(alpha).add(beta);
  m.run("ctc", args.log_probs.dtype, "ctc", args.batch, 1, arguments);
}

}  // namespace grus::gpu
