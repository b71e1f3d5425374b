#include "formats/keras_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/printable.h"

namespace grus::formats {
namespace {

struct LayerKind {
  std::string_view name, group;
  int64_t gates;
};
constexpr LayerKind layer_kinds[] = {{"GRU", "gru", 3},
                                     {"LSTM", "lstm", 4},
                                     {"SimpleRNN", "simple_rnn", 1},
                                     {"Embedding", "embedding", 0},
                                     {"Dense", "dense", 0},
                                     {"LayerNormalization", "layer_normalization", 0},
                                     {"Conv1D", "conv1d", 0}};
constexpr std::pair<std::string_view, std::string_view> container_groups[] = {{"Bidirectional", "bidirectional"},
                                                                              {"TimeDistributed", "time_distributed"},
                                                                              {"Sequential", "sequential"},
                                                                              {"Functional", "functional"},
                                                                              {"Model", "functional"}};

constexpr size_t deepest_json = 64;
constexpr int deepest_model = 8;

bool is_model(std::string_view container) {
  return container == "Sequential" || container == "Functional" || container == "Model";
}

class KerasConfig {
 public:
  explicit KerasConfig(const std::string& file) : file_(file) {}

  std::vector<KerasSpec> model(const json::Json& config, const std::string& before, int depth) const {
    require<DataError>(depth < deepest_model, "{}: need models at most {} deep, got more", file_, deepest_model);
    const json::Json& layers = config.is_array() ? config : json::Members(config, file_).array("layers");
    std::vector<KerasSpec> specs;
    for (const json::Json& one : layers) specs.push_back(spec(one, before, depth));
    return specs;
  }

  KerasSpec spec(const json::Json& json, const std::string& before, int depth) const {
    const json::Members members(json, file_);
    KerasSpec result;
    result.container = result.layer.kind = members.text("class_name");
    const json::Json& config = members.at("config");
    const std::string name =
        config.is_object() && config.contains("name") ? text(config, "name") : std::string(result.container);
    result.layer.name = before + name;
    if (is_model(result.container)) {
      result.inner = model(config, result.layer.name + ".", depth + 1);
    } else if (result.container == "Bidirectional" || result.container == "TimeDistributed") {
      wrapped(config, result, depth);
    } else if (is_known_kind(result.container)) {
      read(config, result.layer);
    }
    return result;
  }

 private:
  std::string text(const json::Json& config, const char* key) const { return json::Members(config, file_).text(key); }

  void wrapped(const json::Json& config, KerasSpec& to, int depth) const {
    const json::Members members(config, file_);
    const KerasSpec inner = spec(members.at("layer"), "", depth);
    const std::string name = to.layer.name;
    to.layer = inner.layer;
    to.layer.name = name;
    to.layer.time_distributed = to.container == "TimeDistributed";
    if (to.layer.time_distributed) return;
    to.layer.bidirectional = true;
    to.layer.merge = members.at("merge_mode").is_string() ? members.text("merge_mode") : "none";
    require<DataError>(gates_of_kind(to.layer.kind) > 0 && !to.layer.backwards,
                       "{}: need a Bidirectional of GRU, LSTM or SimpleRNN that goes forward, got '{}' of '{}'", file_,
                       Shown{name}, Shown{inner.layer.kind});
  }

  void read(const json::Json& config, KerasLayer& layer) const {
    const json::Members members(config, file_);
    const auto word = [&](const char* key) { return members.at(key).is_string() ? members.text(key) : "another"; };
    const auto needs = [&](const char* key, std::string_view wanted) {
      require<DataError>(word(key) == wanted, "{}: need {} '{}' of the {} '{}', got '{}'", file_, key, wanted,
                         layer.kind, Shown{layer.name}, Shown{word(key)});
    };
    if (gates_of_kind(layer.kind) > 0) {
      layer.backwards = members.has("go_backwards") && members.flag("go_backwards");
      if (layer.kind != "SimpleRNN") {
        needs("activation", "tanh");
        needs("recurrent_activation", "sigmoid");
      }
    }
    // Files of before Keras 2.1 do not say, and had the first form alone.
    if (layer.kind == "GRU")
      layer.reset = members.has("reset_after") && members.flag("reset_after") ? Reset::after : Reset::before;
    if (layer.kind == "SimpleRNN" || layer.kind == "Dense" || layer.kind == "Conv1D")
      layer.activation = word("activation");
    if (layer.kind == "LayerNormalization") norm(members, layer);
    if (layer.kind == "Conv1D") conv(members, layer);
  }

