// SHA-256 against the values of its standard.
#include "core/base/sha256.h"

#include <doctest/doctest.h>

#include <string>

using namespace grus;

TEST_CASE("sha256: the messages of FIPS 180-4 and NIST's long one have their sums") {
  CHECK(sha256_text("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_text("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_text(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: bytes in pieces of any size have the sum of the whole") {
  std::string all;
  for (int i = 0; i < 300; ++i) all += static_cast<char>(i * 7);
  for (size_t piece = 1; piece < 140; ++piece) {
    Sha256 sum;
    for (size_t at = 0; at < all.size(); at += piece) sum.add(std::string_view(all).substr(at, piece));
    CHECK_MESSAGE(sum.text() == sha256_text(all), piece);
  }
}
