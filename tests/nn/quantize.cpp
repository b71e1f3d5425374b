// Weights held in 8 and 4 bits, and in 16.
#include "nn/quantize.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "core/base/half.h"
#include "core/device/precision.h"
#include "core/tape/tape.h"
#include "core/tensor/random.h"
#include "nn/gru.h"
#include "nn/init.h"
#include "nn/linear.h"
#include "nn/serialize.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "tests/support/folder.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using test::Folder;
using test::message_of;
namespace fs = std::filesystem;

namespace {

constexpr WeightForm rounded_forms[] = {WeightForm::bf16, WeightForm::int8, WeightForm::q4_0};

Tensor matrix(int64_t rows, int64_t columns) {
  Rng rng(3);
  return init::uniform({rows, columns}, -2, 2, rng);
}

/// Writes a safetensors file with this header and bytes of value 1, as another program might.
fs::path foreign(const Folder& folder, const std::string& header, size_t bytes) {
  const uint64_t length = header.size();
  std::string text(8, '\0');
  std::memcpy(text.data(), &length, 8);
  std::ofstream(folder.path("foreign.safetensors"), std::ios::binary) << text << header << std::string(bytes, '\1');
  return folder.path("foreign.safetensors");
}

float largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item<float>(); }

}  // namespace

TEST_CASE("quantize: int8 has a scale for each row, keeps its largest number, and rounds the rest by half a unit") {
  const std::vector<float> x = {127, -126.4f, 0.5f, 1.5f, 0, 0, 0, 0, 1e-3f, -2e-3f, 3e-30f, 0};
  const Int8Rows rows = to_int8(x, 3);
  CHECK(rows.numbers == std::vector<int8_t>{127, -126, 0, 2, 0, 0, 0, 0, 64, -127, 0, 0});
  CHECK(rows.scales[0] == 1);
  CHECK(rows.scales[1] == 0);
  CHECK(rows.scales[2] == 2e-3f / 127);
  const std::vector<float> back = from_int8(rows.numbers, rows.scales);
  for (size_t i = 0; i < x.size(); ++i) CHECK(std::fabs(back[i] - x[i]) <= rows.scales[i / 4] * 0.500001f);
}

TEST_CASE("quantize: numbers that were of 8 bits once come back as they are") {
  const std::vector<float> x = matrix(64, 100).to_vector<float>();
  const Int8Rows once = to_int8(x, 64), twice = to_int8(from_int8(once.numbers, once.scales), 64);
  CHECK(once.numbers == twice.numbers);
}

TEST_CASE("quantize: q4_0 has blocks of a row, of which the last may be short, each right at its largest number") {
  const std::vector<float> x = matrix(3, 70).to_vector<float>();
  const std::string bytes = to_q4_0(x, 3);
  CHECK(bytes.size() == 3 * 3 * 18);
  const std::vector<float> back = from_q4_0(std::as_bytes(std::span(bytes)), 3, 70);
  REQUIRE(back.size() == x.size());
  double best = 0, plain = 0;
  for (size_t row = 0; row < 3; ++row) {
    const std::span<const float, 32> block(x.data() + 70 * row, 32);
    std::string as_ggml;
    append_q4_0(block, q4_0_scale(block), as_ggml);
    const std::vector<float> of_ggml = from_q4_0(std::as_bytes(std::span(as_ggml)), 1, 32);
    const auto squared = [&](size_t i, float y) { return static_cast<double>((y - block[i]) * (y - block[i])); };
    for (size_t i = 0; i < 32; ++i) best += squared(i, back[70 * row + i]), plain += squared(i, of_ggml[i]);
  }
  CHECK(best < plain);
  for (size_t i = 0; i < x.size(); ++i) CHECK(std::fabs(back[i] - x[i]) <= 0.5f);
  const std::string none = to_q4_0(std::vector<float>(32), 1);
  CHECK(from_q4_0(std::as_bytes(std::span(none)), 1, 32) == std::vector<float>(32));
}

TEST_CASE("quantize: 16 bits of IEEE round to the nearest, ties to even, as reading them back shows") {
  for (uint32_t half = 0; half < 0x7c00; ++half) {
    const float x = from_half(static_cast<uint16_t>(half)), next = from_half(static_cast<uint16_t>(half + 1));
    CHECK_EQ(to_half(x), half);
    CHECK_EQ(to_half(-x), (half | 0x8000));
    if (half == 0x7bff) continue;
    CHECK_EQ(to_half((x + next) / 2), half + half % 2);
    CHECK_EQ(to_half(std::nextafter((x + next) / 2, next)), half + 1);
  }
  CHECK(to_half(65519.99f) == 0x7bff);
  CHECK(to_half(65520) == 0x7c00);
  CHECK(to_half(std::nanf("")) == 0x7e00);
}

