#include "nn/serialize.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "core/base/checksum.h"
#include "core/tensor/random.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "tests/support/folder.h"

using namespace grus;
using namespace grus::nn;
using test::Folder;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& json, const std::string& data) {
  std::ofstream file(path, std::ios::binary);
  const uint64_t length = json.size();
  file.write(reinterpret_cast<const char*>(&length), 8);
  file << json << data;
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const DataError& e) {
    return e.what();
  }
  return "no DataError";
}

}  // namespace

TEST_CASE("safetensors: every dtype, a scalar, an empty tensor and metadata come back bit for bit") {
  const Folder folder;
  const fs::path path = folder.root() / "all.safetensors";
  const NamedTensors written{{"flags", Tensor::from_bools({true, false, true}, {3})},
                             {"f32", Tensor::from({1.5f, -0.f, 3e-40f}, {3, 1})},
                             {"f64", Tensor::from({0.1, 1e300}, {2})},
                             {"i32", Tensor::from(std::vector<int32_t>{-5}, {})},
                             {"i64", Tensor::from(std::vector<int64_t>{1ll << 40}, {1})},
                             {"none", Tensor::zeros({0, 4})},
                             {"view", Tensor::from({1.f, 2.f, 3.f, 4.f}, {2, 2})[1]}};
  write_safetensors(path, written, {{"a", "1"}, {"b", "ü \"quoted\""}});
  const TensorFile read = read_safetensors(path);
  CHECK(read.metadata == Metadata{{"a", "1"}, {"b", "ü \"quoted\""}});
  CHECK(read.tensors.size() == written.size());
  for (const NamedTensor& entry : written) {
    CAPTURE(entry.name);
    const Tensor* found = find(read.tensors, entry.name);
    REQUIRE(found != nullptr);
    CHECK(found->dtype() == entry.tensor.dtype());
    CHECK(found->shape() == entry.tensor.shape());
    CHECK(found->to_bytes() == entry.tensor.to_bytes());
  }
}

TEST_CASE("safetensors: F16 and BF16 are read and written as they are, and fit f32 parameters") {
  const Folder folder;
  const fs::path path = folder.root() / "half.safetensors";
  const uint16_t f16[] = {0x3c00, 0xc000, 0x0001, 0x7c00, 0x3555}, bf16[] = {0x3f80, 0xc000};
  std::string data(sizeof f16 + sizeof bf16, '\0');
  std::memcpy(data.data(), f16, sizeof f16);
  std::memcpy(data.data() + sizeof f16, bf16, sizeof bf16);
  write(
      path,
      R"({"h":{"dtype":"F16","shape":[5],"data_offsets":[0,10]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[10,14]}})",
      data);
  const TensorFile file = read_safetensors(path);
  CHECK(find(file.tensors, "h")->dtype() == DType::f16);
  const std::vector<float> h = find(file.tensors, "h")->to(DType::f32).to_vector<float>();
  CHECK(h[0] == 1);
  CHECK(h[1] == -2);
  CHECK(h[2] == 0x1p-24f);
  CHECK(std::isinf(h[3]));
  CHECK(h[4] == doctest::Approx(1.0 / 3).epsilon(1e-3));
  CHECK(find(file.tensors, "b")->to_vector<bfloat16>() == std::vector<bfloat16>{to_bfloat16(1), to_bfloat16(-2)});
  write_safetensors(path, file.tensors);
  CHECK(find(read_safetensors(path).tensors, "h")->to_bytes() == find(file.tensors, "h")->to_bytes());
  Rng rng(1);
  Linear layer(2, 3, rng);
  NamedTensors narrow = layer.state_dict();
  for (NamedTensor& entry : narrow) entry.tensor = entry.tensor.to(DType::f16);
  layer.load_state_dict(narrow);
  CHECK(layer.state_dict()[0].tensor.dtype() == DType::f32);
  CHECK(layer.state_dict()[0].tensor.to_vector<float>() == narrow[0].tensor.to(DType::f32).to_vector<float>());
}

