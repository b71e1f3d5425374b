#include "options/options_json.h"

#include <nlohmann/json.hpp>
#include <type_traits>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/printable.h"
#include "data/read/text.h"

namespace grus::options {

nlohmann::json to_json(const Table& table) {
  nlohmann::json json = nlohmann::json::object();
  for (const Option& option : table) {
    if (!option.saved) continue;
    if (std::holds_alternative<Choice>(option.value)) {
      json[option.flag] = text_of(option);
    } else {
      std::visit(
          [&](auto value) {
            if constexpr (std::is_pointer_v<decltype(value)>) json[option.flag] = *value;
          },
          option.value);
    }
  }
  return json;
}

void apply_json(const Table& table, const nlohmann::json& json, std::string_view file) {
  require<DataError>(json.is_object(), "{}: need an object of options, got {}", file, json::Shown{json});
  for (const auto& [name, value] : json.items()) {
    require<DataError>(value.is_primitive() && !value.is_null(), "{}: need a value for '{}', got {}", file, Shown{name},
                       json::Shown{value});
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    try {
      const Option& option = row_of(table, name);
      const std::string before = text_of(option);
      set(option, text);
      if (!option.saved) set(option, before);
    } catch (const UsageError& error) {
      fail<DataError>("{}: {}", file, error.what());
    }
  }
}

nlohmann::json read_config(const std::string& file) {
  const nlohmann::json json = json::parse(data::read_whole_file(file, most_config_bytes), file);
  return json.is_object() && json.contains("options") ? json["options"] : json;
}

}  // namespace grus::options
