#include "data/read/wav.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/base/error.h"
#include "data/read/little_endian.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::bytes_of;
using test::Folder;
using test::message_of;

namespace {

struct Written {
  uint16_t code = 1, channels = 1, bits = 16;
  uint32_t rate = 8000;
  std::string before = {}, data = {}, more = {};  // chunks before, samples, further bytes of the format
};

std::string chunk(const std::string& name, const std::string& content) {
  std::string bytes = name;
  append_numbers(bytes, static_cast<uint32_t>(content.size()));
  return bytes + content + (content.size() % 2 == 1 ? std::string(1, '\0') : std::string());
}

std::string format_of(const Written& w) {
  std::string format;
  const auto block = static_cast<uint16_t>(w.channels * w.bits / 8);
  append_numbers(format, w.code, w.channels, w.rate, w.rate * block, block, w.bits);
  return chunk("fmt ", format + w.more);
}

std::string wav(const Written& w) {
  const std::string content = "WAVE" + w.before + format_of(w) + chunk("data", w.data);
  return chunk("RIFF", content);
}

template <class... T>
std::string bytes(T... values) {
  std::string all;
  append_numbers(all, values...);
  return all;
}

std::string extension(uint16_t code) {
  return bytes(uint16_t{22}, uint16_t{20}, uint32_t{0}, code) +
         std::string("\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71", 14);
}

std::vector<double> samples_of(const std::string& content) {
  const Folder folder;
  return read_wav(folder.file("a", content), DType::f64).samples.to_vector<double>();
}

std::string refused_wav(std::string_view content) {
  return test::refused_file<DataError>("a", content, [&](const std::string& path) { read_wav(path); });
}

}  // namespace

TEST_CASE("wav: samples of every width lie in [-1, 1]") {
  using Values = std::vector<double>;
  CHECK(samples_of(wav({.bits = 8, .data = "\x80\xff" + std::string(1, '\0')})) == Values{0, 127.0 / 128, -1});
  CHECK(samples_of(wav({.data = bytes(int16_t{-32768}, int16_t{16384})})) == Values{-1, 0.5});
  CHECK(samples_of(wav({.bits = 24, .data = std::string("\0\0\x40\xff\xff\xff", 6)})) == Values{0.5, -0x1p-23});
  CHECK(samples_of(wav({.bits = 32, .data = bytes(int32_t{-1}, int32_t{1} << 30)})) == Values{-0x1p-31, 0.5});
  CHECK(samples_of(wav({.code = 3, .bits = 32, .data = bytes(1.5f)})) == Values{1.5});
  CHECK(samples_of(wav({.code = 3, .bits = 64, .data = bytes(-0.1)})) == Values{-0.1});
  CHECK(samples_of(wav({.code = 0xFFFE, .bits = 24, .data = std::string("\0\0\xC0", 3), .more = extension(1)})) ==
        Values{-0.5});
  CHECK(samples_of(wav({.code = 0xFFFE, .bits = 32, .data = bytes(0.25f), .more = extension(3)})) == Values{0.25});
}

TEST_CASE("wav: channels are the last axis, and chunks of odd sizes are passed with their padding") {
  const Folder folder;
  const std::string content = wav({.channels = 2,
                                   .rate = 44100,
                                   .before = chunk("LIST", "odd") + chunk("junk", ""),
                                   .data = bytes(int16_t{0}, int16_t{8192}, int16_t{16384}, int16_t{-8192})});
  const Sound sound = read_wav(test::gzip(folder, "a.wav.gz", content));
  CHECK(sound.rate == 44100);
  CHECK(sound.samples.shape() == Shape{2, 2});
  CHECK(sound.samples.to_vector<float>() == std::vector<float>{0, 0.25f, 0.5f, -0.25f});
  CHECK(read_wav(folder.file("none", wav({}))).samples.shape() == Shape{0, 1});
}

TEST_CASE("wav: data written to a pipe goes to the end of the file") {
  std::string content = wav({.data = bytes(int16_t{16384}, int16_t{8192})}) + "\1";
  content.replace(content.find("data") + 4, 4, "\xff\xff\xff\xff");
  CHECK(samples_of(content) == std::vector<double>{0.5, 0.25});
}

