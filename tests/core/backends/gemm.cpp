// Matrix products of every backend.

#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

struct Product {
  int64_t m, n, k;
  bool transpose_a = false, transpose_b = false;
  double alpha = 1, beta = 0;
  int64_t batch = 1;
  bool weight = false, shared_b = false;
  int64_t gap = 0;  // elements between rows
};

Values run(const Backend& backend, DType dtype, const Product& p, const Values& a, const Values& b, const Values& y) {
  const Array pa(backend, dtype, a), pb(backend, dtype, b), py(backend, dtype, y);
  const auto matrix = [&](const Array& array, int64_t rows, int64_t cols) {
    return array.matrix(rows, cols, cols + p.gap);
  };
  GemmArgs args{matrix(py, p.m, p.n),
                p.transpose_a ? matrix(pa, p.k, p.m) : matrix(pa, p.m, p.k),
                p.transpose_b ? matrix(pb, p.n, p.k) : matrix(pb, p.k, p.n),
                p.transpose_a,
                p.transpose_b,
                p.batch,
                p.alpha,
                p.beta,
                p.weight,
                {},
                Precision::f32};
  if (p.shared_b) args.b.batch_stride = 0;
  CHECK(backend.table.gemm(backend.context, args) == Status::ok);
  return py.values();
}

void check_product(DType dtype, const Product& p, double tolerance_f32 = 1e-5) {
  const int64_t a_size = p.transpose_a ? p.k * (p.m + p.gap) : p.m * (p.k + p.gap);
  const int64_t b_size = p.transpose_b ? p.n * (p.k + p.gap) : p.k * (p.n + p.gap);
  const Values a = spread(p.batch * a_size, 1), b = spread(p.batch * b_size, 2),
               y = spread(p.batch * p.m * (p.n + p.gap), 3);
  check_agreement(tolerance_of(dtype, tolerance_f32, 1e-13),
                  fmt::format("{} product {} x {} x {}, flags {}{}, beta {}, batch {}, gap {}", name_of(dtype), p.m,
                              p.k, p.n, p.transpose_a ? "t" : "n", p.transpose_b ? "t" : "n", p.beta, p.batch, p.gap),
                  [&](const Backend& backend) { return run(backend, dtype, p, a, b, y); });
}

}  // namespace

TEST_CASE("gemm: known products, plain and transposed, scaled and added") {
  const Values a = {1, 2, 3, 4, 5, 6}, b = {1, 0, 2, -1, 1, 3};  // (2, 3) (3, 2)
  const Values at = {1, 4, 2, 5, 3, 6}, bt = {1, 2, 1, 0, -1, 3};
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const Values product = {8, 7, 20, 13};
      check_near(run(backend, dtype, {2, 2, 3}, a, b, Values(4, not_a_number)), product, 0, "plain; y is not read");
      check_near(run(backend, dtype, {2, 2, 3, true, false}, at, b, Values(4, not_a_number)), product, 0, "aT b");
      check_near(run(backend, dtype, {2, 2, 3, false, true}, a, bt, Values(4, not_a_number)), product, 0, "a bT");
      check_near(run(backend, dtype, {2, 2, 3, true, true}, at, bt, Values(4, not_a_number)), product, 0, "aT bT");
      check_near(run(backend, dtype, {2, 2, 3, false, false, 0.5, 2}, a, b, {1, 2, 3, 4}), {6, 7.5, 16, 14.5}, 0,
                 "a b / 2 + 2 y");
    }
}

TEST_CASE("gemm: without inner dimension y is scaled, or 0") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      check_near(run(backend, dtype, {2, 2, 0}, {}, {}, Values(4, not_a_number)), Values(4, 0), 0, "beta 0");
      check_near(run(backend, dtype, {2, 2, 0, false, false, 1, 1}, {}, {}, {1, 2, 3, 4}), {1, 2, 3, 4}, 0, "beta 1");
      check_near(run(backend, dtype, {0, 2, 3}, {}, Values(6, 1), {}), {}, 0, "no rows");
    }
}

TEST_CASE("gemm: a batch may share its right side") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const Product p{.m = 1, .n = 2, .k = 1, .batch = 3, .shared_b = true};
      check_near(run(backend, dtype, p, {1, 2, 3}, {10, 20, 0, 0, 0, 0}, Values(6, 0)), {10, 20, 20, 40, 30, 60}, 0,
                 backend.table.name);
    }
}

TEST_CASE("gemm: what is added may lie elsewhere, one row for all or a row each, and with beta 0 is not read") {
  constexpr int64_t m = 13, n = 35, k = 1100;  // beyond a tile, a panel and a block of the cpu's kernels
  for (const Backend& backend : backends())
    for (DType dtype : float_types)
      for (int64_t row_stride : {int64_t{0}, n + 3})
        for (bool weight : {false, true})
          for (double beta : {0.0, 1.0, 0.5}) {
            const Values a = spread(m * k, 1), b = spread(n * k, 2), added = spread(m * (n + 3), 3);
            const Array pa(backend, dtype, a), pb(backend, dtype, b), py(backend, dtype, Values(m * n, not_a_number)),
                pc(backend, dtype, beta == 0 ? Values(m * (n + 3), not_a_number) : added);
            GemmArgs args{py.matrix(m, n), pa.matrix(m, k), pb.matrix(n, k), false, true, 1, 1, beta,
                          weight,          pc.matrix(m, n), Precision::f32};
            args.c.row_stride = row_stride;
            REQUIRE(backend.table.gemm(backend.context, args) == Status::ok);
            Values wanted(m * n);
            for (int64_t i = 0; i < m; ++i)
              for (int64_t j = 0; j < n; ++j) {
                double& sum = wanted[static_cast<size_t>(i * n + j)];
                sum = beta * added[static_cast<size_t>(i * row_stride + j)];
                for (int64_t x = 0; x < k; ++x)
                  sum += a[static_cast<size_t>(i * k + x)] * b[static_cast<size_t>(j * k + x)];
              }
            check_near(
                py.values(), wanted, tolerance_of(dtype, 1e-3, 1e-11),
                fmt::format("{} {}, row stride {}, beta {}", backend.table.name, name_of(dtype), row_stride, beta));
          }
}

