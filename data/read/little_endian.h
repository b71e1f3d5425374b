#pragma once
// Numbers of files in binary, the lowest byte first.
#include <bit>
#include <cstring>
#include <string>
#include <string_view>

namespace grus::data {

static_assert(std::endian::native == std::endian::little, "files hold their lowest byte first, as memory does");

/// Returns the number at byte `at`, which must be there.
template <class T>
T number_at(std::string_view bytes, size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

/// Appends the numbers' bytes.
template <class... T>
void append_numbers(std::string& bytes, T... values) {
  (bytes.append(reinterpret_cast<const char*>(&values), sizeof(T)), ...);
}

}  // namespace grus::data