TEST_CASE("weights: matrices are held in 16, 8 and 4 bits, vectors as they are or, beside 4 bits, in 16") {
  const Folder folder;
  const fs::path path = folder.path("w.safetensors");
  const NamedTensors written{{"wide", matrix(64, 100)},
                             {"cube", matrix(40, 120).reshape({40, 4, 30})},
                             {"tiny", matrix(8, 40)},
                             {"narrow", matrix(400, 31)},
                             {"vector", matrix(1, 5000).reshape({5000})},
                             {"ids", Tensor::arange(0, 5000).reshape({50, 100})}};
  const size_t bytes[] = {2, 1, 1};
  for (const WeightForm form : rounded_forms) {
    CAPTURE(name_of(form));
    write_safetensors(path, written, {{"key", "value"}}, form);
    CHECK(test::bytes_of(path) == safetensors_bytes(written, {{"key", "value"}}, form));
    CHECK(weight_form(path) == form);
    const TensorFile read = read_safetensors(path);
    CHECK(read.form == (form == WeightForm::bf16 ? WeightForm::f32 : form));
    CHECK(read.metadata == Metadata{{"key", "value"}});
    CHECK(read.tensors.size() == written.size());
    for (const NamedTensor& entry : written) {
      CAPTURE(entry.name);
      const Tensor* found = find(read.tensors, entry.name);
      REQUIRE(found != nullptr);
      REQUIRE(found->shape() == entry.tensor.shape());
      if (entry.name == "wide" || entry.name == "cube") {
        const float unit = form == WeightForm::int8 ? 2.0f / 254 : form == WeightForm::bf16 ? 2.0f / 256 : 0.5f;
        const float difference = largest_difference(cast(*found, DType::f32), entry.tensor);
        CHECK(difference > unit / 100);
        CHECK(difference <= unit * 1.01f);
      } else {
        const bool half = form == WeightForm::q4_0 && entry.tensor.dtype() == DType::f32;
        CHECK(found->to_bytes() == (half ? cast(entry.tensor, DType::bf16) : entry.tensor).to_bytes());
      }
    }
    const size_t large = (6400 + 4800) * bytes[static_cast<size_t>(form) - 1];
    CHECK(fs::file_size(path) < (form == WeightForm::q4_0 ? 0 : large) + 12000 + 4 * (320 + 12400 + 5000) + 8 * 5000);
  }
}

TEST_CASE("weights: a module is saved in 8 bits and loaded, with its tied parameters and its convention") {
  const Folder folder;
  const fs::path path = folder.path("gru.safetensors");
  Rng rng(1);
  const Gru saved(GruOptions{.input = 48, .hidden = 64, .reset = Reset::before}, rng);
  save_weights(folder.path("f32.safetensors"), saved);
  const TensorFile exact = read_safetensors(folder.path("f32.safetensors"));
  write_safetensors(path, exact.tensors, exact.metadata, WeightForm::int8);
  Gru loaded(GruOptions{.input = 48, .hidden = 64, .reset = Reset::before}, rng);
  load_weights(path, loaded);
  const NamedTensors state = loaded.state_dict();
  for (const auto& [name, value] : saved.state_dict()) {
    const Tensor* found = find(state, name);
    CHECK(largest_difference(*found, value) <= max(abs(value)).item<float>() / 254 * 1.001f);
  }
  Gru after(GruOptions{.input = 48, .hidden = 64}, rng);
  CHECK(message_of([&] { load_weights(path, after); }).find("need a GRU") != std::string::npos);
}

TEST_CASE("weights: int8 of another program is read, whose scales have an axis of one") {
  const Folder folder;
  const fs::path path = foreign(
      folder,
      R"({"w":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]},"w_scale":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]}})",
      12);
  const TensorFile file = read_safetensors(path);
  REQUIRE(file.tensors.size() == 1);
  const uint32_t ones = 0x01010101;
  float scale = 0;
  std::memcpy(&scale, &ones, 4);
  CHECK(file.tensors[0].tensor.to_vector<float>() == std::vector<float>(4, scale));
}

