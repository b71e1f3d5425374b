#include "formats/keras_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "data/read/zip.h"
#include "formats/hdf5_file.h"
#include "formats/keras_config.h"

namespace grus::formats {
namespace {

constexpr uint64_t most_config_bytes = uint64_t{1} << 26;
constexpr uint64_t most_unpacked = 8;  // times the file's bytes

// "gru_10" comes behind "gru_2".
std::pair<std::string, int64_t> place_of(const std::string& group) {
  const size_t end = group.find_last_not_of("0123456789") + 1;
  int64_t number = 0;
  std::from_chars(group.data() + end, group.data() + group.size(), number);
  return {end < group.size() && end > 0 && group[end - 1] == '_' ? group.substr(0, end - 1) : group, number};
}

bool holds_weights(const Hdf5Group& group) {
  if (group.name == "seed_generator") return false;  // the state of a layer that drops
  return !group.arrays.empty() || std::ranges::any_of(group.groups, holds_weights);
}

class KerasFile {
 public:
  KerasFile(const std::string& file, Device device) : file_(file), device_(device) {
    const std::string bytes = data::read_whole_file(file);
    if (bytes.starts_with("PK")) read_archive(bytes.size());
    else read_plain(bytes);
  }

  std::vector<KerasLayer> layers;

 private:
  void read_plain(const std::string& bytes) {
    const Hdf5Group root = read_hdf5(bytes, file_, {"optimizer", "optimizer_weights"}, device_);
    if (const auto* config = root.text("model_config")) specs_ = parse_keras_config(config->at(0), file_);
    configured_ = root.text("model_config") != nullptr;
    if (const Hdf5Group* weights = root.group("model_weights")) read_old(*weights);
    else if (root.text("layer_names")) read_old(root);
    else read_new(root);
  }

  void read_archive(uint64_t size) {
    data::ZipReader zip(file_);
    const auto member = [&](const char* name, uint64_t most) {
      const auto at = std::ranges::find_if(zip.entries(), [&](const data::ZipEntry& e) { return e.name == name; });
      require<DataError>(at != zip.entries().end(),
                         "{}: need the member {} of a model of Keras, got an archive without", file_, name);
      require<DataError>(at->bytes <= most, "{}: need the member {} of at most {} bytes, got {}", file_, name, most,
                         at->bytes);
      const auto source = zip.open(*at);
      std::string bytes = source->take(at->bytes, "a member");
      char after = 0;
      source->read(&after, 1);  // the end is where its checksum is compared
      return bytes;
    };
    specs_ = parse_keras_config(member("config.json", most_config_bytes), file_);
    configured_ = true;
    const std::string weights = member("model.weights.h5", most_unpacked * size);
    read_new(read_hdf5(weights, file_ + ": model.weights.h5", {"optimizer"}, device_));
  }

  void read_new(const Hdf5Group& root) {
    const Hdf5Group* all = layers_in(root);
    require<DataError>(all, "{}: need weights of a Sequential or Functional model of Keras, got no group 'layers'",
                       file_);
    if (configured_) return read_configured(*all, specs_);
    std::vector<const Hdf5Group*> groups;
    for (const Hdf5Group& group : all->groups) groups.push_back(&group);
    std::ranges::stable_sort(groups, {}, [](const Hdf5Group* group) { return place_of(group->name); });
    for (const Hdf5Group* group : groups)
      if (holds_weights(*group)) read_unconfigured(*group);
  }

  static const Hdf5Group* layers_in(const Hdf5Group& group) {
    const Hdf5Group* found = group.group("layers");
    return found ? found : group.group("_layer_checkpoint_dependencies");  // Keras 2.12 to 2.15
  }

  void read_configured(const Hdf5Group& all, const std::vector<KerasSpec>& specs) {
    std::vector<std::string> names;
    for (const KerasSpec& spec : specs) {
      const std::string own = keras_group(spec.container);
      const auto before = std::ranges::count(names, own);
      names.push_back(own);
      const Hdf5Group* group = named(all, spec.layer.name);
      if (!group && !own.empty()) group = all.group(before == 0 ? own : fmt::format("{}_{}", own, before));
      if (!spec.inner.empty()) {
        const Hdf5Group* inner = group ? layers_in(*group) : nullptr;
        if (inner) read_configured(*inner, spec.inner);
      } else if (group && holds_weights(*group)) {
        read_layer(spec.layer, variables(*group, spec.layer));
      } else {
        require<DataError>(!is_known_kind(spec.layer.kind), "{}: need the weights of the {} '{}', got none", file_,
                           spec.layer.kind, Shown{spec.layer.name});
      }
    }
  }

  // Keras writes a layer's name beside its variables.
  static const Hdf5Group* named(const Hdf5Group& all, const std::string& name) {
    const std::string own = name.substr(name.rfind('.') + 1);
    for (const Hdf5Group& group : all.groups)
      if (const Hdf5Group* vars = group.group("vars"))
        if (const auto* said = vars->text("name"); said && said->size() == 1 && said->front() == own) return &group;
    return nullptr;
  }

