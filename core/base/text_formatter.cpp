#include "core/base/text_formatter.h"

#include <algorithm>

namespace grus {

fmt::format_context::iterator TextFormatter::write(std::string_view text, fmt::format_context& context) {
  return std::copy(text.begin(), text.end(), context.out());
}

}  // namespace grus
