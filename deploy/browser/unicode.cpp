// In the place of utf8proc, whose tables are 300 kB: a browser has its own. What it is asked for stands in runtime.js.
#include <utf8proc.h>

#include <cstdlib>

namespace {

extern "C" {
__attribute__((import_module("env"), import_name("category"))) int browser_category(int point);
__attribute__((import_module("env"), import_name("lower"))) int browser_lower(int point);
/// Writes the canonical composition of UTF-8, at most `most` bytes, and returns its size.
__attribute__((import_module("env"), import_name("compose"))) size_t browser_compose(const void* text, size_t size,
                                                                                     void* to, size_t most);
}

constexpr int last_point = 0x10FFFF;

bool is_surrogate(int point) { return point >= 0xD800 && point < 0xE000; }

}  // namespace

extern "C" {

utf8proc_category_t utf8proc_category(utf8proc_int32_t point) {
  return static_cast<utf8proc_category_t>(browser_category(point));
}

utf8proc_int32_t utf8proc_tolower(utf8proc_int32_t point) { return browser_lower(point); }

utf8proc_ssize_t utf8proc_iterate(const utf8proc_uint8_t* text, utf8proc_ssize_t size, utf8proc_int32_t* point) {
  constexpr int least[] = {0, 0, 0x80, 0x800, 0x10000};  // what takes so many bytes
  *point = -1;
  if (size <= 0) return 0;
  const int first = text[0];
  const int length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || length > size) return UTF8PROC_ERROR_INVALIDUTF8;
  int value = length == 1 ? first : first & (0x7F >> length);
  for (int i = 1; i < length; ++i) {
    if ((text[i] & 0xC0) != 0x80) return UTF8PROC_ERROR_INVALIDUTF8;
    value = value << 6 | (text[i] & 0x3F);
  }
  if (value < least[length] || value > last_point || is_surrogate(value)) return UTF8PROC_ERROR_INVALIDUTF8;
  *point = value;
  return length;
}

utf8proc_ssize_t utf8proc_encode_char(utf8proc_int32_t point, utf8proc_uint8_t* to) {
  if (point < 0 || point > last_point) return 0;
  const int length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (int i = length - 1; i > 0; --i, point >>= 6) to[i] = static_cast<utf8proc_uint8_t>(0x80 | (point & 0x3F));
  to[0] = static_cast<utf8proc_uint8_t>(length == 1 ? point : (0xF00 >> length & 0xFF) | point);
  return length;
}

utf8proc_ssize_t utf8proc_map(const utf8proc_uint8_t* text, utf8proc_ssize_t size, utf8proc_uint8_t** to,
                              utf8proc_option_t) {
  const size_t most = 3 * static_cast<size_t>(size) + 1;  // Unicode's limit of what composition adds
  *to = static_cast<utf8proc_uint8_t*>(std::malloc(most));
  if (*to == nullptr) return UTF8PROC_ERROR_NOMEM;
  return static_cast<utf8proc_ssize_t>(browser_compose(text, static_cast<size_t>(size), *to, most));
}

const char* utf8proc_errmsg(utf8proc_ssize_t) { return "too little memory"; }

}  // extern "C"
