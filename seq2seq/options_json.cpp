#include "seq2seq/options_json.h"

#include <nlohmann/json.hpp>
#include <type_traits>
#include <variant>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/printable.h"
#include "seq2seq/option_table.h"

namespace grus::seq2seq {

nlohmann::json to_json(const TrainOptions& options) {
  TrainOptions copy = options;
  nlohmann::json json;
  for (const Option& option : option_table(copy))
    if (std::holds_alternative<Choice>(option.value)) {
      json[option.flag] = text_of(option);
    } else {
      std::visit(
          [&](auto value) {
            if constexpr (std::is_pointer_v<decltype(value)>) json[option.flag] = *value;
          },
          option.value);
    }
  json.erase("resume");
  json.erase("overwrite");
  json.erase("show-step");
  json.erase("profile");
  return json;
}

void apply_json(TrainOptions& options, const nlohmann::json& json, std::string_view file) {
  require<DataError>(json.is_object(), "{}: need an object of options, got {}", file, json::Shown{json});
  for (const auto& [name, value] : json.items()) {
    require<DataError>(value.is_primitive() && !value.is_null(), "{}: need a value for '{}', got {}", file, Shown{name},
                       json::Shown{value});
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    try {
      set_option(options, name, text);
    } catch (const UsageError& error) {
      fail<DataError>("{}: {}", file, error.what());
    }
  }
}

}  // namespace grus::seq2seq
