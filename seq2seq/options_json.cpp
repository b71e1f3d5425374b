#include "seq2seq/options_json.h"

#include <nlohmann/json.hpp>

#include "options/options_json.h"
#include "seq2seq/option_table.h"

namespace grus::seq2seq {

nlohmann::json to_json(const TrainOptions& options) {
  TrainOptions copy = options;
  return options::to_json(option_table(copy));
}

void apply_json(TrainOptions& options, const nlohmann::json& json, std::string_view file) {
  options::apply_json(option_table(options), json, file);
}

}  // namespace grus::seq2seq
