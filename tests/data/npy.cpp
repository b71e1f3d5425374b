#include "data/read/npy.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "core/base/error.h"
#include "data/read/little_endian.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::bytes_of;
using test::Folder;
using test::message_of;

namespace {

std::string golden(const std::string& name) {
  const char* folder = std::getenv("GRUS_GOLDEN");
  return std::string(folder ? folder : "tests/golden") + "/" + name;
}

std::vector<double> values_of(const Tensor& x) {
  std::vector<double> values;
  const Tensor flat = x.reshape({-1});
  for (int64_t i = 0; i < flat.numel(); ++i) values.push_back(flat[i].item());
  return values;
}

// Returns what is refused of a file of these bytes, behind its path.
template <class Read>
std::string refused(std::string_view bytes, Read read) {
  const Folder folder;
  const std::string path = folder.file("a", bytes);
  const std::string message = message_of<DataError>([&] { read(path); });
  return message.starts_with(path) ? message.substr(path.size()) : message;
}

std::string refused_npy(std::string_view bytes) {
  return refused(bytes, [](const std::string& path) { return read_npy(path); });
}

std::string refused_npz(std::string_view bytes) {
  return refused(bytes, [](const std::string& path) {
    const NpzFile file(path);
    for (const std::string& name : file.names()) const Tensor x = file.read(name);
  });
}

std::string npy(const std::string& header, size_t bytes, char version = 1) {
  std::string text = "\x93NUMPY";
  text += {version, '\0'};
  if (version == 1) append_numbers(text, static_cast<uint16_t>(header.size()));
  else append_numbers(text, static_cast<uint32_t>(header.size()));
  return text + header + std::string(bytes, '\1');
}

const std::string before = ": need a header {'descr': ..., 'fortran_order': ..., 'shape': ...}, got an error at byte ";

std::string replaced(std::string text, std::string_view old, std::string_view by, bool last = false) {
  const size_t at = last ? text.rfind(old) : text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), by);
}

std::string small_npz(bool compressed = false) {
  const Folder folder;
  write_npz(folder.path("a"), {{"x", Tensor::from<float>({1, 2}, {2})}, {"y", Tensor::zeros({3})}}, compressed);
  return bytes_of(folder.path("a"));
}

}  // namespace

TEST_CASE("npz: NumPy's arrays of every type and order are read, stored and deflated") {
  const NpzFile file(golden("numpy.npz"));
  const std::pair<const char*, DType> kinds[] = {{"f2", DType::f32}, {"f4", DType::f32},    {"f8", DType::f64},
                                                 {"i1", DType::i32}, {"i2", DType::i32},    {"i4", DType::i32},
                                                 {"i8", DType::i64}, {"u1", DType::u8},     {"u2", DType::i32},
                                                 {"u4", DType::i64}, {"b1", DType::boolean}};
  for (const auto& [name, dtype] : kinds) {
    for (const char* order : {"_C", "_F"}) {
      const Tensor x = file.read(std::string(name) + order);
      CAPTURE(name);
      CHECK(x.dtype() == dtype);
      CHECK(x.shape() == Shape{2, 3});
      const bool truth = dtype == DType::boolean;
      CHECK(values_of(x) == (truth ? std::vector<double>{0, 1, 1, 1, 1, 1} : std::vector<double>{0, 1, 2, 3, 4, 5}));
    }
  }
  CHECK(values_of(file.read("halves")) == std::vector<double>{1.5, -0x1p-24, HUGE_VAL, 65504});
  std::vector<double> counted(24);
  for (size_t i = 0; i < counted.size(); ++i) counted[i] = static_cast<double>(i);
  CHECK(values_of(file.read("cube")) == counted);
  CHECK(file.read("scalar").item() == 2.5);
  CHECK(file.read("scalar").rank() == 0);
  CHECK(file.read("none").shape() == Shape{0, 3});
  CHECK_FALSE(file.has("readme.txt"));
}

TEST_CASE("npz: types that no tensor holds are named, with the member") {
  const NpzFile file(golden("numpy.npz"));
  const auto error = [&](const std::string& name) { return message_of<DataError>([&] { return file.read(name); }); };
  CHECK(error("u8") == golden("numpy.npz") +
                           ": 'u8.npy': need elements that a tensor holds exactly (<f2 <f4 <f8 |i1 <i2 <i4 <i8 |u1 <u2 "
                           "<u4 |b1), got dtype '<u8'");
  CHECK(error("big").ends_with("got dtype '>f4'"));
  CHECK(error("complex").ends_with("got dtype '<c8'"));
  CHECK(error("text").ends_with("got dtype '<U1'"));
  CHECK(error("fields").find("need elements of one number, got the fields '[('a', '<f4')") != std::string::npos);
  CHECK(error("nothing").find(": need an array of: f2_C, f2_F") != std::string::npos);
}

