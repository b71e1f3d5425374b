// Wrong gradients of 0.01 %, additions that get lost and gradients that have no gradient are found.
#include <doctest/doctest.h>

#include <cmath>
#include <deque>

#include "core/device/storage.h"
#include "core/record/record.h"
#include "ops/math/elementwise.h"
#include "tests/random/shrink.h"

using namespace grus;
using namespace grus::test;

namespace {

const KernelTable& own() { return Device("cpu").state().own_table; }

template <class T>
void scale(const View& y, int axis, int64_t offset) {
  if (axis == y.rank) {
    static_cast<T*>(y.buffer->handle)[offset] *= static_cast<T>(1.0001);
    return;
  }
  for (int64_t i = 0; i < y.dims[axis]; ++i) scale<T>(y, axis + 1, offset + i * y.strides[axis]);
}
void scale(const View& y) { y.dtype == DType::f32 ? scale<float>(y, 0, y.offset) : scale<double>(y, 0, y.offset); }
void scale(const Matrix& y) { scale(view_of(y)); }

Status unary_gradient(Context* c, UnaryOp op, const View& dx, const View& x, const View& y, const View& dy) {
  const Status status = own().unary_gradient(c, op, dx, x, y, dy);
  if (op == UnaryOp::silu) scale(dx);
  return status;
}
Status binary_gradient(Context* c, BinaryOp op, int wrt, const View& dx, const View& a, const View& b, const View& y,
                       const View& dy) {
  const Status status = own().binary_gradient(c, op, wrt, dx, a, b, y, dy);
  if (op == BinaryOp::pow && wrt == 1) scale(dx);
  return status;
}
Status softmax_gradient(Context* c, const View& dx, const View& y, const View& dy, bool log) {
  const Status status = own().softmax_gradient(c, dx, y, dy, log);
  if (log) scale(dx);
  return status;
}
Status gru_gates_backward(Context* c, const GruGatesBackwardArgs& args) {
  const Status status = own().gru_gates_backward(c, args);
  if (args.phase == GruPhase::all) scale(args.dgh);
  return status;
}
Status lstm_gates_backward(Context* c, const LstmGatesBackwardArgs& args) {
  const Status status = own().lstm_gates_backward(c, args);
  scale(args.dc);
  return status;
}
Status cross_entropy(Context* c, const CrossEntropyArgs& args) {
  const Status status = own().cross_entropy(c, args);
  if (args.gradient && args.smoothing > 0) scale(args.logits);
  return status;
}
Status attention_backward(Context* c, const AttentionBackwardArgs& args) {
  const Status status = own().attention_backward(c, args);
  scale(args.dv);
  return status;
}
Status scatter_add_rows(Context* c, const Matrix& table, const Matrix& x, const Matrix& ids) {
  const Status status = own().scatter_add_rows(c, table, x, ids);
  scale(table);
  return status;
}

std::vector<std::byte> bytes(const Matrix& m) {
  const auto* begin =
      static_cast<const std::byte*>(m.buffer->handle) + static_cast<size_t>(m.offset) * size_of(m.dtype);
  return {begin, begin + static_cast<size_t>(m.rows * m.row_stride) * size_of(m.dtype)};
}
void put(const Matrix& m, const std::vector<std::byte>& from) {
  std::copy(from.begin(), from.end(),
            static_cast<std::byte*>(m.buffer->handle) + static_cast<size_t>(m.offset) * size_of(m.dtype));
}

/// Fails as two threads do that add to one source at once: what the last query adds to keys gets lost, if another one
/// looks at its source.
Status loses_an_addition(Context* c, const AttentionBackwardArgs& args) {
  const AttentionArgs& a = args.forward;
  const auto* columns = static_cast<const int64_t*>(a.columns.buffer->handle) + a.columns.offset;
  const int64_t last = a.query.rows - 1;
  if (last < 0 || std::find(columns, columns + last, columns[last]) == columns + last)
    return own().attention_backward(c, args);
  const std::vector<std::byte> before = bytes(args.dkeys), dv = bytes(args.dv);
  const std::vector<std::byte> dvalues = args.dvalues.buffer ? bytes(args.dvalues) : dv;
  AttentionBackwardArgs fewer = args;
  for (Matrix* m : {&fewer.forward.query, &fewer.forward.weights, &fewer.forward.context, &fewer.dcontext,
                    &fewer.dweights, &fewer.dquery})
    m->rows = last;
  for (Matrix* m : {&fewer.forward.columns, &fewer.forward.lengths}) (m->cols == 1 ? m->rows : m->cols) = last;
  own().attention_backward(c, fewer);
  const std::vector<std::byte> without = bytes(args.dkeys);
  put(args.dkeys, before);
  put(args.dv, dv);
  if (args.dvalues.buffer) put(args.dvalues, dvalues);
  const Status status = own().attention_backward(c, args);
  put(args.dkeys, without);
  return status;
}

struct Fault {
  const char *name, *only;
  void (*make)(KernelTable&);
};
const std::vector<Fault> faults{
    {"silu", "silu", [](KernelTable& t) { t.unary_gradient = unary_gradient; }},
    {"pow", "pow", [](KernelTable& t) { t.binary_gradient = binary_gradient; }},
    {"log_softmax", "log_softmax", [](KernelTable& t) { t.softmax_gradient = softmax_gradient; }},
    {"gru", "gru_packed", [](KernelTable& t) { t.gru_gates_backward = gru_gates_backward; }},
    {"lstm", "lstm_packed", [](KernelTable& t) { t.lstm_gates_backward = lstm_gates_backward; }},
    {"cross_entropy", "cross_entropy", [](KernelTable& t) { t.cross_entropy = cross_entropy; }},
    {"attention", "additive_attention", [](KernelTable& t) { t.attention_backward = attention_backward; }},
    {"scatter_add_rows", "embedding", [](KernelTable& t) { t.scatter_add_rows = scatter_add_rows; }},
    {"lost addition", "additive_attention", [](KernelTable& t) { t.attention_backward = loses_an_addition; }},
};

/// A device and its table of kernels.
struct Broken {
  explicit Broken(const Fault& fault) { fault.make(table); }
  KernelTable table = own();
  DeviceState device{"broken", table, Device("cpu").context()};
};

/// Opens the cpu with a fault. It lives as long as the process, because its tensors may: the list is never destroyed.
Device broken(const Fault& fault) {
  static auto& all = *new std::deque<Broken>;
  return Device(&all.emplace_back(fault).device);
}

/// y = tanh x, with a gradient, or a gradient of the gradient, that is off by 0.01 %.
const Op wrong_op("wrong_tanh"), slope_op("wrong_slope");

Tensor wrong_tanh(const Tensor& x) {
  const Tensor y = tanh(x.detach());
  return record(wrong_op, {x}, y,
                [](const Tensor& dy, SavedInput x) { x.add(1.0001 * dy * (1.0 - square(tanh(x.value)))); });
}
Tensor wrong_slope(const Tensor& x) {
  const Tensor y = 1.0 - square(tanh(x.detach()));
  return record(slope_op, {x}, y, [](const Tensor& dy, SavedInput x) {
    const Tensor t = tanh(x.value);
    x.add(-2.0002 * dy * t * (1.0 - square(t)));
  });
}
Tensor wrong_second(const Tensor& x) {
  const Tensor y = tanh(x.detach());
  return record(wrong_op, {x}, y, [](const Tensor& dy, SavedInput x) { x.add(dy * wrong_slope(x.value)); });
}

/// Tensors are added up, so that what is wrong is one of many.
std::vector<Statement> with(Tensor (*op)(const Tensor&)) {
  std::vector<Statement> all = statements_of("");
  all.resize(60);
  for (int i = 0; i < 10; ++i)
    all.push_back(
        {"wrong", [op](Choices& choices, const Sizes& like) -> Sample {
           return {"wrong($0)", {{shape_of(sizes_like(choices, like, 0, 4))}}, [op](Xs x) { return op(x[0]); }};
         }});
  return all;
}

}  // namespace