TEST_CASE("gemm: asked for bf16, a backend rounds the factors to it or not at all, and f64 never") {
  constexpr double factor = 1 + 0x1p-7 + 0x1p-9, in_bf16 = 1 + 0x1p-7;
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const Array a(backend, dtype, Values(40, factor)), b(backend, dtype, Values(4, 1)),
          y(backend, dtype, Values(10, 0));
      const GemmArgs args{y.matrix(10, 1), a.matrix(10, 4), b.matrix(4, 1), false, false, 1, 1, 0, true, {},
                          Precision::bf16};
      REQUIRE(backend.table.gemm(backend.context, args) == Status::ok);
      const double first = y.values()[0];
      CHECK((first == 4 * factor || (dtype == DType::f32 && first == 4 * in_bf16)));
      check_near(y.values(), Values(10, first), 0, backend.table.name);
    }
}

TEST_CASE("gemm: asked for f16, a backend rounds the factors to it or not at all, and f64 never") {
  constexpr double factor = 1 + 0x1p-10 + 0x1p-12, in_f16 = 1 + 0x1p-10;
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const Array a(backend, dtype, Values(40, factor)), b(backend, dtype, Values(4, 1)),
          y(backend, dtype, Values(10, 0));
      const GemmArgs args{y.matrix(10, 1), a.matrix(10, 4), b.matrix(4, 1), false, false, 1, 1, 0, true, {},
                          Precision::f16};
      REQUIRE(backend.table.gemm(backend.context, args) == Status::ok);
      const double first = y.values()[0];
      CHECK((first == 4 * factor || (dtype == DType::f32 && first == 4 * in_f16)));
    }
}

TEST_CASE("gemm: a weight written again is not multiplied by its old value") {
  for (const Backend& backend : backends()) {
    const Array a(backend, DType::f32, {1, 0, 0, 1}), b(backend, DType::f32, {1, 2, 3, 4}),
        y(backend, DType::f32, Values(4, 0));
    GemmArgs args{y.matrix(2, 2), a.matrix(2, 2), b.matrix(2, 2), false, false, 1, 1, 0, true, {}, Precision::f32};
    REQUIRE(backend.table.gemm(backend.context, args) == Status::ok);
    check_near(y.values(), {1, 2, 3, 4}, 0, "first");
    const float changed[] = {5, 6, 7, 8};
    REQUIRE(backend.table.upload(backend.context, args.b.buffer, 0, changed, sizeof changed) == Status::ok);
    ++args.b.buffer->version;
    REQUIRE(backend.table.gemm(backend.context, args) == Status::ok);
    check_near(y.values(), {5, 6, 7, 8}, 0, "second");
  }
}

TEST_CASE("gemm: backends agree on sizes around the edges of tiles, with both flags, weights and not") {
  const int64_t sizes[] = {0, 1, 2, 15, 16, 17, 33};
  for (DType dtype : float_types)
    for (int64_t m : sizes)
      for (int64_t n : sizes)
        for (int64_t k : sizes)
          for (int flags = 0; flags < 4; ++flags)
            check_product(dtype, {.m = m,
                                  .n = n,
                                  .k = k,
                                  .transpose_a = (flags & 1) != 0,
                                  .transpose_b = (flags & 2) != 0,
                                  .beta = static_cast<double>((m + n + k) % 3) * 0.5,
                                  .weight = (m + k) % 2 == 1});
}

TEST_CASE("gemm: backends agree on batches, gaps between rows, and scales") {
  for (DType dtype : float_types)
    for (int flags = 0; flags < 4; ++flags)
      for (int64_t batch : {1, 3})
        for (int64_t gap : {0, 5})
          for (double beta : {0.0, 1.0, -0.5})
            for (bool weight : {false, true})
              check_product(dtype, {.m = 17,
                                    .n = 33,
                                    .k = 19,
                                    .transpose_a = (flags & 1) != 0,
                                    .transpose_b = (flags & 2) != 0,
                                    .alpha = 0.75,
                                    .beta = beta,
                                    .batch = batch,
                                    .weight = weight,
                                    .shared_b = batch > 1 && weight,
                                    .gap = gap});
}

TEST_CASE("gemm: backends agree on products large enough to be cut into parts") {
  for (DType dtype : float_types)
    for (int flags = 0; flags < 4; ++flags)
      for (bool weight : {false, true})
        check_product(dtype, {.m = 130,
                              .n = 260,
                              .k = 70,
                              .transpose_a = (flags & 1) != 0,
                              .transpose_b = (flags & 2) != 0,
                              .beta = 1,
                              .weight = weight});
}

TEST_CASE("gemm: backends agree on a matrix times a long vector") {
  constexpr double of_long_sums = 5e-5;
  for (DType dtype : float_types)
    for (int flags = 0; flags < 4; ++flags)
      for (int64_t gap : {0, 3})
        for (double beta : {0.0, 0.5})
          check_product(dtype,
                        {.m = 19,
                         .n = 1,
                         .k = 4500,
                         .transpose_a = (flags & 1) != 0,
                         .transpose_b = (flags & 2) != 0,
                         .alpha = 0.75,
                         .beta = beta,
                         .gap = gap},
                        of_long_sums);
}
