#include "seq2seq/model_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "core/base/folder.h"
#include "core/base/json.h"
#include "core/base/pack.h"
#include "core/base/printable.h"
#include "core/base/replaced_model.h"
#include "data/fetch/find_model.h"
#include "data/read/text.h"
#include "nn/gru.h"
#include "nn/memory_for_weights.h"
#include "nn/serialize.h"
#include "ops/math/shape.h"
#include "options/options_json.h"
#include "seq2seq/options_json.h"
#include "training/soundness.h"

namespace grus::seq2seq {
namespace {

namespace fs = std::filesystem;

constexpr const char* format_name = "grus translate";
constexpr int64_t format_version = 1;

// These are all the files and folders that a run writes.
constexpr const char* names[] = {"config.json",  "model.safetensors", "state.safetensors", "metrics.jsonl",
                                 "report.html",  "pieces.vocab",      "pieces.model",      "source.vocab",
                                 "source.model", "target.vocab",      "target.model",      "last"};

// Vocabularies are written once, with the configuration. Weights and states bear their own checksums.
std::vector<std::string> vocabulary_files(const TrainOptions& options) {
  std::vector<std::string> files;
  const auto add = [&](const std::string& name, Side side) {
    files.push_back(name + ".vocab");
    if (data::is_trained_kind(tokenizer_of(options, side))) files.push_back(name + ".model");
  };
  const bool joint = wants_joint_vocabulary(options.model);
  add(joint ? "pieces" : "source", Side::source);
  if (!joint) add("target", Side::target);
  return files;
}

std::string checksum_of_file(const std::filesystem::path& file) {
  return checksum_text(std::string_view(data::read_whole_file(file.string())));
}

// Returns a configuration whose bytes are those that were written, or one that bears no checksum.
nlohmann::json read_config(const std::filesystem::path& file) {
  const std::string text = data::read_whole_file(file.string(), options::most_config_bytes);
  nlohmann::json config = json::parse(text, file.string());
  const json::Members members(config, file.string());
  require<DataError>(members.has("format") && config["format"] == format_name,
                     "{}: need a model of this program, got something else", file.string());
  const nlohmann::json& version = members.at("version");
  require<DataError>(version == format_version, "{}: need version {}, got {}", file.string(), format_version,
                     json::Shown{version});
  members.require_only({"checksum", "files", "format", "gru", "options", "source_vocabulary", "target_vocabulary",
                        "text_sums", "version"});
  const Seal seal = check_seal(text);
  require<DataError>(seal == Seal::found || (seal == Seal::none && !members.has("checksum")),
                     "{}: need the text that its checksum stands for, got another: damaged, or edited by hand, for "
                     "which its line \"checksum\" must be taken out",
                     file.string());
  return config;
}

}  // namespace

ModelFolder ModelFolder::of(const std::string& path_or_name) { return ModelFolder(data::find_model(path_or_name)); }

void ModelFolder::prepare(int64_t bytes) const {
  make_folder(path_);
  const std::string probe = prefix(".space");
  const int file = ::open(probe.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  require<Error>(file >= 0, "{}: cannot write into this folder: {}", path_.string(), std::strerror(errno));
  ::unlink(probe.c_str());  // the name goes first, so that nothing is left whatever happens
  const int problem = ::posix_fallocate(file, 0, bytes);
  ::close(file);
  const bool unknown = problem == EOPNOTSUPP || problem == EINVAL;  // this file system cannot reserve
  require<Error>(problem == 0 || unknown, "{}: need room for {} MB, got: {}", path_.string(), bytes / 1000000 + 1,
                 std::strerror(problem));
}

void ModelFolder::begin() const { set_model_aside(path_, {std::begin(names), std::end(names)}); }

// The vocabularies are written already: the configuration holds their checksums. "gru" says that the weights beside it
// name their GRU's convention where it is not PyTorch's. Runs begun before files did so go on without it.
void ModelFolder::save_config(const TrainOptions& options, const Codecs& codecs, const TextSums& texts) const {
  nlohmann::json files = nlohmann::json::object();
  for (const std::string& file : vocabulary_files(options)) files[file] = checksum_of_file(path_ / file);
  nlohmann::json sums = {{"train", texts.train}, {"valid", texts.valid}};
  if (!texts.links.empty()) sums["links"] = texts.links;
  nlohmann::json config = {{"checksum", empty_seal},
                           {"files", files},
                           {"format", format_name},
                           {"version", format_version},
                           {"source_vocabulary", codecs.sizes().source},
                           {"target_vocabulary", codecs.sizes().target},
                           {"text_sums", sums},
                           {"options", to_json(options)}};
  if (!fs::exists(this->config()) || names_convention())
    config["gru"] = nn::convention_of({options.model.reset, options.model.update});
  std::string text = config.dump(2) + "\n";
  seal(text);
  write_file_atomically(this->config(), text);
}

void ModelFolder::save_codecs(const Codecs& codecs) const {
  if (codecs.joint) return codecs.source.save(prefix("pieces"));
  codecs.source.save(prefix("source"));
  codecs.target.save(prefix("target"));
}

TrainOptions ModelFolder::load_options() const {
  require<DataError>(is_folder_or_pack(path_), "{}: need the folder of a model, or a pack of one, got {}",
                     path_.string(), fs::exists(path_) ? "a file" : "nothing");
  const std::string file = this->config().string();
  const nlohmann::json config = read_config(file);
  TrainOptions options;
  apply_json(options, json::Members(config, file).at("options"), file);
  return options;
}

bool ModelFolder::names_convention() const { return read_config(config()).contains("gru"); }

// No vocabulary is checked for a configuration that lists no files.
void ModelFolder::check_vocabularies(const TrainOptions& options) const {
  const nlohmann::json config = read_config(this->config());
  if (!config.contains("files")) return;
  const json::Members files(config["files"], this->config().string());
  for (const std::string& name : vocabulary_files(options)) {
    const std::string got = checksum_of_file(path_ / name);
    require<DataError>(files.text(name) == got, "{}: need the file with {} of {}, got {}: damaged, or of another model",
                       (path_ / name).string(), Shown{files.text(name)}, this->config().filename().string(), got);
  }
}

TextSums ModelFolder::load_text_sums() const {
  const nlohmann::json sums = read_config(config()).value("text_sums", nlohmann::json::object());
  require<DataError>(sums.is_object(), "{}: need an object of text_sums, got {}", config().string(), sums.type_name());
  const auto text = [&](const char* name) {
    return sums.contains(name) && sums[name].is_string() ? sums[name].get<std::string>() : "";
  };
  return {text("train"), text("valid"), text("links")};
}

Codecs ModelFolder::load_codecs(const TrainOptions& options) const {
  const bool joint = wants_joint_vocabulary(options.model);
  check_vocabularies(options);
  try {
    const auto load = [&](const char* name, Side side) {
      return data::Codec::load(tokenizer_of(options, side), prefix(name));
    };
    data::Codec source = load(joint ? "pieces" : "source", Side::source);
    data::Codec target = joint ? source : load("target", Side::target);
    return {std::move(source), std::move(target), joint};
  } catch (const UsageError& error) {  // this build lacks the tokenizer
    fail<DataError>("{}: {}", config().string(), error.what());
  }
}

void ModelFolder::save_weights(Architecture& model) const {
  nn::save_weights(weights(), model.module(), {{"architecture", std::string(model.name())}});
}

// Names of steps have nine digits, so that their order is that of the steps.
void ModelFolder::save_recent(Architecture& model, int64_t step, int64_t keep) const {
  const fs::path last = path_ / "last";
  make_folder(last);
  nn::save_weights(last / fmt::format("step-{:09}.safetensors", step), model.module(),
                   {{"architecture", std::string(model.name())}});
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(last))
    if (entry.path().filename().string().starts_with("step-")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (int64_t n = 0; n + keep < std::ssize(files); ++n) fs::remove(files[static_cast<size_t>(n)]);
}

nn::TensorFile ModelFolder::read_weights(const Architecture& model) const {
  nn::TensorFile file = nn::read_safetensors(weights());
  const auto arch = file.metadata.find("architecture");  // files of PyTorch have none
  require<DataError>(arch == file.metadata.end() || arch->second == model.name(),
                     "{}: need weights of --arch {} as in {}, got those of {}", weights().string(), model.name(),
                     config().filename().string(), Shown{arch == file.metadata.end() ? "" : arch->second});
  const bool says =
      std::ranges::any_of(file.metadata, [](const auto& m) { return m.first.starts_with(nn::convention_key()); });
  if (says || names_convention()) nn::check_conventions(weights().string(), file, model.module());
  return file;
}

void ModelFolder::load(nn::NamedTensors tensors, Architecture& model) const {
  try {
    model.module().load_state_dict(std::move(tensors));
  } catch (const DataError& error) {
    fail<DataError>("{}: {}", weights().string(), error.what());
  }
  const std::string bad = training::first_not_finite(model.module().state_dict());
  require<DataError>(bad.empty(), "{}: need finite weights, got NaN or infinity in '{}'", weights().string(), bad);
}

void ModelFolder::load_weights(Architecture& model) const { load(read_weights(model).tensors, model); }

// Only what has a row for each word can have fewer rows: all other sizes are those of the configuration.
void ModelFolder::load_fewer_words(Architecture& model) const {
  const NoGrad unrecorded;
  nn::TensorFile file = read_weights(model);
  const nn::NamedTensors now = model.module().state_dict();
  for (nn::NamedTensor& entry : file.tensors) {
    const auto own =
        std::find_if(now.begin(), now.end(), [&](const nn::NamedTensor& of) { return of.name == entry.name; });
    if (own == now.end() || own->tensor.rank() != entry.tensor.rank() || entry.tensor.rank() == 0) continue;
    const int64_t words = entry.tensor.dim(0);
    if (words < own->tensor.dim(0)) entry.tensor = concat({entry.tensor, own->tensor.rows(words)});
  }
  load(std::move(file.tensors), model);
}

SavedModel ModelFolder::load() const {
  TrainOptions options = load_options();
  Codecs codecs = load_codecs(options);
  Rng rng(0);
  std::unique_ptr<Architecture> model =
      nn::make_for_weights(weights(), config(), [&] { return make_architecture(options.model, codecs.sizes(), rng); });
  load_weights(*model);
  model->module().eval();
  return {std::move(options), std::move(codecs), std::move(model)};
}

}  // namespace grus::seq2seq