TEST_CASE("random programs: a kernel whose gradient is off by 0.01 %, or that loses an addition, is found") {
  for (const Fault& fault : faults) {
    const auto failure = first_failure(1, 60, statements_of(fault.only), {{broken(fault)}});
    REQUIRE_MESSAGE(failure, fault.name);
    CHECK_MESSAGE(failure->message.starts_with("broken f"), fault.name, ": ", failure->message);
  }
}

TEST_CASE("random programs: a gradient that is off by 0.01 % on every device is found") {
  const auto failure = first_failure(1, 60, with(wrong_tanh), {});
  REQUIRE(failure);
  CHECK(failure->message.starts_with("the first derivative along a direction is "));
}

TEST_CASE("random programs: a gradient of a gradient that is off by 0.01 % on every device is found") {
  const auto failure = first_failure(1, 100, with(wrong_second), {});
  REQUIRE(failure);
  CHECK(failure->message.starts_with("the second derivative along a direction is "));
}

TEST_CASE("random programs: one that fails is shrunk to the op that is wrong, and is printed") {
  const std::vector<Statement> from = statements_of("");
  const Checker checker{{broken(faults[0])}};
  const auto failure = first_failure(1, 2000, from, checker);
  REQUIRE(failure);
  const Failure small = shrunk(*failure, from, checker);
  CHECK(small.program.lines.size() == 1);
  CHECK(to_string(small.program).find("silu") != std::string::npos);
  CHECK(to_string(small.program).find(" = numbers (") != std::string::npos);
}

TEST_CASE("random programs: a seed draws the same program again, and its genome too") {
  const std::vector<Statement> from = statements_of("");
  for (uint64_t seed = 1; seed < 30; ++seed) {
    Genome genome, again;
    const std::string program = to_string(draw_program(seed, from, genome));
    CHECK(to_string(draw_program(seed, from, again)) == program);
    CHECK(to_string(make_program(genome, from)) == program);
  }
}

TEST_CASE("random programs: without a fault there is no failure, also with every fused kernel left out") {
  const auto failure = first_failure(1, 40, statements_of(""), {{Device("cpu"), composed_device()}});
  CHECK_MESSAGE(!failure, failure->message);
}