TEST_CASE("safetensors: what a damaged or foreign file claims is refused with its name and what was due") {
  const Folder folder;
  const fs::path path = folder.root() / "bad.safetensors";
  const auto refuse = [&](const std::string& json, const std::string& data) {
    write(path, json, data);
    const std::string text = message([&] { read_safetensors(path); });
    CHECK_MESSAGE(text.starts_with(path.string() + ": need "), text);
    return text;
  };
  const std::string eight(8, 'x');
  CHECK(refuse(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "1234").find("truncated") !=
        std::string::npos);
  refuse(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight + "more");
  refuse(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", eight);
  refuse(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", eight);
  refuse(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight);
  refuse(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})", eight);
  refuse(R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,2],"data_offsets":[0,8]}})", eight);
  refuse(
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
      eight);
  refuse(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight);
  refuse(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
      eight);
  CHECK(refuse(R"({"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})", eight).find("F8_E4M3") !=
        std::string::npos);
  refuse(R"({"a":{"dtype":"BOOL","shape":[8],"data_offsets":[0,8]}})", eight);
  refuse(R"({"a":{"dtype":"F32","shape":[2]}})", eight);
  refuse(R"({"a":[1]})", eight);
  refuse(R"({"__metadata__":{"a":1}})", "");
  refuse(R"([])", "");
  refuse(R"({"a":)", "");
  refuse(R"({"a":[[[[[[[[1]]]]]]]]})", "");
  refuse("\xff\xfe", "");
}

TEST_CASE("safetensors: short files, long headers, folders and missing files are refused") {
  const Folder folder;
  const fs::path path = folder.root() / "bad.safetensors";
  CHECK(message([&] { read_safetensors(path); }) ==
        fmt::format("{}: need a safetensors file, got no such file", path.string()));
  CHECK(message([&] { read_safetensors(folder.root()); }).find("not a file") != std::string::npos);
  std::ofstream(path) << "1234";
  CHECK(message([&] { read_safetensors(path); }).find("at least 8 bytes, got 4") != std::string::npos);
  std::ofstream(path) << "{\"text\": \"not weights\"}";
  CHECK(message([&] { read_safetensors(path); }).find("need a header that fits") != std::string::npos);
  write_safetensors(path, {{"w", Tensor::ones({100})}});
  fs::resize_file(path, fs::file_size(path) - 1);
  CHECK(message([&] { read_safetensors(path); }).find("truncated") != std::string::npos);
}

TEST_CASE("safetensors: a name twice is a usage error, and an old file stays when writing fails") {
  const Folder folder;
  const fs::path path = folder.root() / "w.safetensors";
  write_safetensors(path, {{"w", Tensor::ones({1})}});
  CHECK_THROWS_AS(write_safetensors(path, {{"w", Tensor::ones({1})}, {"w", Tensor::ones({1})}}), UsageError);
  CHECK_THROWS_AS(write_safetensors(path, {{"\xff", Tensor::ones({1})}}), UsageError);
  CHECK(read_safetensors(path).tensors.size() == 1);
}

TEST_CASE("weights: a module comes back from its file; tied ones are stored once and named in the metadata") {
  class Tied : public Module<Tied> {
   public:
    explicit Tied(uint64_t seed) : Tied(Rng(seed)) {}
    explicit Tied(Rng rng) : a(child("a", Linear(3, 3, rng))), b(child("b", Linear(3, 3, rng))) {
      tie(a.weight, b.weight);
    }
    Tensor forward(const Tensor& x) const { return b(a(x)); }
    Linear a, b;
  };
  const Folder folder;
  const fs::path path = folder.root() / "model.safetensors";
  const Tied first(1);
  save_weights(path, first, {{"kind", "test"}});
  const TensorFile file = read_safetensors(path);
  CHECK(file.metadata == Metadata{{"b.weight", "a.weight"}, {"kind", "test"}});
  CHECK(file.tensors.size() == 3);
  Tied second(2);
  load_weights(path, second);
  CHECK(second(Tensor::ones({1, 3})).to_vector<float>() == first(Tensor::ones({1, 3})).to_vector<float>());
  Linear other(3, 3);
  CHECK(message([&] { load_weights(path, other); }).starts_with(path.string() + ": [load_state_dict] need"));
}

TEST_CASE("safetensors: every flipped bit is seen, wherever in the file, and the error names it") {
  const Folder folder;
  const fs::path path = folder.root() / "w.safetensors";
  Rng rng(1);
  write_safetensors(path,
                    {{"weight", random_normal({7, 5}, 0, 1, rng)},
                     {"mask", Tensor::from_bools({true, false, true}, {3})},
                     {"ids", Tensor::from(std::vector<int64_t>{1, 2})}},
                    {{"architecture", "test"}});
  const std::string good = test::bytes_of(path);
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    std::ofstream(path, std::ios::binary) << bad;
    const std::string text = message([&] { read_safetensors(path); });
    REQUIRE_MESSAGE(text.starts_with(path.string() + ": need "), bit << " " << text);
  }
  for (size_t bytes = 0; bytes < good.size(); ++bytes) {
    std::ofstream(path, std::ios::binary) << good.substr(0, bytes);
    REQUIRE(message([&] { read_safetensors(path); }).starts_with(path.string() + ": need "));
  }
}

