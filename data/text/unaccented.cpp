#include "data/text/unaccented.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "core/base/error.h"
#include "data/text/unicode.h"

namespace grus::data {

std::string unaccented(std::string_view text) {
  utf8proc_uint8_t* decomposed = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &decomposed, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(decomposed, &std::free);
  require<DataError>(length >= 0, "[unaccented] need UTF-8, got: {}", utf8proc_errmsg(length));
  std::string kept;
  for (const CodePoint& point : decode_utf8({reinterpret_cast<const char*>(decomposed), static_cast<size_t>(length)}))
    if (utf8proc_category(point.value) != UTF8PROC_CATEGORY_MN) kept += point.bytes;
  return kept;
}

}  // namespace grus::data