  void read_unconfigured(const Hdf5Group& group) {
    KerasLayer layer{.kind = kind_of_group(group.name).value_or(group.name), .name = group.name};
    if (const Hdf5Group* vars = group.group("vars"))
      if (const auto* said = vars->text("name"); said && said->size() == 1) layer.name = said->front();
    layer.time_distributed = layer.kind == "TimeDistributed";
    layer.bidirectional = layer.kind == "Bidirectional";
    const std::vector<Tensor> values = variables(group, layer);
    if (layer.time_distributed && !values.empty() && values[0].rank() == 2) layer.kind = "Dense";
    if (layer.bidirectional) layer.kind = recurrent_kind(values);
    read_layer(layer, values);
  }

  // The rows of the second variable tell how many gates there are.
  static std::string recurrent_kind(const std::vector<Tensor>& values) {
    const auto gates =
        values.size() > 1 && values[1].rank() == 2 && values[1].dim(0) > 0 ? values[1].dim(1) / values[1].dim(0) : 0;
    return gates == 3 ? "GRU" : gates == 4 ? "LSTM" : gates == 1 ? "SimpleRNN" : "Bidirectional";
  }

  std::vector<Tensor> variables(const Hdf5Group& group, const KerasLayer& layer) const {
    std::vector<Tensor> all;
    const auto add = [&](const Hdf5Group* at) {
      const Hdf5Group* cell = at ? at->group("cell") : nullptr;
      const Hdf5Group* vars = cell ? cell->group("vars") : at ? at->group("vars") : nullptr;
      for (size_t i = 0; vars && i < vars->arrays.size(); ++i) {
        const Tensor* one = vars->array(fmt::to_string(i));
        require<DataError>(one && one->defined(), "{}: need variables 0 to {} of '{}' as floats, got others", file_,
                           vars->arrays.size() - 1, Shown{layer.name});
        all.push_back(*one);
      }
    };
    if (layer.bidirectional) {
      add(group.group("forward_layer"));
      add(group.group("backward_layer"));
    } else {
      add(layer.time_distributed ? group.group("layer") : &group);
    }
    return all;
  }

  // Files of before Keras 3: the names of layers and of their weights are attributes.
  void read_old(const Hdf5Group& root) {
    const auto* names = root.text("layer_names");
    require<DataError>(names, "{}: need the attribute layer_names of weights of Keras, got none", file_);
    for (const std::string& name : *names) {
      const Hdf5Group* group = root.group(name);
      const auto* weights = group ? group->text("weight_names") : nullptr;
      if (!weights || weights->empty()) continue;
      std::vector<Tensor> values;
      for (const std::string& weight : *weights) values.push_back(at_path(*group, weight));
      KerasLayer layer{.kind = "layer", .name = name};
      if (configured_) {
        const auto spec = std::ranges::find_if(specs_, [&](const KerasSpec& one) { return one.layer.name == name; });
        require<DataError>(spec != specs_.end(), "{}: need '{}' in the model's configuration, got no such layer", file_,
                           Shown{name});
        layer = spec->layer;
      } else {
        guess(layer, *weights, values);
      }
      read_layer(layer, values);
    }
  }

  Tensor at_path(const Hdf5Group& layer, const std::string& path) const {
    const Hdf5Group* group = &layer;
    size_t begin = 0;
    for (size_t end = path.find('/'); group && end != std::string::npos; end = path.find('/', begin)) {
      group = group->group(path.substr(begin, end - begin));
      begin = end + 1;
    }
    const Tensor* found = group ? group->array(path.substr(begin)) : nullptr;
    require<DataError>(found && found->defined(), "{}: need floats at '{}', got none", file_, Shown{path});
    return *found;
  }

  static void guess(KerasLayer& layer, const std::vector<std::string>& weights, const std::vector<Tensor>& values) {
    const auto has = [&](const char* variable) {
      return std::ranges::count_if(weights, [&](const std::string& name) {
        const std::string last = name.substr(name.rfind('/') + 1);
        return last == variable || last == std::string(variable) + ":0";
      });
    };
    layer.bidirectional = has("recurrent_kernel") == 2;
    if (has("recurrent_kernel") > 0) layer.kind = recurrent_kind(values);
    else if (has("embeddings") > 0) layer.kind = "Embedding";
    else if (has("gamma") > 0 && has("beta") > 0 && weights.size() == 2) layer.kind = "LayerNormalization";
    else if (has("kernel") > 0) layer.kind = values[0].rank() == 3 ? "Conv1D" : "Dense";
  }

  void read_layer(KerasLayer layer, const std::vector<Tensor>& values) {
    require<DataError>(is_known_kind(layer.kind), "{}: need layers of {}, got '{}' of the kind {}", file_,
                       known_kinds(), Shown{layer.name}, Shown{layer.kind});
    set_variables(layer, values, configured_, file_);
    layers.push_back(std::move(layer));
  }

  std::string file_;
  Device device_;
  bool configured_ = false;
  std::vector<KerasSpec> specs_;
};

}  // namespace

bool keras_available() { return hdf5_available(); }

std::vector<KerasLayer> read_keras(const std::filesystem::path& path, Device device) {
  return KerasFile(path.string(), device).layers;
}

}  // namespace grus::formats
