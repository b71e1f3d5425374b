#pragma once
// SHA-256 (FIPS 180-4): the sums by which files from elsewhere are told from others made on purpose.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace grus {

class Sha256 {
 public:
  void add(std::string_view bytes);
  /// Returns the sum of all bytes so far as 64 lower-case hexadecimal digits.
  std::string text() const;

 private:
  void add_block(const char* block);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::string rest_;  // fewer bytes than a block
  uint64_t bytes_ = 0;
};

std::string sha256_text(std::string_view bytes);

}  // namespace grus
