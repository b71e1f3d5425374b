// Linear recurrences of first order, of which cumulative sums and products are two.
#include <type_traits>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

/// Walks one column of one matrix, whose first row is `first`.
template <class T>
void walk(const LinearRecurrenceArgs& args, int64_t first, int64_t column) {
  using Sum = std::conditional_t<std::is_same_v<T, float>, double, T>;
  const bool factors = present(args.a), terms = present(args.b);
  Sum state = 0;
  for (int64_t i = 0; i < args.steps; ++i) {
    const int64_t at = first + (args.backwards ? args.steps - 1 - i : i);
    const auto a = [&] { return static_cast<Sum>(row<const T>(args.a, at)[column]); };
    const auto b = [&] { return static_cast<Sum>(row<const T>(args.b, at)[column]); };
    if (i == 0) state = terms ? b() : factors ? a() : Sum(1);
    else state = (factors ? a() * state : state) + (terms ? b() : Sum(0));
    row<T>(args.y, at)[column] = static_cast<T>(state);
  }
}

}  // namespace

void linear_recurrence(const LinearRecurrenceArgs& args) {
  with_number("linear_recurrence", args.y.dtype, [&]<class T>() {
    for (int64_t first = 0; args.steps > 0 && first < args.y.rows; first += args.steps)
      for (int64_t column = 0; column < args.y.cols; ++column) walk<T>(args, first, column);
  });
}

}  // namespace grus::reference
