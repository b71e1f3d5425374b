// Random numbers and the optimizers' steps.
#include <cmath>

#include "core/backends/gpu/entries.h"
#include "core/backends/gpu/views.h"

namespace grus::gpu {

void random(Machine& m, const RandomArgs& args) {
  const DType dtype = args.y.dtype;
  if (args.y.cols == 0) return;
  // u < low is exact in integers, because u = k 2^-24.
  const double below = std::fmin(std::fmax(std::ceil(args.low * 0x1p24), 0), 0x1p24);
  Arguments arguments;
  arguments.add(args.y.rows).add(args.y.cols).add(static_cast<int32_t>(args.kind));
  push(arguments, args.y);
  push_ids(arguments, args.row_ids);
  arguments.add(args.seed).add(args.draw).add_number(dtype, args.low).add_number(dtype, args.high);
  arguments.add(static_cast<uint32_t>(below));
  const int64_t blocks = args.y.cols / 4 + 2;  // a row may begin and end inside a block
  m.run("update", dtype, "draw", groups_of(blocks), args.y.rows, arguments);
}

void optimizer_step(Machine& m, const OptimizerArgs& args) {
  const DType dtype = args.value.dtype;
  const int64_t count = args.value.rows * args.value.cols;
  Arguments arguments;
  arguments.add(count).add(static_cast<int32_t>(args.kind));
  for (const Matrix* each : {&args.value, &args.grad, &args.first, &args.second, &args.average, &args.factor})
    push(arguments, *each);
  const double shrink = 1 - args.lr * args.decoupled_decay, average_rest = 1 - args.average_decay;
  for (double number : {args.grad_scale, args.lr, args.beta1, 1 - args.beta1, args.beta2, 1 - args.beta2, args.eps,
                        args.bias1, args.bias2, args.weight_decay, shrink, average_rest})
    arguments.add_number(dtype, number);
  arguments.add(static_cast<int32_t>(args.nesterov));
  m.run("update", dtype, "optimizer", groups_of(count), 1, arguments);
}

}  // namespace grus::gpu
