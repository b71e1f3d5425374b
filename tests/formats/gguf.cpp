// GGUF files. tests/golden/exchange.py reads them with ggml's own Python package.
#include "formats/gguf.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/folder.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::formats;
using test::Folder;
using test::message_of;
using namespace std::string_literals;

namespace {

std::string gguf_bytes(const nn::TensorFile& content, GgufType type) {
  const Folder folder;
  write_gguf(folder.path("a.gguf"), content, type);
  return test::bytes_of(folder.path("a.gguf"));
}

// A row of 32 numbers: -4 to 3.75 by quarters.
const Tensor row = Tensor::arange(-4.0, 4.0, 0.25).reshape({1, 32});

}  // namespace

TEST_CASE("gguf: the header says version, counts, texts, shapes from the last axis on, and aligned places") {
  const std::string bytes =
      gguf_bytes({{{"w", Tensor::zeros({2, 3})}, {"n", Tensor::arange(0, 3)}}, {{"key", "value"}}}, GgufType::f32);
  CHECK(bytes.starts_with("GGUF\3\0\0\0\2\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0"s));
  CHECK(bytes.find("\3\0\0\0\0\0\0\0key\10\0\0\0\5\0\0\0\0\0\0\0value"s) != std::string::npos);
  CHECK(bytes.find("\1\0\0\0\0\0\0\0w\2\0\0\0\3\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s) !=
        std::string::npos);
  CHECK(bytes.find("\1\0\0\0\0\0\0\0n\1\0\0\0\3\0\0\0\0\0\0\0\33\0\0\0\40\0\0\0\0\0\0\0"s) != std::string::npos);
  CHECK(bytes.size() % 32 == 0);
  CHECK(bytes ==
        gguf_bytes({{{"w", Tensor::zeros({2, 3})}, {"n", Tensor::arange(0, 3)}}, {{"key", "value"}}}, GgufType::f32));
}

TEST_CASE("gguf: blocks hold a scale of 16 bits and the levels of 32 numbers") {
  const std::string eight = gguf_bytes({{{"w", row}}, {}}, GgufType::q8_0);
  // d = 4 / 127 = 0.031496..., which is 0x2808 in 16 bits; -4 is level -127 (0x81).
  CHECK(eight.substr(eight.size() - 64, 3) == "\x08\x28\x81"s);
  const std::string four = gguf_bytes({{{"w", row}}, {}}, GgufType::q4_0);
  // d = 0.5 (0x3800); the first byte has -4 (level 0) below and 0 (level 8) above.
  CHECK(four.substr(four.size() - 32, 4) == "\x00\x38\x80\x91"s);
  const std::string half = gguf_bytes({{{"w", Tensor::from({1.f, -2.f, 65504.f, 6e-8f}, {2, 2})}}, {}}, GgufType::f16);
  CHECK(half.substr(half.size() - 32, 8) == "\x00\x3c\x00\xc0\xff\x7b\x01\x00"s);
}

TEST_CASE("gguf: what a file cannot hold is refused by its name") {
  const auto refusal = [](const std::string& name, const Tensor& x, GgufType type) {
    return message_of([&] { gguf_bytes({{{name, x}}, {}}, type); });
  };
  CHECK(refusal("b", Tensor::from_bools({true}, {1}), GgufType::f32) ==
        "[write_gguf] need 'b' in floats, i32 or i64, got bool");
  CHECK(refusal("w", Tensor::zeros({1, 1, 1, 1, 1}), GgufType::f32) ==
        "[write_gguf] need at most 4 axes of 'w', got (1, 1, 1, 1, 1)");
  CHECK(
      refusal(std::string(64, 'n'), row, GgufType::f32).starts_with("[write_gguf] need names of fewer than 64 bytes"));
  CHECK(refusal("w", Tensor::full({1, 32}, 1e6), GgufType::f16) ==
        "[write_gguf] need numbers of at most 65504 in 'w', got 1000000");
  CHECK(refusal("w", Tensor::full({1, 32}, INFINITY), GgufType::q8_0) ==
        "[write_gguf] need finite numbers in 'w', got others");
  CHECK(message_of([&] {
          gguf_bytes({{{"w", row}, {"w", row}}, {}}, GgufType::f32);
        }) == "[write_gguf] need each name once, got 'w' again");
}
