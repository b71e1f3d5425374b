// The entries copy, fill and select.
#include "tests/core/backends/layouts.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("copy: casts between all types; floats are cut towards zero and to the range, NaN is 0") {
  const auto copied = [](const Backend& backend, DType to, DType from, const Values& x) {
    const auto n = static_cast<int64_t>(x.size());
    const Array a(backend, from, x), b(backend, to, Values(x.size(), 0));
    REQUIRE(backend.table.copy(backend.context, b.view({n}), a.view({n}), false) == Status::ok);
    return b.values();
  };
  for (const Backend& backend : backends()) {
    for (DType from : all_types)
      for (DType to : all_types) check_near(copied(backend, to, from, {0, 1, 1}), {0, 1, 1}, 0, "0 and 1");
    for (DType from : float_types) {
      const Values x = {2.9, -2.9, not_a_number, 0.5};
      check_near(copied(backend, DType::i32, from, x), {2, -2, 0, 0}, 0, "to i32");
      check_near(copied(backend, DType::i64, from, x), {2, -2, 0, 0}, 0, "to i64");
      check_near(copied(backend, DType::boolean, from, x), {1, 1, 1, 1}, 0, "to bool");
      check_near(copied(backend, DType::u8, from, {2.9, -2.9, not_a_number, 255.9, 256, 1e30, -infinity}),
                 {2, 0, 0, 255, 255, 255, 0}, 0, "to u8");
      check_near(copied(backend, DType::bf16, from, {1 + 0x1p-8, 1 + 0x1.8p-7, -0x1p-130, 3.4e38, -infinity}),
                 {1, 1 + 0x1p-6, -0x1p-130, infinity, -infinity}, 0, "to the nearest bf16, ties to even");
      check_near(copied(backend, DType::bf16, from, {not_a_number}), {not_a_number}, 0, "NaN to bf16");
      check_near(copied(backend, DType::f16, from,
                        {1 + 0x1p-11, 1 + 0x1.8p-10, 65519, 65520, -1e30, 0x1p-24, 0x1.8p-24, 0x1p-25, -0x1.ffcp-15}),
                 {1, 1 + 0x1p-9, 65504, infinity, -infinity, 0x1p-24, 0x1p-23, 0, -0x1p-14}, 0,
                 "to the nearest f16, ties to even");
      check_near(copied(backend, DType::f16, from, {not_a_number, -infinity}), {not_a_number, -infinity}, 0,
                 "NaN to f16");
      check_near(copied(backend, DType::i32, from, {1e20, -1e20, infinity}), {2147483647, -2147483648, 2147483647}, 0,
                 "beyond i32");
      check_near(copied(backend, DType::i64, from, {-1e30, -infinity}), {-0x1p63, -0x1p63}, 0, "beyond i64");
    }
    check_near(copied(backend, DType::f32, DType::f64, {0.1, 1e300}), {0.1f, infinity}, 0, "f64 to f32");
    check_near(copied(backend, DType::u8, DType::i64, {-1, 256 + 7, 200}), {255, 7, 200}, 0, "i64 to u8");
    check_near(copied(backend, DType::f32, DType::u8, {255, 3}), {255, 3}, 0, "u8 to f32");
    check_near(copied(backend, DType::i64, DType::i32, {-7, 2147483647}), {-7, 2147483647}, 0, "i32 to i64");
  }
}

TEST_CASE("copy and fill: floats at the ends of an integer's range, and far beyond, under every layout") {
  const double i32_end = 0x1p31, i64_end = 0x1p63;
  struct Cast {
    double x, as_i32, as_i64;
  };
  // In f64, i64's largest, 2^63 - 1, reads as 2^63; so does what is filled in.
  const std::vector<Cast> casts = {{i32_end, i32_end - 1, i32_end},
                                   {-i32_end, -i32_end, -i32_end},
                                   {2147483520, 2147483520, 2147483520},  // the last f32 before 2^31
                                   {-2147483904, -i32_end, -2147483904},  // the first f32 below -2^31
                                   {i64_end, i32_end - 1, i64_end},
                                   {-i64_end, -i32_end, -i64_end},
                                   {9223371487098961920.0, i32_end - 1, 9223371487098961920.0},
                                   {1e38, i32_end - 1, i64_end},
                                   {-1e38, -i32_end, -i64_end},
                                   {infinity, i32_end - 1, i64_end},
                                   {-infinity, -i32_end, -i64_end},
                                   {not_a_number, 0, 0},
                                   {-0.0, 0, 0},
                                   {1e-40, 0, 0},
                                   {-0.999, 0, 0}};
  const std::vector<Cast> wide = {{i32_end - 0.5, i32_end - 1, i32_end - 1},
                                  {-i32_end - 0.5, -i32_end, -i32_end},
                                  {-i32_end - 1, -i32_end, -i32_end - 1},
                                  {9223372036854774784.0, i32_end - 1, 9223372036854774784.0},
                                  {1e300, i32_end - 1, i64_end},
                                  {-1e300, -i32_end, -i64_end}};
  constexpr int64_t n = 19;
  for (const Backend& backend : backends())
    for (DType from : float_types) {
      std::vector<Cast> all = casts;
      if (from == DType::f64) all.insert(all.end(), wide.begin(), wide.end());
      for (const Cast& c : all)
        for (DType to : {DType::i32, DType::i64, DType::boolean})
          for (int64_t step : {0, 1, 2}) {
            const double expected = to == DType::i32 ? c.as_i32 : to == DType::i64 ? c.as_i64 : c.x != 0;
            const Array x(backend, from, Values(2 * n, c.x)), y(backend, to, Values(n, 0)),
                z(backend, to, Values(n, 0));
            REQUIRE(backend.table.copy(backend.context, y.view({n}), x.view({n}, {step}), false) == Status::ok);
            check_near(y.values(), Values(n, expected), 0, fmt::format("{} as {}", c.x, name_of(to)));
            REQUIRE(backend.table.fill(backend.context, z.view({n}), c.x) == Status::ok);
            check_near(z.values(), Values(n, expected), 0, fmt::format("filled with {} as {}", c.x, name_of(to)));
            if (to == DType::i64 && c.as_i64 == i64_end) {  // seen as its difference to what f64 can hold
              const Array less(backend, to, Values(n, -9223372036854774784.0));
              REQUIRE(backend.table.binary(backend.context, BinaryOp::add, z.view({n}), z.view({n}), less.view({n})) ==
                      Status::ok);
              check_near(z.values(), Values(n, 1023), 0, fmt::format("the last digits of {}", c.x));
            }
          }
    }
}

