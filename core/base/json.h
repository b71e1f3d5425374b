#pragma once
// JSON from outside is read through here: nesting is bounded, no member comes twice, and every error names the file.
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/text_formatter.h"

namespace grus::json {

using Json = nlohmann::json;

/// Parses a text that errors call `name`. Throws DataError for what is no JSON (with the byte), for a member that comes
/// twice, and for arrays and objects nested deeper than `deepest`.
Json parse(std::string_view text, const std::string& name, size_t deepest = 8);

/// Shows a value in a message as one short line.
struct Shown {
  const Json& value;
};
std::string to_string(const Shown& shown);

/// Members reads the members of an object. Every function throws DataError "NAME: need 'KEY' ..., got ..." for a member
/// that is missing, of another type or out of range.
class Members {
 public:
  Members(const Json& object, std::string name);

  bool has(std::string_view key) const { return object_.contains(key); }
  const Json& at(std::string_view key) const;
  int64_t whole(std::string_view key, int64_t low, int64_t high) const;
  double number(std::string_view key) const;
  /// Reads null as NaN, because JSON has no NaN.
  double number_or_null(std::string_view key) const;
  bool flag(std::string_view key) const;
  std::string text(std::string_view key) const;
  const Json& array(std::string_view key) const;
  /// Throws for members that are not in the list.
  void require_only(std::initializer_list<std::string_view> known) const;

 private:
  const Json& of_type(std::string_view key, bool (*fits)(const Json&), const char* type) const;

  const Json& object_;
  std::string name_;
};

}  // namespace grus::json

template <>
struct fmt::formatter<grus::json::Shown> : grus::TextFormatter {
  auto format(const grus::json::Shown& shown, fmt::format_context& context) const {
    return write(to_string(shown), context);
  }
};