TEST_CASE("wav: what is no sound, or damaged, is refused with its byte") {
  CHECK(refused_wav("RIFX....WAVE") == ": need 'RIFF....WAVE', got 'RIFX....WAVE'");
  CHECK(refused_wav("RIFF") ==
        ": need 12 bytes of a WAVE file's beginning, got 4 and then the end of the file at byte 4");
  CHECK(refused_wav(wav({.code = 6, .bits = 8})) == ": need PCM or float samples at byte 12, got format 6 (A-law)");
  CHECK(refused_wav(wav({.code = 5})) == ": need PCM or float samples at byte 12, got format 5");
  CHECK(refused_wav(wav({.bits = 12})) == ": need 8, 16, 24 or 32 bits a sample at byte 12, got 12");
  CHECK(refused_wav(wav({.code = 3})) == ": need 32 or 64 bits a sample at byte 12, got 16");
  CHECK(refused_wav(wav({.channels = 0})).find("got 0 channels of 16 bits in 0 bytes, at 8000 Hz") !=
        std::string::npos);
  CHECK(refused_wav(wav({.rate = 0})).find("at 0 Hz") != std::string::npos);
  CHECK(refused_wav(wav({.code = 0xFFFE})).starts_with(": need an extensible format of 40 bytes"));
  CHECK(refused_wav(wav({.channels = 2, .data = bytes(int16_t{1})})) ==
        ": need frames of 4 bytes at byte 44, got 2 bytes of data");
  const std::string whole = wav({.data = "abcd"});
  CHECK(refused_wav(whole.substr(0, 46)) == ": need 4 bytes of samples, got 2 and then the end of the file at byte 46");
  CHECK(refused_wav(whole.substr(0, 36)) == ": need a chunk 'data', got the end of the file at byte 36");
  CHECK(refused_wav(whole.substr(0, 40)) ==
        ": need 7 bytes of a chunk's head, got 3 and then the end of the file at byte 40");
  CHECK(refused_wav("RIFF....WAVE" + chunk("data", "")) == ": need a chunk 'fmt ' before 'data' at byte 12, got none");
  CHECK(refused_wav("RIFF....WAVE" + chunk("fmt ", "ab")) == ": need a format of at least 16 bytes at byte 12, got 2");
  CHECK(refused_wav("RIFF....WAVE" + chunk("fmt ", std::string(2000, ' ')))
            .starts_with(": need a format of at most 1024"));
  CHECK(refused_wav("RIFF....WAVE" + bytes('L', 'I', 'S', '\n', 99)) ==
        ": need 99 bytes of chunk 'LIS\\x0a' at byte 12, got 0");
  CHECK_THROWS_AS(read_wav("/dev/null", DType::i32), DtypeError);
}

TEST_CASE("write_wav: 16 bits come back as they were, and louder samples are cut and counted") {
  const Folder folder;
  const Tensor x = Tensor::from<float>({-1, 32767.0f / 32768, 1.0f / 32768, 0, 0.5f, -0.25f}, {3, 2});
  CHECK(write_wav(folder.path("a.wav"), x, 16000) == 0);
  const Sound sound = read_wav(folder.path("a.wav"));
  CHECK(sound.rate == 16000);
  CHECK(sound.samples.shape() == x.shape());
  CHECK(sound.samples.to_bytes() == x.to_bytes());
  const std::string same = wav({.channels = 2, .rate = 16000, .data = bytes_of(folder.path("a.wav")).substr(44)});
  CHECK(bytes_of(folder.path("a.wav")) == same);
  CHECK(write_wav(folder.path("b.wav.gz"), Tensor::from<double>({1, -2, 0.5}, {3}), 1) == 2);
  CHECK(read_wav(folder.path("b.wav.gz")).samples.to_vector<float>() == std::vector<float>{32767.0f / 32768, -1, 0.5});
}

TEST_CASE("write_wav: what is no sound is refused, and nothing is written") {
  const Folder folder;
  const std::string path = folder.path("a.wav");
  const Tensor bad = Tensor::full({2, 2}, std::numeric_limits<double>::quiet_NaN());
  CHECK(message_of<UsageError>([&] { write_wav(path, bad, 8000); }) ==
        "[write_wav] need finite samples, got nan at frame 0, channel 0");
  CHECK(message_of<ShapeError>([&] {
          write_wav(path, Tensor::zeros({1, 2, 3}), 8000);
        }) == "[write_wav] need samples (frames, channels), got shape (1, 2, 3)");
  CHECK_THROWS_AS(write_wav(path, Tensor::zeros({2, 0}), 8000), ShapeError);
  CHECK(message_of<UsageError>([&] { write_wav(path, Tensor::zeros({2}), 0); }).find("need a rate from 1 to ") == 12);
  CHECK(message_of<UsageError>([&] { write_wav(path, Tensor::arange(0, 2), 8000); }) ==
        "[write_wav] need samples in f32 or f64, got i64");
  CHECK_THROWS_AS(write_wav(path, Tensor(), 8000), UsageError);
  CHECK_FALSE(std::filesystem::exists(path));
}
