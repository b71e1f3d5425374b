#include "examples/seq2seq/model_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/atomic_file.h"
#include "data/text.h"
#include "examples/seq2seq/soundness.h"
#include "nn/init.h"
#include "nn/serialize.h"

namespace grus::seq2seq {
namespace {

namespace fs = std::filesystem;

constexpr const char* format_name = "grus translate";
constexpr int64_t format_version = 1;

// All that a run writes.
constexpr const char* names[] = {"config.json",  "model.safetensors", "state.safetensors", "metrics.jsonl",
                                 "report.html",  "pieces.vocab",      "pieces.model",      "source.vocab",
                                 "source.model", "target.vocab",      "target.model"};

nlohmann::json parse_json(const std::filesystem::path& file) {
  const std::string text = data::read_whole_file(file.string());
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    fail<DataError>("{}: need JSON, got an error at byte {}", file.string(), error.byte);
  }
}

}  // namespace

void ModelFolder::prepare(int64_t bytes) const {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  require<Error>(std::filesystem::is_directory(path_), "{}: cannot be made a folder: {}", path_.string(),
                 error ? error.message() : "something else has this name");
  const std::string probe = prefix(".space");
  const int file = ::open(probe.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  require<Error>(file >= 0, "{}: cannot write into this folder: {}", path_.string(), std::strerror(errno));
  const int problem = ::posix_fallocate(file, 0, bytes);
  ::close(file);
  ::unlink(probe.c_str());
  const bool unknown = problem == EOPNOTSUPP || problem == EINVAL;  // this file system cannot tell
  require<Error>(problem == 0 || unknown, "{}: need room for {} MB, got: {}", path_.string(), bytes / 1000000 + 1,
                 std::strerror(problem));
}

fs::path ModelFolder::place(const std::string& name) const {
  std::error_code ignored;
  return fs::exists(adopted() / name, ignored) ? adopted() / name : path_ / name;
}

// Codecs add .vocab and .model to it.
std::string ModelFolder::prefix(const char* name) const {
  const fs::path vocabulary = place(std::string(name) + ".vocab");
  return (vocabulary.parent_path() / name).string();
}

ModelFolder ModelFolder::stopped_run() const {
  const ModelFolder begun = unfinished();
  return fs::exists(begun.config()) ? begun : *this;
}

void ModelFolder::adopt_unfinished() const {
  settle();
  fs::rename(unfinished().path(), adopted());
  settle();
}

// Old files that have no successor go first. config.json is moved next: without it in adopted() they are known to be
// gone, and a file of such a name is a new one.
void ModelFolder::settle() const {
  if (!fs::exists(adopted())) return;
  const auto move = [&](const fs::path& file) { fs::rename(file, path_ / file.filename()); };
  if (fs::exists(adopted() / "config.json")) {
    for (const char* name : names)
      if (!fs::exists(adopted() / name)) fs::remove(path_ / name);
    move(adopted() / "config.json");
  }
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(adopted())) files.push_back(entry.path());
  for (const fs::path& file : files) move(file);
  fs::remove(adopted());
}

void ModelFolder::save_config(const TrainOptions& options, const Codecs& codecs, const TextSums& texts) const {
  const nlohmann::json config = {{"format", format_name},
                                 {"version", format_version},
                                 {"source_vocabulary", codecs.sizes().source},
                                 {"target_vocabulary", codecs.sizes().target},
                                 {"text_sums", {{"train", texts.train}, {"valid", texts.valid}}},
                                 {"options", to_json(options)}};
  write_file_atomically(this->config(), config.dump(2) + "\n");
}

void ModelFolder::save_codecs(const Codecs& codecs) const {
  if (codecs.joint) return codecs.source.save(prefix("pieces"));
  codecs.source.save(prefix("source"));
  codecs.target.save(prefix("target"));
}

TrainOptions ModelFolder::load_options() const {
  require<DataError>(std::filesystem::is_directory(path_), "{}: need the folder of a model, got {}", path_.string(),
                     std::filesystem::exists(path_) ? "a file" : "nothing");
  const nlohmann::json config = parse_json(this->config());
  const std::string file = this->config().string();
  require<DataError>(config.is_object() && config.value("format", "") == format_name,
                     "{}: need a model of this program, got something else", file);
  const nlohmann::json version = config.value("version", nlohmann::json());
  require<DataError>(version == format_version, "{}: need version {}, got {}", file, format_version, version.dump());
  require<DataError>(config.contains("options"), "{}: need options, got none", file);
  TrainOptions options;
  apply_json(options, config["options"], file);
  return options;
}

TextSums ModelFolder::load_text_sums() const {
  const nlohmann::json sums = parse_json(config()).value("text_sums", nlohmann::json::object());
  require<DataError>(sums.is_object(), "{}: need an object of text_sums, got {}", config().string(), sums.type_name());
  const auto text = [&](const char* name) {
    return sums.contains(name) && sums[name].is_string() ? sums[name].get<std::string>() : "";
  };
  return {text("train"), text("valid")};
}

Codecs ModelFolder::load_codecs(const TrainOptions& options) const {
  const bool joint = wants_joint_vocabulary(options.model);
  data::Codec source = data::Codec::load(options.tokenizer, prefix(joint ? "pieces" : "source"));
  data::Codec target = joint ? source : data::Codec::load(options.tokenizer, prefix("target"));
  return {std::move(source), std::move(target), joint};
}

void ModelFolder::save_weights(Architecture& model) const {
  nn::save_weights(weights(), model.module(), {{"architecture", std::string(model.name())}});
}

void ModelFolder::load_weights(Architecture& model) const {
  const nn::TensorFile file = nn::read_safetensors(weights());
  const auto arch = file.metadata.find("architecture");  // files of PyTorch do not say
  require<DataError>(arch == file.metadata.end() || arch->second == model.name(),
                     "{}: need weights of --arch {} as in {}, got those of {}", weights().string(), model.name(),
                     config().filename().string(), arch == file.metadata.end() ? "" : arch->second);
  try {
    model.module().load_state_dict(file.tensors);
  } catch (const DataError& error) {
    fail<DataError>("{}: {}", weights().string(), error.what());
  }
  const std::string bad = first_not_finite(model.module().state_dict());
  require<DataError>(bad.empty(), "{}: need finite weights, got NaN or infinity in '{}'", weights().string(), bad);
}

SavedModel ModelFolder::load() const {
  TrainOptions options = load_options();
  Codecs codecs = load_codecs(options);
  Rng rng(0);
  const nn::init::Skip all_come_from_the_file;
  std::unique_ptr<Architecture> model = make_architecture(options.model, codecs.sizes(), rng);
  load_weights(*model);
  model->module().eval();
  return {std::move(options), std::move(codecs), std::move(model)};
}

}  // namespace grus::seq2seq
