// Targets for the readers of a model's folder.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/pack.h"
#include "data/read/text.h"
#include "deploy/open_model.h"
#include "examples/seq2seq/resolve.h"
#include "nn/serialize.h"
#include "seq2seq/option_table.h"
#include "seq2seq/trainer.h"
#include "tests/fuzz/target.h"
#include "training/run_state.h"

namespace grus::fuzz {
namespace {

using namespace seq2seq;
using Seeds = std::vector<std::string>;
namespace fs = std::filesystem;

TrainOptions small_options(const std::string& out) {
  TrainOptions options;
  options.out = out;
  options.tokenizer = "space";
  options.model.embedding = options.model.hidden = 2;
  options.model.tie = Tie::none;
  return options;
}

Codecs small_codecs() {
  const data::Codec codec(data::make_tokenizer("space"), data::Vocab({"a", "b"}));
  return {codec, codec, false};
}

struct Parts {
  Rng rng{1};
  std::unique_ptr<Architecture> model;
  std::unique_ptr<optim::Optimizer> optimizer;
  explicit Parts(const TrainOptions& options)
      : model(make_architecture(options.model, small_codecs().sizes(), rng)),
        optimizer(make_optimizer(options, model->module().named_parameters())) {}
  training::RunParts all() { return {model->module(), *optimizer, nullptr, nullptr, metrics, nullptr, callbacks}; }

 private:
  std::vector<metrics::Metric*> metrics;
  std::vector<training::Callback*> callbacks;
};

const training::Identity identity{{"seed", "1"}};

/// Returns the progress of a run behind its first epoch.
training::Progress one_epoch() {
  training::Record record{.epoch = 1, .step = 10, .best = true, .count = 20, .seconds = 3, .training_seconds = 2};
  record.figures = {{"train_loss", 1}, {"valid_loss", 1}, {"valid_perplexity", 2.7}, {"valid_bleu", 0, true}};
  training::Progress progress;
  progress.history = {record};
  progress.epoch = 2, progress.best = 1, progress.step = 10;
  return progress;
}

// Each process has one folder, as training leaves it after an epoch.
struct Folder {
  Scratch scratch;
  ModelFolder files{scratch.root()};
  TrainOptions options = small_options(scratch.root().string());
  Parts parts{options};
  Folder() {
    files.save_codecs(small_codecs());
    files.save_config(options, small_codecs());
    files.save_weights(*parts.model);
    const training::RunParts all = parts.all();
    training::save_state(files.state(), all, all.optimizer.state(), training::listeners_state(all), one_epoch(),
                         identity);
  }
};

Folder& folder() {
  static Folder one;
  return one;
}

void write(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

Seeds config_seeds() {
  const std::string sealed = data::read_whole_file(folder().files.config().string());
  nlohmann::json open = nlohmann::json::parse(sealed);
  open.erase("checksum");
  return {sealed, open.dump(), open["options"].dump()};
}

bool read_config(const std::string& bytes) {
  const std::string file = folder().files.config().string();
  write(file, bytes);
  const bool loads = refuses_well(folder().options.out, [] { folder().files.load(); });
  const bool resolves = refuses_well("", [&] {
    resolve_options({{"config", file}, {"out", "m"}, {"train", "t"}, {"valid", "v"}});
  });
  return loads || resolves;
}

bool read_vocabularies(const std::string& bytes) {
  static const bool once = [] {  // without a list of checksums, so that what is in the file counts
    nlohmann::json config = nlohmann::json::parse(data::read_whole_file(folder().files.config().string()));
    config.erase("files");
    config.erase("checksum");
    write(folder().files.config(), config.dump());
    return true;
  }();
  write(folder().scratch.root() / "source.vocab", bytes);
  return once && refuses_well(folder().options.out, [] { folder().files.load(); });
}

bool read_state(const std::string& bytes) {
  write(folder().files.state(), bytes);
  return refuses_well(folder().files.state().string(),
                      [] { training::load_state(folder().files.state(), folder().parts.all(), identity); });
}

std::string state_file() { return data::read_whole_file(folder().files.state().string()); }

// A right checksum stands over the progress, so that nothing but the reading of it stands in the way.
bool read_progress(const std::string& bytes) {
  static nn::TensorFile state = nn::read_safetensors(folder().files.state());
  if (data::find_invalid_utf8(bytes) != std::string::npos || bytes.find("grus.crc32:") != std::string::npos)
    return false;
  state.metadata["progress"] = bytes;
  nn::write_safetensors(folder().files.state(), state.tensors, state.metadata);
  return refuses_well(folder().files.state().string(), [] {
    const training::Progress p = training::load_state(folder().files.state(), folder().parts.all(), identity);
    if (p.best > 0) static_cast<void>(p.history.at(static_cast<size_t>(p.best - 1)));
  });
}

Seeds progress_seeds() { return {nn::read_safetensors(folder().files.state()).metadata.at("progress")}; }

bool read_metrics(const std::string& bytes) {
  return refuses_well("metrics.jsonl:1", [&] { parse_metrics_line(bytes, "metrics.jsonl", 1); });
}

Seeds metrics_seeds() {
  std::string line = metrics_line(metrics_of(one_epoch().history.front()));
  line.pop_back();
  return {
      line,
      R"({"epoch":1,"step":10,"train_loss":1.0,"valid_loss":null,"valid_perplexity":1,"valid_bleu":0,"target_tokens_per_second":1,"seconds":3})"};
}

// Options are FLAG=TEXT, as a command line has them.
bool read_option(const std::string& bytes) {
  const size_t equals = bytes.find('=');
  if (equals == std::string::npos) return false;
  TrainOptions options = small_options("m");
  options.train = options.valid = "text";
  return refuses_well("--", [&] {
    set_option(options, bytes.substr(0, equals), bytes.substr(equals + 1));
    check_options(options);
  });
}

// A packed model is opened and asked, as by grus-run.
bool use_pack(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    deploy::open_model(path, {{"beam", "2"}, {"max-length", "3"}})->run({"a b", ""});
  });
}

Seeds used_packs() {
  const Scratch scratch;
  const std::string path = scratch.root() / "m.grus";
  std::vector<fs::path> files;
  for (const char* name : {"config.json", "model.safetensors", "source.vocab", "target.vocab"})
    files.push_back(folder().scratch.root() / name);
  write_pack(path, files);
  return {data::read_whole_file(path)};
}

Seeds option_seeds() {
  Seeds seeds;
  TrainOptions defaults;
  for (const Option& option : option_table(defaults))
    seeds.push_back(fmt::format("{}={}", option.flag, text_of(option)));
  return seeds;
}

}  // namespace

std::vector<Target> folder_targets() {
  return {{"config", read_config, config_seeds},
          {"vocabularies", read_vocabularies,
           [] { return Seeds{data::read_whole_file((folder().scratch.root() / "source.vocab").string())}; }},
          {"state", read_state, [] { return Seeds{state_file()}; }},
          {"progress", read_progress, progress_seeds},
          {"metrics", read_metrics, metrics_seeds},
          {"options", read_option, option_seeds},
          {"model", use_pack, used_packs}};
}

}  // namespace grus::fuzz
