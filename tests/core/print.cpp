#include "core/tensor/print.h"

#include <doctest/doctest.h>

using namespace grus;

TEST_CASE("print: scalars, vectors, matrices and higher axes look like NumPy's") {
  CHECK(to_string(Tensor()) == "undefined");
  CHECK(to_string(Tensor::full({}, 1.5)) == "1.5");
  CHECK(to_string(Tensor::from({1.f, -2.25f}, {2})) == "[    1, -2.25]");
  CHECK(to_string(Tensor::from(std::vector<int32_t>{1, 2, 3, 40}, {2, 2})) == "[[ 1,  2],\n [ 3, 40]]");
  CHECK(to_string(Tensor::full({2}, 0.1, DType::f64)) == "[0.1, 0.1]");
  CHECK(to_string(Tensor::zeros({2, 1, 2})) == "[[[0, 0]],\n\n [[0, 0]]]");
  CHECK(to_string(Tensor::from_bools({true, false}, {2})) == "[ true, false]");
  CHECK(to_string(Tensor::zeros({0})) == "[]");
}

TEST_CASE("print: long axes show their ends") {
  CHECK(to_string(Tensor::arange(0, 100)) == "[ 0,  1,  2, ..., 97, 98, 99]");
  CHECK(to_string(Tensor::arange(0, 8)) == "[0, 1, 2, 3, 4, 5, 6, 7]");
}

TEST_CASE("print: u8, bf16 and f16, which are storage, show their numbers") {
  CHECK(to_string(Tensor::from<uint8_t>({0, 7, 255}, {3})) == "[  0,   7, 255]");
  CHECK(to_string(Tensor::from<double>({1, -2.5, 1.0 / 3}, {3}).to(DType::bf16)) == "[    1,  -2.5, 0.334]");
  CHECK(to_string(Tensor::from<double>({1, -2.5, 1.0 / 3}, {3}).to(DType::f16)) == "[     1,   -2.5, 0.3333]");
}
