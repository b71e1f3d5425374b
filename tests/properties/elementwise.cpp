// Broadcasting: values and gradients against loops over index tuples.
#include "ops/math/elementwise.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "core/tape/tape.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "tests/properties/plain.h"

using namespace grus;
using namespace grus::test;

namespace {

struct Binary {
  const char* name;
  Tensor (*op)(const Tensor&, const Tensor&);
  double (*value)(double, double);
  double (*slope_a)(double, double);
  double (*slope_b)(double, double);
};

const std::vector<Binary> binaries = {
    {"add", add, [](double a, double b) { return a + b; }, [](double, double) { return 1.0; },
     [](double, double) { return 1.0; }},
    {"sub", sub, [](double a, double b) { return a - b; }, [](double, double) { return 1.0; },
     [](double, double) { return -1.0; }},
    {"mul", mul, [](double a, double b) { return a * b; }, [](double, double b) { return b; },
     [](double a, double) { return a; }},
    {"maximum", maximum, [](double a, double b) { return std::max(a, b); },
     [](double a, double b) { return a < b    ? 0.0
                                     : a == b ? 0.5
                                              : 1.0; },
     [](double a, double b) { return b < a    ? 0.0
                                     : a == b ? 0.5
                                              : 1.0; }},
    {"minimum", minimum, [](double a, double b) { return std::min(a, b); },
     [](double a, double b) { return b < a    ? 0.0
                                     : a == b ? 0.5
                                              : 1.0; },
     [](double a, double b) { return a < b    ? 0.0
                                     : a == b ? 0.5
                                              : 1.0; }},
};

struct Compare {
  const char* name;
  Tensor (*op)(const Tensor&, const Tensor&);
  bool (*value)(double, double);
};

const std::vector<Compare> compares = {
    {"less", less, [](double a, double b) { return a < b; }},
    {"equal", equal, [](double a, double b) { return a == b; }},
    {"greater_equal", greater_equal, [](double a, double b) { return a >= b; }},
};

/// Two operands that broadcast to `whole`, at least one of them along every axis.
struct Pair {
  Sizes whole;
  Array a, b;
};
Pair draw_pair(Choices& choices) {
  Sizes whole = draw_sizes(choices, 4);
  Array a = draw_numbers(choices, draw_narrower(choices, whole)), b = draw_numbers(choices, whole);
  return {whole, a, b};
}

}  // namespace

TEST_CASE("property: binary ops broadcast as loops over index tuples do") {
  check_property(1500, [](Choices& choices) -> std::string {
    const Binary& row = choices.of(binaries);
    const Device device = draw_device(choices);
    const DType dtype = choices.of(std::vector<DType>{DType::f64, DType::f32, DType::i64});
    auto [whole, a, b] = draw_pair(choices);
    if (dtype == DType::i64)
      for (std::vector<double>* numbers : {&a.numbers, &b.numbers})
        for (double& number : *numbers) number = std::trunc(number * 8);
    const bool exchanged = choices.maybe();
    if (exchanged) std::swap(a, b);
    const Tensor y = row.op(tensor_of(choices, a, dtype, device), tensor_of(choices, b, dtype, device));
    const Array expected = made(whole, [&](const Index& i) { return row.value(a.under(i), b.under(i)); });
    const std::string found = y.dtype() == dtype ? difference(y, expected) : ": another dtype";
    return found.empty() ? ""
                         : fmt::format("{} {} {} on {}", row.name, text(a.sizes), text(b.sizes), device.name()) + found;
  });
}

TEST_CASE("property: gradients of broadcast operands are sums over what they were broadcast to") {
  check_property(1000, [](Choices& choices) -> std::string {
    const Binary& row = choices.of(binaries);
    const Device device = draw_device(choices);
    const auto [whole, a, b] = draw_pair(choices);
    const Array w = draw_numbers(choices, whole);
    Array da(a.sizes), db(b.sizes);
    for (const Index& i : indices(whole)) {
      da.under(i) += w[i] * row.slope_a(a.under(i), b.under(i));
      db.under(i) += w[i] * row.slope_b(a.under(i), b.under(i));
    }
    Tape tape;
    const std::vector<Tensor> inputs{tape.watch(tensor_of(choices, a, DType::f64, device)),
                                     tape.watch(tensor_of(choices, b, DType::f64, device))};
    const bool recorded = choices.maybe();
    const Tensor y = row.op(inputs[0], inputs[1]);
    const std::vector<Tensor> slopes = tape.grad(y, inputs, recorded, tensor_of(choices, w, DType::f64, device));
    const std::string found = difference(slopes[0], da) + difference(slopes[1], db);
    return found.empty() ? ""
                         : fmt::format("{} {} {} on {}", row.name, text(a.sizes), text(b.sizes), device.name()) + found;
  });
}

TEST_CASE("property: comparisons and where broadcast three ways") {
  check_property(1000, [](Choices& choices) -> std::string {
    const Compare& row = choices.of(compares);
    const Device device = draw_device(choices);
    const DType dtype = draw_float(choices);
    const Sizes whole = draw_sizes(choices, 4);
    const Array a = draw_numbers(choices, whole), b = draw_numbers(choices, draw_narrower(choices, whole)),
                c = draw_numbers(choices, draw_narrower(choices, whole));
    const Tensor x = tensor_of(choices, a, dtype, device), y = tensor_of(choices, b, dtype, device),
                 z = tensor_of(choices, c, dtype, device);
    const Tensor chosen = where(row.op(x, y), z, y);
    const Array expected =
        made(whole, [&](const Index& i) { return row.value(a.under(i), b.under(i)) ? c.under(i) : b.under(i); });
    const std::string found = difference(chosen, expected);
    return found.empty() ? "" : fmt::format("where {} {} {}", text(a.sizes), text(b.sizes), text(c.sizes)) + found;
  });
}

TEST_CASE("property: broadcast_to repeats, and its gradient is the sum") {
  check_property(500, [](Choices& choices) -> std::string {
    const Device device = draw_device(choices);
    const Sizes whole = draw_sizes(choices, 4);
    const Array x = draw_numbers(choices, draw_narrower(choices, whole));
    const Tensor y = broadcast_to(tensor_of(choices, x, draw_float(choices), device), shape_of(whole));
    std::string found = difference(y, made(whole, [&](const Index& i) { return x.under(i); }));
    if (found.empty() && x.sizes != whole)
      found = adjoint_difference(
          choices, [&](const Tensor& t) { return broadcast_to(t, shape_of(whole)); }, x, device);
    return found.empty() ? "" : fmt::format("broadcast_to {} {}", text(x.sizes), text(whole)) + found;
  });
}
