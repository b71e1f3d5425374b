#include "formats/torch_file.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "core/base/error.h"
#include "data/read/zip.h"
#include "nn/gru.h"
#include "tests/support/folder.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace std::string_view_literals;
using formats::read_torch;
using formats::write_torch;
using test::Folder;
using test::message_of;

namespace {

std::string golden(const std::string& name) {
  const char* folder = std::getenv("GRUS_GOLDEN");
  return std::string(folder ? folder : "tests/golden") + "/" + name;
}

Tensor at(const nn::NamedTensors& tensors, const std::string& name) {
  const Tensor* found = nn::find(tensors, name);
  REQUIRE_MESSAGE(found, name);
  return *found;
}

// An archive as torch.save makes one, of this pickle and of storage "0".
std::string archive(const Folder& folder, std::string_view pickle,
                    std::string_view storage = std::string_view("\0\0\x80\x3f", 4)) {
  const std::string path = folder.path("made.pt");
  data::ZipWriter zip(path);
  zip.add("archive/data.pkl", pickle, false);
  zip.add("archive/data/0", storage, false);
  zip.commit();
  return path;
}

// The pickle of {"w": tensor}: `count` elements of storage 0 from `offset` on, with a stride of one byte's number.
std::string pickle_of_w(int offset, int count, int stride, const std::string& type = "FloatStorage",
                        const std::string& key = "0") {
  const auto byte = [](int value) { return std::string("K") + static_cast<char>(value); };
  const auto text = [](const std::string& value) {
    return std::string("X") + static_cast<char>(value.size()) + std::string(3, '\0') + value;
  };
  return "\x80\x02}(" + text("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + type +
         "\n" + text(key) + text("cpu") + byte(count) + "tQ" + byte(offset) + byte(count) + "\x85" + byte(stride) +
         "\x85" + "\x89NtRu.";
}

std::string refusal(std::string_view pickle) {
  const Folder folder;
  const std::string path = archive(folder, pickle), message = message_of([&] { read_torch(path); });
  return message.starts_with(path + ": ") ? message.substr(path.size() + 2) : "(no path) " + message;
}

}  // namespace

TEST_CASE("torch file: dicts, lists, views, types and a module's state of torch.save are read by dotted names") {
  const nn::NamedTensors read = read_torch(golden("state_dict.pt"));
  CHECK(read.size() == 8 + 8 + 1 + 5 + 3);  // epoch, name and rate are no tensors
  CHECK(at(read, "model.weight_ih_l0_reverse").shape() == Shape{9, 2});
  CHECK(at(read, "kinds.bfloat16").dtype() == DType::bf16);
  CHECK(at(read, "kinds.float16").dtype() == DType::f32);
  CHECK(at(read, "kinds.int8").dtype() == DType::i32);
  CHECK(at(read, "kinds.int64").to_vector<int64_t>() == std::vector<int64_t>{0, 1, 100});
  CHECK(at(read, "kinds.float16").to_vector<float>() == std::vector<float>{0, 1, 100});
  CHECK(at(read, "flags").dtype() == DType::boolean);
  CHECK(at(read, "views.1").to_vector<float>() == std::vector<float>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11});
  CHECK(at(read, "views.2").to_vector<float>() == std::vector<float>{5, 6, 9, 10});
  CHECK(at(read, "views.3").to_vector<float>() == std::vector<float>{8, 9, 10, 11});
  CHECK(at(read, "parameter").to_vector<float>() == std::vector<float>{1, 1});
  CHECK(at(read, "empty").shape() == Shape{0, 4});
  CHECK(at(read, "scalar").item() == 2.5);
}

TEST_CASE("torch file: what is written is read back, every type to the bit, and the same tensors give the same bytes") {
  const Folder folder;
  const nn::NamedTensors tensors = read_torch(golden("state_dict.pt"));
  write_torch(folder.path("a.pt"), tensors);
  write_torch(folder.path("b.pt"), tensors);
  CHECK(test::bytes_of(folder.path("a.pt")) == test::bytes_of(folder.path("b.pt")));
  const nn::NamedTensors again = read_torch(folder.path("a.pt"));
  REQUIRE(again.size() == tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    CHECK(again[i].name == tensors[i].name);
    CHECK(again[i].tensor.dtype() == tensors[i].tensor.dtype());
    CHECK(again[i].tensor.shape() == tensors[i].tensor.shape());
    CHECK(again[i].tensor.to_bytes() == tensors[i].tensor.to_bytes());
  }
}