TEST_CASE("npy: what is written is what NumPy writes") {
  const Folder folder;
  const Tensor x = read_npy(golden("numpy.npy"));
  CHECK(values_of(x) == std::vector<double>{0, 1, 2, 3, 4, 5});
  write_npy(folder.path("a.npy"), x);
  CHECK(bytes_of(folder.path("a.npy")) == bytes_of(golden("numpy.npy")));
}

TEST_CASE("npy: tensors come back with type and shape, plain and packed") {
  const Folder folder;
  const std::vector<Tensor> tensors = {
      Tensor::from<float>({1, 2, 3}, {3}),       Tensor::full({}, 2.5, DType::f64),      Tensor::arange(0, 4),
      Tensor::from<int32_t>({-1, 7}, {2, 1, 1}), Tensor::from_bools({true, false}, {2}), Tensor::zeros({0, 2})};
  std::vector<std::pair<std::string, Tensor>> named;
  for (const Tensor& x : tensors) {
    for (const char* name : {"a.npy", "a.npy.gz"}) {
      write_npy(folder.path(name), x);
      const Tensor y = read_npy(folder.path(name));
      CHECK(y.dtype() == x.dtype());
      CHECK(y.shape() == x.shape());
      CHECK(y.to_bytes() == x.to_bytes());
    }
    named.emplace_back("é " + std::to_string(named.size()), x);
  }
  write_npz(folder.path("none.npz"), {});
  CHECK(NpzFile(folder.path("none.npz")).names().empty());
  CHECK(bytes_of(folder.path("none.npz")).size() == 22);
  for (const bool compressed : {false, true}) {
    write_npz(folder.path("a.npz"), named, compressed);
    const NpzFile file(folder.path("a.npz"));
    CHECK(file.names().size() == named.size());
    for (const auto& [name, x] : named) {
      CHECK(file.read(name).shape() == x.shape());
      CHECK(file.read(name).to_bytes() == x.to_bytes());
    }
  }
}