  void norm(const json::Members& members, KerasLayer& layer) const {
    layer.epsilon = members.number("epsilon");
    require<DataError>(members.flag("scale"), "{}: need a scale of the LayerNormalization '{}', got none", file_,
                       Shown{layer.name});
    const json::Json& axis = members.at("axis");
    const json::Json& one = axis.is_array() && axis.size() == 1 ? axis[0] : axis;
    require<DataError>(one.is_number_integer(), "{}: need one axis of the LayerNormalization '{}', got {}", file_,
                       Shown{layer.name}, json::Shown{axis});
  }

  void conv(const json::Members& members, KerasLayer& layer) const {
    const auto one = [&](const char* key) {
      const json::Json& value = members.at(key);
      const json::Json& inner = value.is_array() && value.size() == 1 ? value[0] : value;
      require<DataError>(inner.is_number_integer() && inner > 0 && inner < 1 << 20,
                         "{}: need {} of the Conv1D '{}' from 1 on, got {}", file_, key, Shown{layer.name},
                         json::Shown{value});
      return inner.get<int64_t>();
    };
    layer.stride = one("strides");
    layer.dilation = one("dilation_rate");
    layer.groups = members.has("groups") ? one("groups") : 1;
    layer.padding = members.text("padding");
    require<DataError>(layer.padding == "valid" || layer.padding == "same" || layer.padding == "causal",
                       "{}: need padding 'valid', 'same' or 'causal' of the Conv1D '{}', got '{}'", file_,
                       Shown{layer.name}, Shown{layer.padding});
    if (members.has("data_format"))
      require<DataError>(members.text("data_format") == "channels_last",
                         "{}: need channels last of the Conv1D '{}', got another order", file_, Shown{layer.name});
  }

  const std::string& file_;
};

}  // namespace

std::vector<KerasSpec> parse_keras_config(std::string_view text, const std::string& file) {
  const json::Json config = json::parse(text, file, deepest_json);
  const json::Members members(config, file);
  const std::string model = members.text("class_name");
  require<DataError>(is_model(model), "{}: need a model of class Sequential or Functional, got '{}'", file,
                     Shown{model});
  return KerasConfig(file).model(members.at("config"), "", 0);
}

std::string keras_group(std::string_view container) {
  for (const LayerKind& kind : layer_kinds)
    if (kind.name == container) return std::string(kind.group);
  for (const auto& [name, group] : container_groups)
    if (name == container) return std::string(group);
  return {};
}

std::optional<std::string> kind_of_group(std::string_view group) {
  const size_t end = group.find_last_not_of("0123456789");
  if (end != std::string_view::npos && end + 1 < group.size() && group[end] == '_') group = group.substr(0, end);
  for (const LayerKind& kind : layer_kinds)
    if (kind.group == group) return std::string(kind.name);
  for (const auto& [name, of] : container_groups)
    if (of == group) return std::string(name);
  return std::nullopt;
}

bool is_known_kind(std::string_view name) {
  return std::ranges::any_of(layer_kinds, [&](const LayerKind& kind) { return kind.name == name; });
}

std::string known_kinds() {
  std::vector<std::string_view> names;
  for (const LayerKind& kind : layer_kinds) names.push_back(kind.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

int64_t gates_of_kind(std::string_view name) {
  for (const LayerKind& kind : layer_kinds)
    if (kind.name == name) return kind.gates;
  return 0;
}

}  // namespace grus::formats