TEST_CASE("copy: strided, broadcast, transposed and accumulated, as the plain loop does it") {
  for (const Backend& backend : backends()) {
    const Array x(backend, DType::f32, {1, 2, 3, 4, 5, 6}), y(backend, DType::f32, {10, 10, 10, 10, 10, 10});
    REQUIRE(backend.table.copy(backend.context, y.view({3, 2}), x.view({3, 2}, {1, 3}), false) == Status::ok);
    check_near(y.values(), {1, 4, 2, 5, 3, 6}, 0, "transposed");
    REQUIRE(backend.table.copy(backend.context, y.view({3, 2}), x.view({3, 2}, {0, 1}), true) == Status::ok);
    check_near(y.values(), {2, 6, 3, 7, 4, 8}, 0, "broadcast, added");
    REQUIRE(backend.table.copy(backend.context, y.view({2}, {3}, 1), x.view({2}, {1}, 4), false) == Status::ok);
    check_near(y.values(), {2, 5, 3, 7, 6, 8}, 0, "into a box");
  }
  for (DType to : all_types)
    for (DType from : all_types)
      for (const Layout& layout : input_layouts)
        for (bool accumulate : {false, true})
          check_agreement(1e-6, text("copy", from, layout) + " to " + name_of(to), [&](const Backend& backend) {
            const bool boolean = from == DType::boolean;  // its memory must hold 0 or 1
            const Input x(backend, from, layout, 1, boolean ? 0 : -9, boolean ? 2 : 9);
            const Layout out = output_layouts(layout.dims)[accumulate ? 1 : 0];
            const Array y(backend, to, spread(out.extent() + 1, 9, 0, to == DType::boolean ? 2 : 50));
            CHECK(backend.table.copy(backend.context, y.view(out.dims, out.strides, 1), x.view, accumulate) ==
                  Status::ok);
            return y.values();
          });
}

TEST_CASE("fill and select: every type, into any layout, and nothing beside it") {
  for (const Backend& backend : backends())
    for (DType dtype : all_types) {
      const Array y(backend, dtype, {0, 0, 0, 0, 0}), a(backend, dtype, {1, 1, 1, 1}), b(backend, dtype, {0, 0, 0, 0});
      REQUIRE(backend.table.fill(backend.context, y.view({2}, {2}, 1), 1) == Status::ok);
      check_near(y.values(), {0, 1, 0, 1, 0}, 0, "fill");
      REQUIRE(backend.table.fill(backend.context, y.view({}, {}, 4), 1) == Status::ok);
      check_near(y.values(), {0, 1, 0, 1, 1}, 0, "fill of one element");
      const Array choice(backend, DType::boolean, {1, 0, 0, 1});
      REQUIRE(backend.table.select(backend.context, y.view({4}), choice.view({4}), a.view({4}), b.view({4})) ==
              Status::ok);
      check_near(y.values(), {1, 0, 0, 1, 1}, 0, "select");
    }
  for (DType dtype : all_types)
    for (const Layout& layout : input_layouts)
      check_agreement(0, text("select", dtype, layout), [&](const Backend& backend) {
        const bool boolean = dtype == DType::boolean;
        const Input a(backend, dtype, layout, 1, boolean ? 0 : -9, boolean ? 2 : 9);
        const Input choice(backend, DType::boolean, layout, 2, 0, 2);
        const Layout out = output_layouts(layout.dims)[1];
        const Array y(backend, dtype, Values(static_cast<size_t>(out.extent() + 1), 1));
        const Array b(backend, dtype, {0});
        const View zero = b.view(layout.dims, Sizes(layout.dims.size(), 0));
        CHECK(backend.table.select(backend.context, y.view(out.dims, out.strides, 1), choice.view, a.view, zero) ==
              Status::ok);
        return y.values();
      });
}
