// Random numbers and the optimizers' steps.
#include <cmath>

#include "core/backends/gpu/entries.h"
#include "core/backends/gpu/views.h"

namespace grus::gpu {
namespace {

constexpr int64_t blocks_of(const RandomArgs& args) { return args.y.cols / 4 + 2; }  // ends may lie inside a block

void draw_integers(Machine& m, const RandomArgs& args) {
  Arguments arguments;
  arguments.add(args.y.rows).add(args.y.cols);
  push(arguments, args.y);
  push_ids(arguments, args.row_ids);
  arguments.add(args.seed).add(args.draw).add(static_cast<int64_t>(args.low));
  arguments.add(static_cast<uint64_t>(args.high - args.low));
  m.run("update", args.y.dtype, "draw_integers", groups_of(blocks_of(args)), args.y.rows, arguments);
}

}  // namespace

void random(Machine& m, const RandomArgs& args) {
  const DType dtype = args.y.dtype;
  if (args.y.cols == 0) return;
  if (args.kind == RandomKind::integer) return draw_integers(m, args);
  // u < low is exact in integers, because u = k 2^-24.
  const double below = std::fmin(std::fmax(std::ceil(args.low * 0x1p24), 0), 0x1p24);
  Arguments arguments;
  arguments.add(args.y.rows).add(args.y.cols).add(static_cast<int32_t>(args.kind));
  push(arguments, args.y);
  push_ids(arguments, args.row_ids);
  arguments.add(args.seed).add(args.draw).add_number(dtype, args.low).add_number(dtype, args.high);
  arguments.add(static_cast<uint32_t>(below));
  m.run("update", dtype, "draw", groups_of(blocks_of(args)), args.y.rows, arguments);
}

namespace {

/// Returns the arguments that every optimizer's step takes.
Arguments arguments_of(const UpdateArgs& args) {
  const DType dtype = args.value.dtype;
  Arguments arguments;
  arguments.add(args.value.rows * args.value.cols);
  for (const Matrix* each : {&args.value, &args.grad, &args.average, &args.factor}) push(arguments, *each);
  const double shrink = 1 - args.lr * args.decoupled_decay, rest = 1 - args.average_decay;
  for (double number : {args.grad_scale, args.lr, args.weight_decay, shrink, rest}) arguments.add_number(dtype, number);
  return arguments;
}

void run(Machine& m, const char* name, const UpdateArgs& args, const Arguments& arguments) {
  m.run("update", args.value.dtype, name, groups_of(args.value.rows * args.value.cols), 1, arguments);
}

}  // namespace

void sgd_step(Machine& m, const SgdArgs& args) {
  Arguments arguments = arguments_of(args.update);
  push(arguments, args.m);
  arguments.add_number(args.update.value.dtype, args.momentum).add(static_cast<int32_t>(args.nesterov));
  run(m, "sgd", args.update, arguments);
}

void adam_step(Machine& m, const AdamArgs& args) {
  Arguments arguments = arguments_of(args.update);
  push(arguments, args.m);
  push(arguments, args.v);
  for (double number : {args.beta1, 1 - args.beta1, args.beta2, 1 - args.beta2, args.eps, args.bias1, args.bias2})
    arguments.add_number(args.update.value.dtype, number);
  run(m, "adam", args.update, arguments);
}

void adadelta_step(Machine& m, const AdadeltaArgs& args) {
  Arguments arguments = arguments_of(args.update);
  push(arguments, args.s);
  push(arguments, args.u);
  for (double number : {args.rho, 1 - args.rho, args.eps}) arguments.add_number(args.update.value.dtype, number);
  run(m, "adadelta", args.update, arguments);
}

}  // namespace grus::gpu
