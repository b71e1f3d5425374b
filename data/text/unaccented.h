#pragma once
#include <string>
#include <string_view>

namespace grus::data {

/// Returns the canonical decomposition (NFD) without its nonspacing marks (Mn): "é" gives "e", "ø" stays. Throws
/// DataError when the text is not UTF-8.
std::string unaccented(std::string_view text);

}  // namespace grus::data
