// The program grus-convert.
#include <doctest/doctest.h>

#include "formats/keras_file.h"
#include "formats/torch_file.h"
#include "nn/serialize.h"
#include "tests/support/program.h"
#include "tests/support/skip.h"
#include "tests/support/tensors.h"

using namespace grus;
using test::Folder;

namespace {

const nn::NamedTensors weights = {{"model.gru.w", Tensor::arange(0.0, 6.0, 1.0).reshape({2, 3})},
                                  {"model.b", Tensor::ones({2})},
                                  {"rest", Tensor::ones({1})}};

test::ProgramResult convert(const Folder& folder, const std::string& arguments) {
  return test::run_program(folder, "CONVERT", arguments, "cd '" + folder.root().string() + "' &&");
}

}  // namespace

TEST_CASE("grus-convert: a file is listed, and its tensors keep their bits through every kind of file") {
  if (!std::getenv("CONVERT")) return test::skip("no example programs");
  const Folder folder;
  formats::write_torch(folder.path("a.pt"), weights);
  CHECK(convert(folder, "a.pt").out == "model.gru.w\tf32\t(2, 3)\nmodel.b\tf32\t(2)\nrest\tf32\t(1)\n");
  CHECK(convert(folder, "a.pt b.safetensors").err == "3 tensors of 9 numbers: b.safetensors\n");
  CHECK(convert(folder, "b.safetensors c.npz").code == 0);
  CHECK(convert(folder, "c.npz d.pt").code == 0);
  CHECK(test::bytes_of(folder.path("d.pt")) == test::bytes_of(folder.path("a.pt")));
}

TEST_CASE("grus-convert: names are chosen, stripped, renamed and added to, in this order") {
  if (!std::getenv("CONVERT")) return test::skip("no example programs");
  const Folder folder;
  formats::write_torch(folder.path("a.pt"), weights);
  CHECK(convert(folder, "a.pt b.safetensors --only model. --strip model. --rename gru.=encoder. --add net.").code == 0);
  const nn::TensorFile read = nn::read_safetensors(folder.path("b.safetensors"));
  REQUIRE(read.tensors.size() == 2);
  CHECK(read.tensors[0].name == "net.encoder.w");
  CHECK(read.tensors[1].name == "net.b");
}

TEST_CASE("grus-convert: the weights of a model in ONNX become safetensors, with its convention") {
  if (!std::getenv("CONVERT")) return test::skip("no example programs");
  const char* golden = std::getenv("GRUS_GOLDEN");
  REQUIRE(golden);
  const Folder folder;
  std::filesystem::copy_file(std::string(golden) + "/recurrent.onnx", folder.path("m.onnx"));
  const test::ProgramResult result = convert(folder, "m.onnx m.safetensors");
  if (result.err.find("need a build with protobuf") != std::string::npos) return test::skip("no protobuf");
  CHECK(result.err == "17 tensors of 308 numbers: m.safetensors\n");
  const nn::TensorFile read = nn::read_safetensors(folder.path("m.safetensors"));
  CHECK(nn::find(read.tensors, "encoder.gru.weight_hh_l0_reverse"));
  CHECK(read.metadata.at("grus.gru:encoder.gru") == "gates r z n, reset before, update keep");
}

TEST_CASE("grus-convert: a GRU that is not PyTorch's keeps its convention through names and kinds, or is refused") {
  if (!std::getenv("CONVERT")) return test::skip("no example programs");
  if (!formats::keras_available()) return test::skip("no libhdf5");
  const Folder folder;
  std::filesystem::copy(std::string(std::getenv("GRUS_GOLDEN")) + "/model.keras", folder.path("a.keras"));
  REQUIRE(convert(folder, "a.keras a.safetensors --rename encoder.=rnn. --add net.").code == 0);
  CHECK(nn::read_safetensors(folder.path("a.safetensors")).metadata.at("grus.gru:net.rnn") ==
        "gates r z n, reset before, update keep");
  test::check_error(convert(folder, "a.safetensors a.pt"), 2,
                    "need a file that can name a GRU of 'gates r z n, reset before");
  CHECK(convert(folder, "a.safetensors a.pt --only net.gru_1.").code == 0);
  REQUIRE(convert(folder, "a.safetensors a.weights.h5 --strip net.").code == 0);
  REQUIRE(convert(folder, "a.keras b.weights.h5 --rename encoder.=rnn.").code == 0);
  CHECK(test::bytes_of(folder.path("a.weights.h5")) == test::bytes_of(folder.path("b.weights.h5")));
}

TEST_CASE("grus-convert: --type is for .gguf alone") {
  if (!std::getenv("CONVERT")) return test::skip("no example programs");
  const Folder folder;
  formats::write_torch(folder.path("a.pt"), weights);
  CHECK(convert(folder, "a.pt a.gguf --type q8_0").code == 0);
  CHECK(test::bytes_of(folder.path("a.gguf")).starts_with("GGUF"));
  test::check_error(convert(folder, "a.pt b.npz --type f16"), 2, "--type: need a file to write that ends in .gguf");
  test::check_error(convert(folder, "a.pt b.gguf --type q5"), 2, "--type: need f32, f16, q8_0 or q4_0, got 'q5'");
}

TEST_CASE("grus-convert: bad input is one line, and leaves no file") {
  if (!std::getenv("CONVERT")) return test::skip("no example programs");
  const Folder folder;
  formats::write_torch(folder.path("a.pt"), weights);
  test::check_error(convert(folder, "none.pt out.npz"), 1, "none.pt");
  test::check_error(
      convert(folder, "a.pt out.h6"), 2,
      "out.h6: need a file that ends in .pt, .pth, .bin, .safetensors, .npz, .keras, .weights.h5 or .gguf");
  test::check_error(convert(folder, "a.pt out.npz --only encoder"), 2,
                    "--only: need tensors of these names, got none of 3");
  test::check_error(convert(folder, "a.pt out.npz --rename model.b"), 2, "--rename: need OLD=NEW, got 'model.b'");
  test::check_error(convert(folder, "a.pt out.npz --rename model.b=rest"), 2,
                    "--rename: need names that differ, got 'rest' twice");
  CHECK_FALSE(std::filesystem::exists(folder.path("out.npz")));
}
