#include "report/json_facts.h"

#include <nlohmann/json.hpp>

namespace grus::report {
namespace {

void flatten(const nlohmann::json& value, const std::string& name, Facts& out) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) flatten(inner, name.empty() ? key : name + "." + key, out);
  } else {
    // A name with broken UTF-8 in it is shown with a replacement character, as everywhere on the page.
    constexpr auto forgiving = nlohmann::json::error_handler_t::replace;
    out.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, forgiving));
  }
}

}  // namespace

Facts facts_of_json(const nlohmann::json& json) {
  Facts facts;
  flatten(json, "", facts);
  return facts;
}

}  // namespace grus::report