TEST_CASE("torch file: a module takes a state dict of PyTorch's module as it is") {
  nn::Gru gru({.input = 2, .hidden = 3, .bidirectional = true});
  nn::NamedTensors state;
  for (const auto& [name, tensor] : read_torch(golden("state_dict.pt")))
    if (name.starts_with("model.")) state.push_back({name.substr(6), tensor});
  gru.load_state_dict(state);
  CHECK(gru.state_dict().size() == 8);
}

TEST_CASE("torch file: code in a pickle is refused by its name, and never run") {
  const std::string path = golden("code.pt");
  CHECK(message_of([&] { read_torch(path); }) ==
        path + ": need tensors, got the code '__builtin__.print', which is not run");
  CHECK(refusal("\x80\x02"
                "cos\nsystem\nX\4\0\0\0truetR."sv) == "need tensors, got the code 'os.system', which is not run");
}

TEST_CASE("torch file: a tensor outside of its storage, of another type, or without a storage is refused by its name") {
  CHECK(refusal(pickle_of_w(0, 1, 1)) == "(no path) ");
  CHECK(refusal(pickle_of_w(1, 1, 1)) == "need 'w' inside of its storage of 1 elements, got another place");
  std::string negative = pickle_of_w(0, 1, 1);
  negative.replace(negative.find("QK") + 1, 2, "J\xff\xff\xff\xff");
  CHECK(refusal(negative) == "need a tensor as torch.save writes it at 'w', got a tuple");
  CHECK(refusal(pickle_of_w(0, 2, 1)) == "need 'w' inside of its storage of 1 elements, got another place");
  CHECK(refusal(pickle_of_w(0, 1, 1, "ComplexFloatStorage")) ==
        "need tensors, got the code 'torch.ComplexFloatStorage', which is not run");
  CHECK(refusal(pickle_of_w(0, 1, 1, "FloatStorage", "7")) == "need the storage of 'w', got none of the name '7'");
}

TEST_CASE("torch file: a pickle that is damaged, cut short or no dict is refused") {
  const std::string good = pickle_of_w(0, 1, 1);
  for (size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(refusal(good.substr(0, size)).starts_with("need "));
  }
  CHECK(refusal("\x80\x02]."sv) == "need a dict of tensors, got a list");
  CHECK(refusal("\x80\x02u."sv) == "need a mark on the stack, got none at byte 3");
  CHECK(refusal("\x80\x02h\1."sv) == "need a value that was kept, got number 1");
  CHECK(refusal("\x80\x02i."sv) == "need a pickle of tensors, got opcode 0x69 at byte 2");
  CHECK(refusal("\x80\x02}q\1K\1h\1s."sv) ==
        "need dicts at most 32 deep, got '1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1'");
}

TEST_CASE("torch file: views cannot make a small file fill the memory") {
  CHECK(refusal(pickle_of_w(0, 255, 0)) == "(no path) ");
  std::string pickle = "\x80\x02](";
  const std::string one = pickle_of_w(0, 255, 0);
  const std::string call = one.substr(one.find("ctorch"), one.size() - one.find("ctorch") - 2);
  for (int i = 0; i < 100; ++i) pickle += call;
  CHECK(refusal(std::string("\x80\x02}X\1\0\0\0l"sv) + pickle.substr(2) + "es.")
            .starts_with("need tensors of at most 8 times the file's bytes, got more at 'l."));
}

TEST_CASE("torch file: other files are refused with what they are") {
  const Folder folder;
  const std::string old = folder.file("old.pt", "\x80\x02\x8a\nl\xfc");
  CHECK(message_of([&] { read_torch(old); }) ==
        old + ": need a file of torch.save since PyTorch 1.6 (a zip archive), got another");
  data::ZipWriter zip(folder.path("other.zip"));
  zip.add("a.txt", "a", false);
  zip.commit();
  CHECK(message_of([&] { read_torch(folder.path("other.zip")); }) ==
        folder.path("other.zip") + ": need the member data.pkl of a file of torch.save, got an archive without it");
  const nn::NamedTensors twice = {{"w", Tensor::ones({1})}, {"w", Tensor::ones({1})}};
  CHECK(message_of([&] { write_torch(folder.path("w.pt"), twice); }) ==
        "[write_torch] need each name once, got 'w' again");
}
