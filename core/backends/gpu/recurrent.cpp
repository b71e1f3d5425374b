// Gates of GRU and LSTM steps, and additive attention.
#include <initializer_list>

#include "core/backends/gpu/entries.h"
#include "core/backends/gpu/views.h"

namespace grus::gpu {
namespace {

void push_all(Arguments& arguments, std::initializer_list<const Matrix*> matrices) {
  for (const Matrix* m : matrices) push(arguments, *m);
}

/// Runs a kernel with an item for each element of `like`.
void run(Machine& m, const char* name, const Matrix& like, const Arguments& arguments) {
  m.run("recurrent", like.dtype, name, groups_of(like.cols), like.rows, arguments);
}

}  // namespace

void gru_gates(Machine& m, const GruGatesArgs& args) {
  Arguments arguments;
  arguments.add(args.h.rows).add(args.h.cols).add(static_cast<int32_t>(args.phase));
  arguments.add(static_cast<int32_t>(args.update == Update::replace));
  push_all(arguments, {&args.gx, &args.gh, &args.h, &args.gates, &args.hidden_n, &args.y});
  run(m, "gru_gates", args.h, arguments);
}

void gru_gates_backward(Machine& m, const GruGatesBackwardArgs& args) {
  Arguments arguments;
  arguments.add(args.h.rows).add(args.h.cols).add(static_cast<int32_t>(args.phase));
  arguments.add(static_cast<int32_t>(args.update == Update::replace));
  push_all(arguments, {&args.gates, &args.hidden_n, &args.h, &args.dy, &args.dgx, &args.dgh, &args.dh});
  run(m, "gru_gates_backward", args.h, arguments);
}

void gru_step(Machine& m, const GruStepArgs& args) {
  const GruGatesArgs& g = args.gates;
  Arguments arguments;
  arguments.add(g.h.rows).add(g.h.cols).add(static_cast<int32_t>(g.update == Update::replace)).add(args.carried.rows);
  push_all(arguments, {&args.carried, &args.fresh, &args.weight, &args.bias, &g.gx, &g.h, &g.gates, &g.hidden_n, &g.y});
  run(m, "gru_step", g.h, arguments);
}

void gru_step_backward(Machine& m, const GruStepBackwardArgs& args) {
  const GruGatesBackwardArgs& g = args.gates;
  Arguments arguments;
  arguments.add(g.h.rows).add(g.h.cols).add(static_cast<int32_t>(g.update == Update::replace)).add(args.later.rows);
  push_all(arguments, {&args.later, &args.weight, &g.gates, &g.hidden_n, &g.h, &g.dy, &g.dgx, &g.dgh, &g.dh});
  run(m, "gru_step_backward", g.h, arguments);
}

void lstm_gates(Machine& m, const LstmGatesArgs& args) {
  Arguments arguments;
  arguments.add(args.c.rows).add(args.c.cols);
  push_all(arguments, {&args.gates, &args.c, &args.c_new, &args.y});
  run(m, "lstm_gates", args.c, arguments);
}

void lstm_gates_backward(Machine& m, const LstmGatesBackwardArgs& args) {
  Arguments arguments;
  arguments.add(args.c.rows).add(args.c.cols);
  push_all(arguments, {&args.gates, &args.c, &args.c_new, &args.dh, &args.dy, &args.dsums, &args.dc});
  run(m, "lstm_gates_backward", args.c, arguments);
}

void attention(Machine& m, const AttentionArgs& args) {
  Arguments arguments;
  arguments.add(args.query.cols).add(args.values.cols).add(args.weights.cols);
  push_all(arguments, {&args.query, &args.keys, &args.values, &args.v, &args.weights, &args.context});
  for (const Matrix* ids : {&args.columns, &args.lengths, &args.starts}) push_ids(arguments, *ids);
  m.run("attention", args.query.dtype, "attention", args.query.rows, 1, arguments);
}

void attention_backward(Machine& m, const AttentionBackwardArgs& args) {
  const AttentionArgs& f = args.forward;
  const int64_t rows = args.dquery.rows, features = f.query.cols, steps = f.weights.cols;
  if (rows == 0) return;
  const size_t element = size_of(f.query.dtype);
  void* const de = m.scratch(0, static_cast<size_t>(rows * steps + 1) * element);
  void* const dv_rows = m.scratch(1, static_cast<size_t>(rows * features + 1) * element);
  Arguments arguments;
  arguments.add(features).add(f.values.cols).add(steps);
  push_all(arguments, {&f.query, &f.keys, &f.values, &f.v, &f.weights});
  for (const Matrix* ids : {&f.columns, &f.lengths, &f.starts}) push_ids(arguments, *ids);
  push_all(arguments, {&args.dcontext, &args.dweights, &args.dquery, &args.dkeys, &args.dvalues});
  arguments.add(de).add(dv_rows).add(static_cast<int32_t>(args.shared));
  m.run("attention", f.query.dtype, "attention_backward", rows, 1, arguments);
  if (args.shared) {
    Arguments sources;
    sources.add(rows).add(features).add(f.values.cols).add(steps);
    push_all(sources, {&f.query, &f.keys, &f.v, &f.weights});
    for (const Matrix* ids : {&f.columns, &f.lengths, &f.starts}) push_ids(sources, *ids);
    push_all(sources, {&args.dcontext, &args.dkeys, &args.dvalues});
    sources.add(de);
    m.run("attention", f.query.dtype, "attention_backward_sources", args.dkeys.rows, 1, sources);
  }
  Arguments sums;
  sums.add(rows).add(features).add(dv_rows);
  push(sums, args.dv);
  m.run("attention", f.query.dtype, "add_rows_up", groups_of(features), 1, sums);
}

}  // namespace grus::gpu
