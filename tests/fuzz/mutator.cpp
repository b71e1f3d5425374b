#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string_view>

namespace grus::fuzz {
namespace {

constexpr size_t longest = 1 << 18;

constexpr std::string_view tokens[] = {"[",
                                       "]",
                                       "{",
                                       "}",
                                       "\"",
                                       "\\",
                                       ",",
                                       ":",
                                       "\n",
                                       "\r\n",
                                       "\t",
                                       " ",
                                       "|||",
                                       "-",
                                       "&quot;",
                                       "null",
                                       "true",
                                       "0",
                                       "-1",
                                       "1e999",
                                       "NaN",
                                       "inf",
                                       "-5",
                                       "1000000000000",
                                       "18446744073709551616",
                                       "9223372036854775807",
                                       "2147483648",
                                       "1e-400",
                                       "\"\":",
                                       "\\u0000",
                                       "\\ud800",
                                       "\xEF\xBB\xBF",
                                       "\xC3",
                                       "\xF4\x90\x80\x80",
                                       "\xC2\xA0",
                                       "\xE2\x80\xA8",
                                       "\x1F\x8B",
                                       "__metadata__",
                                       "F32",
                                       "BF16",
                                       "BOOL",
                                       "grus.checksum",
                                       "grus.crc32:00000000",
                                       "<eos>",
                                       "0-0",
                                       "checksum",
                                       "1"};

constexpr uint64_t limits[] = {0,
                               1,
                               0x7F,
                               0x80,
                               0xFF,
                               0x7FFF,
                               0x8000,
                               0xFFFF,
                               0x7FFFFFFF,
                               0x80000000,
                               0xFFFFFFFF,
                               0x7FFFFFFFFFFFFFFF,
                               0x8000000000000000,
                               0xFFFFFFFFFFFFFFFF};

class Mutator {
 public:
  Mutator(const std::vector<std::string>& seeds, uint64_t number) : seeds_(seeds), random_(number) {
    bytes_ = pick_seed();
  }
  std::string result() {
    for (size_t changes = below(9); changes > 0; --changes) change();
    if (bytes_.size() > longest) bytes_.resize(longest);
    return std::move(bytes_);
  }

 private:
  size_t below(size_t end) { return end > 0 ? static_cast<size_t>(random_() % end) : 0; }
  const std::string& pick_seed() { return seeds_[below(seeds_.size())]; }
  size_t place() { return below(bytes_.size() + 1); }
  // Most ranges are short.
  size_t length(size_t from) { return std::min(bytes_.size() - from, 1 + below(size_t{1} << below(11))); }
  std::string_view token() { return tokens[below(std::size(tokens))]; }

  void change() {
    const size_t at = place(), count = length(at);
    switch (below(12)) {
      case 0:
      case 1:
        if (at < bytes_.size()) bytes_[at] = static_cast<char>(bytes_[at] ^ (1 << below(8)));
        break;
      case 2:
        if (at < bytes_.size()) bytes_[at] = static_cast<char>(below(256));
        break;
      case 3:
        bytes_.erase(at, count);
        break;
      case 4:
        bytes_.resize(at);
        break;
      case 5:
        bytes_.insert(place(), bytes_.substr(at, count));
        break;
      case 6:
        bytes_.insert(at, token());
        break;
      case 7:
        bytes_.replace(at, count, token());
        break;
      case 8:
        write_number(at);
        break;
      case 9:
        replace_digits(at);
        break;
      case 10:
        repeat(at);
        break;
      default:
        splice(at, count);
    }
  }
  void write_number(size_t at) {
    const uint64_t number = limits[below(std::size(limits))];
    const size_t size = std::min(bytes_.size() - at, size_t{1} << below(4));
    std::memcpy(bytes_.data() + at, &number, size);
  }
  void replace_digits(size_t from) {
    const char* digits = "0123456789";
    const size_t at = bytes_.find_first_of(digits, from);
    if (at == std::string::npos) return;
    const size_t end = std::min(bytes_.find_first_not_of(digits, at), bytes_.size());
    bytes_.replace(at, end - at, token());
  }
  void repeat(size_t at) {
    const std::string one(below(2) ? token() : std::string_view(bytes_).substr(at, 1 + below(4)));
    std::string many;
    for (size_t times = size_t{1} << below(14); times > 0; --times) many += one;
    bytes_.insert(at, many);
  }
  void splice(size_t at, size_t count) {
    const std::string& other = pick_seed();
    const size_t from = below(other.size() + 1);
    bytes_.replace(at, count, other.substr(from, 1 + below(200)));
  }

  const std::vector<std::string>& seeds_;
  std::mt19937_64 random_;
  std::string bytes_;
};

}  // namespace

std::string mutate(const std::vector<std::string>& seeds, uint64_t number) { return Mutator(seeds, number).result(); }

}  // namespace grus::fuzz