TEST_CASE("safetensors: of many copies of a larger file with one flipped bit or overwritten bytes none is accepted") {
  const Folder folder;
  const fs::path path = folder.root() / "w.safetensors";
  Rng rng(1);
  write_safetensors(path, {{"weight", random_normal({100, 70}, 0, 1, rng)}, {"bias", random_normal({100}, 0, 1, rng)}});
  const std::string good = test::bytes_of(path);
  std::mt19937_64 random(7);
  int accepted = 0;
  for (int n = 0; n < 3000; ++n) {
    std::string bad = good;
    const size_t at = random() % good.size();
    if (n % 3 > 0) {
      bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    } else {
      const size_t to = random() % good.size(), count = std::min(1 + random() % 16, good.size() - std::max(at, to));
      bad.replace(at, count, good, to, count);
    }
    if (bad == good) continue;
    std::ofstream(path, std::ios::binary) << bad;
    accepted += !message([&] { read_safetensors(path); }).starts_with(path.string() + ": need ");
  }
  CHECK(accepted == 0);
}

TEST_CASE("safetensors: a checksum left behind by a program that changed the tensors is refused with its cure") {
  const Folder folder;
  const fs::path path = folder.root() / "w.safetensors";
  const std::string header =
      R"({"__metadata__":{"grus.checksum":"grus.crc32:01234567"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  write(path, header, "12345678");
  const std::string text = message([&] { read_safetensors(path); });
  CHECK(text.find("need bytes with crc32:01234567, got crc32:") != std::string::npos);
  CHECK(text.find("kept 'grus.checksum' in its metadata") != std::string::npos);
  write(path, R"({"__metadata__":{"grus.checksum":"another"}})", "");
  CHECK(message([&] { read_safetensors(path); }).find("got a damaged one") != std::string::npos);
}

TEST_CASE("safetensors: a header of 80,000 empty tensors is read in linear time, and one nested deep is refused") {
  const Folder folder;
  const fs::path path = folder.root() / "w.safetensors";
  std::string header = "{";
  for (int n = 0; n < 80000; ++n)
    header += fmt::format(R"({}"t{}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})", n ? "," : "", n);
  write(path, header + "}", "");
  CHECK(read_safetensors(path).tensors.size() == 80000);
  Linear module(3, 3);
  CHECK(message([&] { load_weights(path, module); }).find("and 79980 more") != std::string::npos);
  write(path, R"({"a":)" + std::string(100000, '[') + std::string(100000, ']') + "}", "");
  CHECK(message([&] { read_safetensors(path); }) == path.string() + ": need JSON nested at most 3 deep, got more");
}

TEST_CASE("weights: a GRU's convention stands in the file, and one of another convention is refused, not misread") {
  class Pair : public Module<Pair> {
   public:
    Pair(Reset a, Reset b)
        : a(child("a", Gru({.input = 2, .hidden = 3, .reset = a}))),
          b(child("b", GruCell({.input = 2, .hidden = 3, .reset = b, .update = Update::replace}))) {}
    Gru a;
    GruCell b;
  };
  const Folder folder;
  const fs::path path = folder.root() / "w.safetensors";
  const std::string before = "gates r z n, reset before, update keep";
  Gru plain({.input = 2, .hidden = 3}), old({.input = 2, .hidden = 3, .reset = Reset::before});
  save_weights(path, old);
  CHECK(read_safetensors(path).metadata == Metadata{{"grus.gru", before}});
  CHECK_NOTHROW(load_weights(path, old));
  CHECK(message([&] { load_weights(path, plain); }) ==
        path.string() + ": need a GRU of 'gates r z n, reset after, update keep', got one of '" + before + "'");
  save_weights(path, plain);
  CHECK(read_safetensors(path).metadata.empty());  // PyTorch's convention needs no name
  CHECK(message([&] { load_weights(path, old); }) ==
        path.string() + ": need a GRU of '" + before +
            "', got one of 'gates r z n, reset after, update keep', which is PyTorch's, as the file names none");

  Pair mixed(Reset::after, Reset::before);
  save_weights(path, mixed);
  CHECK(read_safetensors(path).metadata == Metadata{{"grus.gru:b", "gates r z n, reset before, update replace"}});
  CHECK_NOTHROW(load_weights(path, mixed));
  Pair other(Reset::before, Reset::before);
  CHECK(message([&] { load_weights(path, other); }).starts_with(path.string() + ": need a GRU 'a' of '" + before));
  Pair copy = mixed.clone();
  CHECK(copy.conventions() == mixed.conventions());
  write_safetensors(path, {{"other", Tensor::ones({1})}});
  CHECK_NOTHROW(load_weights(path, other, false));  // none of its tensors is a GRU's
}
