// In the place of type_name.cpp, for programs without the C++ library's demangler, which is as large as all of
// core/base: reads nested names, "N4grus2nn6LinearE", and leaves others as they are.
#include <charconv>
#include <string_view>

#include "core/base/type_name.h"

namespace grus {

std::string type_name(const std::type_info& type) {
  std::string_view rest = type.name();
  if (!rest.starts_with('N') || !rest.ends_with('E')) return type.name();
  std::string name;
  for (rest = rest.substr(1, rest.size() - 2); !rest.empty();) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    if (error != std::errc() || length > rest.size()) return type.name();
    name += (name.empty() ? "" : "::") + std::string(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return name;
}

}  // namespace grus