TEST_CASE("npy: a file that is none, or damaged, is refused in a line") {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
  CHECK(refused_npy(npy(header, 8)) == "nothing thrown");
  CHECK(refused_npy(npy("{\"shape\":(2L,),'fortran_order':True,'descr':'<f4'}", 8, 3)) == "nothing thrown");
  CHECK(refused_npy("PK\3\4....") == ": need an .npy file, which begins with '\\x93NUMPY', got 'PK\\x03\\x04....'");
  CHECK(refused_npy("") == ": need 8 bytes of an .npy file's beginning, got 0 and then the end of the file at byte 0");
  CHECK(refused_npy(npy(header, 8, 4)) == ": need format version 1, 2 or 3, got 4.0");
  CHECK(refused_npy(npy(header, 7)) == ": need 8 bytes of elements, got 7 and then the end of the file at byte 75");
  CHECK(refused_npy(npy(header, 9)) == ": need nothing behind the <f4 array of shape (2), got more bytes");
  CHECK(refused_npy(npy(std::string(70'000, ' '), 0, 2)) == ": need a header of at most 65536 bytes, got 70000");
  CHECK(refused_npy(npy("{'descr': '<f4', 'shape': (2,)}", 8)).starts_with(before + "31: "));
  CHECK(refused_npy(npy("{'descr': '<f4', 'descr': '<f4'}", 8)).starts_with(before + "25: "));
  CHECK(refused_npy(npy("{'descr': '<f4', 'other': 1}", 8)).starts_with(before + "25: "));
  CHECK(refused_npy(npy(replaced(header, "False", "Maybe"), 8)).starts_with(before));
  CHECK(refused_npy(npy(replaced(header, "(2,)", "(-2,)"), 8)).starts_with(before));
  CHECK(refused_npy(npy(header + "x", 8)).starts_with(before + "58: "));
  CHECK(refused_npy(npy(replaced(header, "(2,)", "(1,1,1,1,1,1,1)"), 4)) == ": need at most 6 axes, got 7");
  CHECK(
      refused_npy(npy(replaced(header, "(2,)", "(9223372036854775807,9)"), 4))
          .starts_with(": need at most 68719476736 bytes of elements, got a <f4 array of shape (9223372036854775807"));
  CHECK(refused_npy(npy(replaced(header, "<f4", "|b1"), 2)) == "nothing thrown");
  CHECK(refused_npy(npy(replaced(header, "<f4", "|b1"), 1) + "\2") == ": need bytes of 0 or 1 for |b1, got others");
  CHECK_THROWS_AS(write_npy("/dev/null", Tensor()), UsageError);
}

TEST_CASE("npy: a small packed file that holds more than allowed is refused before its elements are read") {
  const Folder folder;
  write_npy(folder.path("a.npy.gz"), Tensor::zeros({1'000'000}));
  write_npz(folder.path("a.npz"), {{"x", Tensor::zeros({1'000'000})}}, true);
  CHECK(bytes_of(folder.path("a.npz")).size() < 10'000);
  const std::string most = "need at most 1000 bytes of elements, got a <f4 array of shape (1000000)";
  CHECK(message_of<DataError>([&] { return read_npy(folder.path("a.npy.gz"), default_device(), 1000); }) ==
        folder.path("a.npy.gz") + ": " + most);
  CHECK(message_of<DataError>([&] { return NpzFile(folder.path("a.npz")).read("x", default_device(), 1000); }) ==
        folder.path("a.npz") + ": 'x.npy': " + most);
}

TEST_CASE("npz: damage is found by CRC, sizes and places") {
  const std::string whole = small_npz(), packed = small_npz(true);
  CHECK(refused_npz(whole) == "nothing thrown");
  CHECK(refused_npz(packed) == "nothing thrown");
  const std::string one("\0\0\x80\x3f", 4), three("\0\0\x40\x40", 4);
  CHECK(refused_npz(replaced(whole, one, three)).find(": 'x.npy': need bytes with CRC-32 ") == 0);
  CHECK(refused_npz(whole.substr(0, whole.size() - 1)) ==
        ": need a zip archive, got no end of one: another file, or cut short");
  CHECK(refused_npz("").find(": need a zip archive, got no end") == 0);
  CHECK(refused_npz(replaced(whole, "x.npy", "z.npy")).starts_with(": need the header of 'x.npy' at byte 0"));
  CHECK(refused_npz(replaced(replaced(whole, "y.npy", "x.npy"), "y.npy", "x.npy")) ==
        ": need each name once, got 'x.npy' again");
  // The directory's last entry ends in the offset of its member.
  const size_t end = whole.find("PK\6\6");
  CHECK(refused_npz(replaced(whole, "PK\1\2", "PK\1\3")).starts_with(": need an entry of the directory at byte "));
  std::string wrong = whole;
  wrong[end - 8] = 1;
  CHECK(refused_npz(wrong).starts_with(": need the header of 'y.npy' at byte "));
  wrong = whole;
  wrong[end - 1] = 1;
  CHECK(refused_npz(wrong).find(": need 30 bytes of a member's header at byte ") == 0);
}

TEST_CASE("npz: members that are encrypted, packed otherwise, or overlap are refused") {
  const std::string whole = small_npz();
  const size_t entry = whole.find("PK\1\2"), second = whole.find("PK\1\2", entry + 1);
  std::string wrong = whole;
  wrong[entry + 8] |= 1;
  CHECK(refused_npz(wrong) == ": need members in the clear, got 'x.npy' encrypted");
  wrong = whole;
  wrong[entry + 10] = 12;
  CHECK(refused_npz(wrong) == ": need members stored or deflated, got 'x.npy' by method 12");
  wrong = whole;
  wrong[second - 16] = static_cast<char>(0xF0);  // the first member's size in the file, of zip64's field
  CHECK(refused_npz(wrong).starts_with(": need members that do not overlap, got "));
  wrong = whole;
  wrong[second - 24] ^= 1;  // its size unpacked
  CHECK(refused_npz(wrong).starts_with(": 'x.npy': need "));
  wrong = small_npz(true);
  wrong[wrong.find("PK\1\2", wrong.find("PK\1\2") + 1) - 24] ^= 1;
  CHECK(refused_npz(wrong).starts_with(": 'x.npy': need "));
  CHECK(message_of<DataError>([] { NpzFile("/none/a.npz"); }) == "/none/a.npz: need a zip archive, got no such file");
}

TEST_CASE("write_npz: names that are empty, repeated or no text are refused") {
  const Tensor x = Tensor::zeros({1});
  CHECK(message_of<UsageError>([&] {
          write_npz("/dev/null", {{"a", x}, {"a", x}});
        }) == "[write_npz] need names that differ, of 1 to 65000 bytes in UTF-8, got 'a'");
  CHECK_THROWS_AS(write_npz("/dev/null", {{"", x}}), UsageError);
  CHECK_THROWS_AS(write_npz("/dev/null", {{"\xff", x}}), UsageError);
  CHECK(message_of<UsageError>([&] {
          write_npz("/dev/null", {{"a", Tensor()}});
        }) == "[write_npz] need a tensor, got an undefined one");
}
