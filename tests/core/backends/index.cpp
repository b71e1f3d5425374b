// Rows by id, and the k largest.

#include "core/backends/backends.h"
#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

constexpr DType id_types[] = {DType::i32, DType::i64};

/// Returns ids in [0, rows), with repetitions.
Values ids_below(int64_t rows, int64_t n, int salt = 4) {
  Values ids;
  for (double x : spread(n, salt, 0, static_cast<double>(rows)))
    ids.push_back(static_cast<double>(static_cast<int64_t>(x)));
  return ids;
}

}  // namespace

TEST_CASE("gather_rows: rows of any type by ids of either type, in a row or in a column") {
  for (const Backend& backend : backends())
    for (DType dtype :
         {DType::f32, DType::f64, DType::i32, DType::i64, DType::boolean, DType::u8, DType::bf16, DType::f16})
      for (DType id_type : id_types)
        for (bool column : {false, true}) {
          const Array table(backend, dtype, {1, 0, 0, 0, 1, 1}), y(backend, dtype, Values(8, 0));
          const Array ids(backend, id_type, {2, 0, 2, 1});
          REQUIRE(backend.table.gather_rows(backend.context, y.matrix(4, 2), table.matrix(3, 2),
                                            column ? ids.column() : ids.row()) == Status::ok);
          check_near(y.values(), {1, 1, 1, 0, 1, 1, 0, 0}, 0, backend.table.name);
        }
}

TEST_CASE("scatter_add_rows: adds in order, also to the same row twice") {
  for (const Backend& backend : backends())
    for (DType dtype : {DType::f32, DType::f64, DType::i32, DType::i64})
      for (DType id_type : id_types) {
        const Array table(backend, dtype, {1, 2, 3, 4, 5, 6}), x(backend, dtype, {10, 20, 30, 40, 50, 60});
        const Array ids(backend, id_type, {2, 0, 2});
        REQUIRE(backend.table.scatter_add_rows(backend.context, table.matrix(3, 2), x.matrix(3, 2), ids.column()) ==
                Status::ok);
        check_near(table.values(), {31, 42, 3, 4, 65, 86}, 0, backend.table.name);
      }
}

TEST_CASE("gather_rows, scatter_add_rows: the reference refuses an id that is not in the table, and says which") {
  const Backend& backend = backends().front();
  for (double wrong : {-1.0, 3.0}) {
    const Array table(backend, DType::f32, Values(6, 0)), x(backend, DType::f32, Values(2, 0));
    const Array ids(backend, DType::i64, {wrong});
    CHECK(backend.table.gather_rows(backend.context, x.matrix(1, 2), table.matrix(3, 2), ids.row()) == Status::failed);
    const std::string message = backend.table.last_error(backend.context);
    CHECK(message == fmt::format("[gather_rows] need ids in [0, 3), got {} at 0", wrong));
    CHECK(backend.table.scatter_add_rows(backend.context, table.matrix(3, 2), x.matrix(1, 2), ids.row()) ==
          Status::failed);
  }
}

TEST_CASE("gather_rows, scatter_add_rows: backends agree on widths around the edges of vectors, and beside gaps") {
  for (DType dtype : {DType::f32, DType::f64, DType::i32})
    for (int64_t width : {0, 1, 15, 16, 17, 33, 300})
      for (int64_t n : {0, 1, 7, 400})
        for (int64_t gap : {0, 3})
          check_agreement(tolerance_of(dtype, 1e-5, 1e-13), fmt::format("{} rows of {}", n, width),
                          [&](const Backend& backend) {
                            const int64_t stride = width + gap, rows = 11;
                            const Array table(backend, dtype, spread(rows * stride, 1, -9, 9));
                            const Array x(backend, dtype, spread(n * stride, 2, -9, 9));
                            const Array y(backend, dtype, Values(static_cast<size_t>(n * stride), 7));
                            const Array ids(backend, DType::i32, ids_below(rows, n));
                            const Matrix ids_matrix = ids.matrix(n, 1);
                            const auto& kernels = backend.table;
                            CHECK(kernels.gather_rows(backend.context, y.matrix(n, width, stride),
                                                      table.matrix(rows, width, stride), ids_matrix) == Status::ok);
                            CHECK(kernels.scatter_add_rows(backend.context, table.matrix(rows, width, stride),
                                                           x.matrix(n, width, stride), ids_matrix) == Status::ok);
                            return joined({y.values(), table.values()});
                          });
}

TEST_CASE("top_k: largest first, the lowest id among equals, NaN above all") {
  for (const Backend& backend : backends()) {
    const auto check = [&](DType dtype, const Values& x, const Values& expected_values, const Values& expected_ids) {
      const auto n = static_cast<int64_t>(x.size()), k = static_cast<int64_t>(expected_ids.size());
      const Array from(backend, dtype, x), values(backend, dtype, Values(expected_ids.size(), 0)),
          ids(backend, DType::i64, Values(expected_ids.size(), -1));
      REQUIRE(backend.table.top_k(backend.context, values.matrix(1, k), ids.matrix(1, k), from.matrix(1, n)) ==
              Status::ok);
      check_near(values.values(), expected_values, 0, "values");
      check_near(ids.values(), expected_ids, 0, "ids");
    };
    for (DType dtype : {DType::f32, DType::f64, DType::i32, DType::i64}) {
      check(dtype, {3, 9, 3, -1, 9}, {9, 9, 3}, {1, 4, 0});
      check(dtype, {3, 9, 3, -1, 9}, {9, 9, 3, 3, -1}, {1, 4, 0, 2, 3});
      check(dtype, {4, 4}, {4}, {0});
    }
    for (DType dtype : float_types)
      check(dtype, {1, not_a_number, 5, not_a_number}, {not_a_number, not_a_number, 5}, {1, 3, 2});
  }
}

TEST_CASE("top_k: backends agree on long rows with many equals") {
  for (DType dtype : float_types)
    for (int64_t n : {1, 15, 16, 17, 33, 3001})
      for (int64_t k : {int64_t{1}, int64_t{5}, n}) {
        if (k > n) continue;
        check_agreement(0, fmt::format("{} of {}", k, n), [&](const Backend& backend) {
          constexpr int64_t rows = 5;
          const Array x(backend, dtype, ids_below(40, rows * n));
          const Array values(backend, dtype, Values(static_cast<size_t>(rows * k), 0));
          const Array ids(backend, DType::i64, Values(static_cast<size_t>(rows * k), 0));
          CHECK(backend.table.top_k(backend.context, values.matrix(rows, k), ids.matrix(rows, k), x.matrix(rows, n)) ==
                Status::ok);
          return joined({values.values(), ids.values()});
        });
      }
}
