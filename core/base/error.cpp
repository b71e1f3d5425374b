#include "core/base/error.h"

#include "core/base/scope.h"

namespace grus {

std::string in_scope(std::string message) {
  const char* const scope = current_scope();
  const size_t end = message.find(']');
  if (!*scope || message.empty() || message[0] != '[' || end == std::string::npos) return message;
  if (message.substr(0, end).find(" in ") == std::string::npos) message.insert(end, fmt::format(" in {}", scope));
  return message;
}

}  // namespace grus
