#include "core/base/checksum.h"

#include <doctest/doctest.h>

#include "core/base/error.h"

using namespace grus;

TEST_CASE("checksum: CRC-32 as everybody has it, in pieces as in one") {
  CHECK(checksum_text("123456789") == "crc32:cbf43926");  // the check value of the CRC catalogue
  Crc32 crc;
  crc.add("12345");
  crc.add("");
  crc.add({});  // no address, as of a tensor without elements
  crc.add("6789");
  CHECK(crc.value() == 0xcbf43926u);
}

TEST_CASE("checksum: CRC-32 of any length, from any address on, is that of its bits one after the other") {
  std::string text;
  for (uint32_t i = 0, draw = 1; i < 700; ++i, draw = draw * 1664525 + 1013904223)
    text += static_cast<char>(draw >> 24);
  for (size_t begin = 0; begin < 3; ++begin) {
    uint32_t bits = ~uint32_t{0};
    for (size_t size = 0; begin + size < text.size(); ++size) {
      Crc32 crc;
      crc.add(std::string_view(text).substr(begin, size));
      REQUIRE(crc.value() == ~bits);
      crc.add(std::string_view(text).substr(begin + size, 64));
      Crc32 whole;
      whole.add(std::string_view(text).substr(begin, size + 64));
      REQUIRE(crc.value() == whole.value());
      bits ^= static_cast<uint8_t>(text[begin + size]);
      for (int bit = 0; bit < 8; ++bit) bits = bits >> 1 ^ (bits & 1 ? 0xEDB88320 : 0);
    }
  }
}

TEST_CASE("checksum: CRC-32C has the values of RFC 3720") {
  CHECK(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  CHECK(crc32c("") == 0);
}

TEST_CASE("checksum: every flipped bit of a sealed text is seen, those of its seal included") {
  std::string text = std::string("{\"checksum\":\"") + empty_seal + "\",\"values\":[1,2,3]}";
  seal(text);
  REQUIRE(check_seal(text) == Seal::found);
  for (size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    CHECK_MESSAGE(check_seal(flipped) != Seal::found, bit);
  }
}

TEST_CASE("checksum: a text without a seal has none, and one with two is damaged") {
  CHECK(check_seal("{\"a\":\"grus\"}") == Seal::none);
  std::string two = std::string("[\"") + empty_seal + "\",\"" + empty_seal + "\"]";
  CHECK(check_seal(two) == Seal::damaged);
  CHECK_THROWS_AS(seal(two), UsageError);
  CHECK(check_seal("\"grus.crc32:0123") == Seal::damaged);
  CHECK(check_seal("\"grus.crc32:0123456G\"") == Seal::damaged);
  CHECK(check_seal("\"grus.crc32:0123456789\"") == Seal::damaged);
}