TEST_CASE("weights: what a hostile file says of its 8 and 4 bits is refused with the file's name") {
  const Folder folder;
  const auto refusal = [&](const std::string& header, size_t bytes, const std::string& part) {
    const fs::path path = foreign(folder, header, bytes);
    const std::string text = message_of([&] { read_safetensors(path); });
    CHECK_MESSAGE((text.starts_with(path.string() + ": need ") && text.find(part) != std::string::npos), text);
  };
  const std::string i8 = R"({"w":{"dtype":"I8","shape":[2,4],"data_offsets":[0,8]})";
  refusal(i8 + "}", 8, "need 'w_scale' F32 (2) beside the I8 'w', got none");
  refusal(i8 + R"(,"w_scale":{"dtype":"F32","shape":[3],"data_offsets":[8,20]}})", 20, "got f32 (3)");
  refusal(i8 + R"(,"w_scale":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}})", 16, "got f32 (1, 2)");
  refusal(i8 + R"(,"w_scale":{"dtype":"I32","shape":[2],"data_offsets":[8,16]}})", 16, "got i32 (2)");
  refusal(
      R"({"w":{"dtype":"I8","shape":[],"data_offsets":[0,1]},"w_scale":{"dtype":"F32","shape":[],"data_offsets":[1,5]}})",
      5, "got f32 ()");
  refusal(
      R"({"w":{"dtype":"I8","shape":[0,4],"data_offsets":[0,0]},"w_scale":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
      0, "need 'w_scale'");
  const auto q4 = [&](const std::string& shape, const std::string& part) {
    refusal(R"({"__metadata__":{"grus.q4_0:w":")" + shape +
                R"("},"w":{"dtype":"U8","shape":[2,36],"data_offsets":[0,72]}})",
            72, part);
  };
  for (const char* lie : {"", "2", "2,", "2,32", "2,65", "2,33,", "1,64", "-2,33", "2,33x", "2,9223372036854775807",
                          "9223372036854775807,2", "2,2,2,2,2,2,2", "2,0", "2 ,33"})
    q4(lie, "in q4_0");
  refusal(R"({"__metadata__":{"grus.q4_0:v":"2,33"},"w":{"dtype":"U8","shape":[2,36],"data_offsets":[0,72]}})", 72,
          "need a tensor 'v'");
  refusal(R"({"__metadata__":{"grus.q4_0:w":"2,33"},"w":{"dtype":"I32","shape":[2,9],"data_offsets":[0,72]}})", 72,
          "got i32 (2, 9)");
}

TEST_CASE("weights: scales that are not finite are refused") {
  const Folder folder;
  for (const WeightForm form : {WeightForm::int8, WeightForm::q4_0}) {
    std::string bytes = safetensors_bytes({{"w", matrix(64, 64)}}, {}, form);
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    std::memset(bytes.data() + 8 + length, 0xff, 4);  // NaN in 16 and in 32 bits
    bytes.replace(bytes.find("grus.checksum"), 13, "xxxx.checksum");
    bytes.replace(bytes.find("grus.crc32:"), 11, "none.crc32:");
    std::ofstream(folder.path("nan.safetensors"), std::ios::binary) << bytes;
    const std::string text = message_of([&] { read_safetensors(folder.path("nan.safetensors")); });
    CHECK_MESSAGE(text.find("need finite scales in 'w") != std::string::npos, text);
  }
}

TEST_CASE("weights: numbers that a form cannot hold leave no file") {
  const Folder folder;
  const fs::path path = folder.path("w.safetensors");
  const auto refusal = [&](float number, WeightForm form) {
    std::vector<float> x(4096, 1);
    x[7] = number;
    return message_of([&] { write_safetensors(path, {{"w", Tensor::from(x, {64, 64})}}, {}, form); });
  };
  CHECK(refusal(HUGE_VALF, WeightForm::int8) == "[write_safetensors] need finite numbers for 'w' as int8, got inf");
  CHECK(refusal(6e5f, WeightForm::q4_0) == "[write_safetensors] need numbers below 524160 for 'w' as q4_0, got 600000");
  CHECK(message_of([&] {
          write_safetensors(path, {{"w", matrix(64, 64)}, {"w_scale", matrix(1, 3)}}, {}, WeightForm::int8);
        }) == "[write_safetensors] need each name once, got 'w_scale' again");
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("precision: int8 is a module's choice for inference; a tape that keeps gradients refuses it") {
  Rng rng(2);
  Linear layer(128, 96, rng);
  const Tensor x = init::uniform({5, 128}, -1, 1, rng);
  const Tensor exact = layer(x);
  layer.set_precision(Precision::int8);
  const Tensor y = layer(x);
  CHECK(largest_difference(y, exact) > 1e-5f);
  CHECK(largest_difference(y, exact) < 0.02f);
  Tape tape;
  CHECK(message_of([&] { layer(x); })
            .find("linear] need products in f32 or bf16 while a tape keeps gradients, got "
                  "int8, which is for inference") != std::string::npos);
}
