// elementwise.h declares these comparisons.
#include <cmath>

#include "core/record/record.h"
#include "ops/base/launch.h"
#include "ops/math/elementwise.h"

namespace grus {
namespace {

#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...) const Op name##_op(#name, Op::Kind::plain);
#include "core/device/elementwise.def"

const Op& op_of(CompareOp op) {
  switch (op) {
#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...) \
  case CompareOp::name:         \
    return name##_op;
#include "core/device/elementwise.def"
  }
  return equal_op;
}

Tensor compare(CompareOp op, const char* name, const Tensor& a, const Tensor& b) {
  require_same_kind(name, a, b);
  require<DtypeError>(is_number(a.dtype()) || a.dtype() == DType::boolean,
                      "[{}] need numbers or bool, got {} {}; cast() it first", name, a.dtype(), a.shape());
  return record_plain(op_of(op), {a, b}, launch::compare(op, a, b, broadcast(a.shape(), b.shape(), name), name));
}

/// Compares x with a number that is none of its dtype's integers. x < number and x <= floor(number) are then the same.
Tensor compare_integers(CompareOp op, const char* name, const Tensor& x, double number) {
  const auto [low, end] = integers_of(x.dtype());
  const auto always = [&](bool value) { return compare(value ? CompareOp::equal : CompareOp::not_equal, name, x, x); };
  if (op == CompareOp::equal || op == CompareOp::not_equal || std::isnan(number))
    return always(op == CompareOp::not_equal);
  const bool below = op == CompareOp::less || op == CompareOp::less_equal;
  if (number < low) return always(!below);
  if (number >= end) return always(below);
  return compare(below ? CompareOp::less_equal : CompareOp::greater, name, x,
                 launch::scalar(name, std::floor(number), x));
}

/// Returns the comparison with its sides exchanged: a op b is b turned(op) a.
constexpr CompareOp turned(CompareOp op) {
  switch (op) {
    case CompareOp::less:
      return CompareOp::greater;
    case CompareOp::less_equal:
      return CompareOp::greater_equal;
    case CompareOp::greater:
      return CompareOp::less;
    case CompareOp::greater_equal:
      return CompareOp::less_equal;
    default:
      return op;
  }
}

Tensor compare(CompareOp op, const char* name, const Tensor& x, double number) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", name);
  if (is_float(x.dtype()) || is_representable(number, x.dtype()))
    return compare(op, name, x, launch::scalar(name, number, x));
  return compare_integers(op, name, x, number);
}

}  // namespace

#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...)                                                                   \
  Tensor name(const Tensor& a, const Tensor& b) { return compare(CompareOp::name, #name, a, b); } \
  Tensor name(const Tensor& a, double b) { return compare(CompareOp::name, #name, a, b); }        \
  Tensor name(double a, const Tensor& b) { return compare(turned(CompareOp::name), #name, b, a); }
#include "core/device/elementwise.def"

}  // namespace grus
