// Files of a model's folder that are not as they were written.
#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "core/base/checksum.h"
#include "data/read/text.h"
#include "data/text/sentencepiece.h"
#include "examples/seq2seq/resolve.h"
#include "examples/seq2seq/train.h"
#include "nn/serialize.h"
#include "seq2seq/trainer.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::seq2seq;
using test::message_of;

namespace {

// A folder as a short training leaves it.
struct TrainedFolder {
  test::Folder folder;
  TrainOptions options;
  Corpora corpora;

  explicit TrainedFolder(const std::string& tie = "all")
      : options(resolve_options({{"train", text()},
                                 {"valid", text()},
                                 {"out", folder.path("m")},
                                 {"tokenizer", data::sentencepiece_available() ? "bpe" : "word"},
                                 {"vocab", "30"},
                                 {"tie", tie},
                                 {"emb", "4"},
                                 {"hidden", "4"},
                                 {"epochs", "2"}})),
        corpora(read_corpora(options)) {
    REQUIRE(run_training(options, "", 0) == 0);
  }
  std::string text() const { return folder.file("text.tsv", "a b c\tC B A\nd e\tE D\nb e a\tA E B\nc c d\tD C C\n"); }
  std::filesystem::path file(const std::string& name) const { return ModelFolder(options.out).path() / name; }

  // Reads all that the programs read of a folder.
  void read() const {
    const ModelFolder saved(options.out);
    const SavedModel model = saved.load();
    std::unique_ptr<Architecture> again = saved.load().model;
    const auto optimizer = make_optimizer(options, again->module().named_parameters());
    optim::ExponentialMovingAverage average(again->module().named_parameters(), {});
    const training::Identity identity = {{"seed", "none"}, {"accumulate", "1"}, {"average", "some"}, {"data", ""}};
    training::load_state(saved.state(), {again->module(), *optimizer, &average, nullptr, {}, nullptr, {}}, identity);
    int64_t number = 0;
    for (const std::string& line : data::read_lines(saved.metrics().string()))
      parse_metrics_line(line, saved.metrics().string(), ++number);
  }
  std::string refusal() const {
    return message_of<DataError>([&] { read(); });
  }
  void expect_refused(const std::filesystem::path& file, const std::string& bytes) const {
    std::ofstream(file, std::ios::binary) << bytes;
    const std::string message = refusal();
    REQUIRE_MESSAGE(message.find(file.string()) == 0, message);
    CHECK(message.find('\n') == std::string::npos);
  }
};

// Makes a state's progress say something else, under a right checksum.
void change_progress(const TrainedFolder& trained, const std::function<void(nlohmann::json&)>& change) {
  const std::filesystem::path file = ModelFolder(trained.options.out).state();
  nn::TensorFile state = nn::read_safetensors(file);
  nlohmann::json progress = nlohmann::json::parse(state.metadata.at("progress"));
  change(progress);
  state.metadata["progress"] = progress.dump();
  nn::write_safetensors(file, state.tensors, state.metadata);
}

}  // namespace

TEST_CASE("damage: a flipped bit anywhere in a file of a model's folder is an error that names the file") {
  for (const std::string tie : {"all", "none"}) {
    const TrainedFolder trained(tie);
    REQUIRE(trained.refusal() == "nothing thrown");
    std::mt19937_64 random(11);
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(trained.options.out)) {
      if (entry.path().extension() == ".html") continue;  // nobody reads it
      const std::string good = test::bytes_of(entry.path());
      for (int n = 0; n < 150; ++n) {
        std::string bad = good;
        const size_t bit = random() % (8 * good.size());
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
        trained.expect_refused(entry.path(), bad);
      }
      std::ofstream(entry.path(), std::ios::binary) << good;
      ++files;
    }
    CHECK(files == (tie == "all" ? 6 : 8) - (data::sentencepiece_available() ? 0 : tie == "all" ? 1 : 2));
  }
}

TEST_CASE("damage: a file of a model's folder that ends too early is an error that names it") {
  const TrainedFolder trained;
  std::mt19937_64 random(12);
  for (const auto& entry : std::filesystem::directory_iterator(trained.options.out)) {
    // Lines of metrics stand for themselves: a file with fewer of them is another's.
    if (entry.path().extension() == ".html" || entry.path().extension() == ".jsonl") continue;
    const std::string good = test::bytes_of(entry.path());
    for (int n = 0; n < 40; ++n) trained.expect_refused(entry.path(), good.substr(0, random() % good.size()));
    std::ofstream(entry.path(), std::ios::binary) << good;
  }
}

TEST_CASE("damage: a configuration edited by hand says how, and is taken without its checksum") {
  const TrainedFolder trained;
  const std::string file = trained.file("config.json").string(), good = test::bytes_of(file);
  nlohmann::json config = nlohmann::json::parse(good);
  config["options"]["beam"] = 7;
  trained.expect_refused(file, config.dump(2));
  CHECK(trained.refusal().find("edited by hand, for which its line \"checksum\" must be taken out") !=
        std::string::npos);
  config.erase("checksum");
  std::ofstream(file) << config.dump(2);
  CHECK(ModelFolder(trained.options.out).load().options.beam == 7);
  CHECK(resolve_options({{"config", trained.folder.file("mine.json", good)}, {"out", "x"}, {"hidden", "8"}})
            .model.hidden == 8);
}

TEST_CASE("damage: folders written without checksums still load") {
  const TrainedFolder trained;
  nlohmann::json config = nlohmann::json::parse(test::bytes_of(trained.file("config.json")));
  config.erase("checksum");
  config.erase("files");
  std::ofstream(trained.file("config.json")) << config.dump(2);
  std::string lines;
  for (const std::string& line : data::read_lines(trained.file("metrics.jsonl").string())) {
    nlohmann::json metrics = nlohmann::json::parse(line);
    metrics.erase("checksum");
    lines += metrics.dump() + "\n";
  }
  std::ofstream(trained.file("metrics.jsonl")) << lines;
  CHECK(trained.refusal() == "nothing thrown");
}

TEST_CASE(
    "damage: weights of another GRU's convention are refused, and folders from before files named it still load") {
  const TrainedFolder trained;
  const std::string file = trained.file("model.safetensors").string(), config = trained.file("config.json").string();
  const std::string good = test::bytes_of(config);
  CHECK(good.find("\"gru\": \"gates r z n, reset after, update keep\"") != std::string::npos);
  nlohmann::json edited = nlohmann::json::parse(good);
  edited.erase("checksum");
  edited["options"]["reset"] = "before";
  std::ofstream(config) << edited.dump();
  CHECK(
      trained.refusal().starts_with(file + ": need a GRU 'encoder' of 'gates r z n, reset before, update keep', got "));
  edited.erase("gru");
  std::ofstream(config) << edited.dump();
  CHECK_NOTHROW(ModelFolder(trained.options.out).load());
  std::ofstream(config) << good;
  nn::TensorFile weights = nn::read_safetensors(file);
  weights.metadata["grus.gru"] = "gates z r n";
  nn::write_safetensors(file, weights.tensors, weights.metadata);
  CHECK(trained.refusal().starts_with(file + ": need a GRU 'encoder' of "));
}

TEST_CASE("damage: vocabularies that changed places are refused, though each is whole") {
  const TrainedFolder trained("none");
  const std::string source = test::bytes_of(trained.file("source.vocab"));
  REQUIRE(source != test::bytes_of(trained.file("target.vocab")));
  trained.expect_refused(trained.file("target.vocab"), source);
}

TEST_CASE("damage: what a state says of its progress is held to what the training loop relies on") {
  const TrainedFolder trained;
  const std::string file = ModelFolder(trained.options.out).state().string(), good = test::bytes_of(file);
  const auto refusal = [&](const std::string& key, const nlohmann::json& value) {
    std::ofstream(file, std::ios::binary) << good;
    change_progress(trained, [&](nlohmann::json& progress) { progress[key] = value; });
    return trained.refusal();
  };
  CHECK(refusal("best", 1000000000000) == file + ": progress: need 'best' from 0 to 2, got 1000000000000");
  CHECK(refusal("best", -5) == file + ": progress: need 'best' from 0 to 2, got -5");
  CHECK(refusal("best", "1") == file + ": progress: need 'best' to be a whole number, got \"1\"");
  CHECK(refusal("epoch", 1).starts_with(file + ": progress: need 'epoch' from 2 to "));
  CHECK(refusal("position", -1).find("need 'position' from 0 to") != std::string::npos);
  CHECK(refusal("finished", nullptr) == file + ": progress: need 'finished' to be true or false, got null");
  CHECK(refusal("history", 3) == file + ": progress: need 'history' to be an array, got 3");
  CHECK(refusal("history", {1}) == file + ": record 1: need a JSON object, got 1");
  const auto with_metadata = [&](const std::string& key, const std::string& value) {
    std::ofstream(file, std::ios::binary) << good;
    nn::TensorFile state = nn::read_safetensors(file);
    state.metadata[key] = value;
    if (value.empty()) state.metadata.erase(key);
    nn::write_safetensors(file, state.tensors, state.metadata);
    return trained.refusal();
  };
  CHECK(with_metadata("rng_seed", "x") == file + ": need 'rng_seed' to be a whole number, got 'x'");
  CHECK(with_metadata("rng_draw", "-1") == file + ": need 'rng_draw' to be a whole number, got '-1'");
  CHECK(with_metadata("rng_draw", "") == file + ": need 'rng_draw' in the metadata, got none");
  CHECK(with_metadata("state_version", "1") == file + ": need a state of version 2, got '1'");
  CHECK(with_metadata("progress", std::string(100000, '[')) ==
        file + ": progress: need JSON nested at most 8 deep, got more");
}

TEST_CASE("damage: a hostile configuration gets one line that names it") {
  const TrainedFolder trained;
  const std::string file = trained.file("config.json").string();
  const nlohmann::json good = nlohmann::json::parse(test::bytes_of(file));
  const auto refusal = [&](const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json config = good;
    config.erase("checksum");
    change(config);
    std::ofstream(file) << config.dump();
    return trained.refusal();
  };
  CHECK(refusal([](auto& c) { c["format"] = 7; }) == file + ": need a model of this program, got something else");
  CHECK(refusal([](auto& c) { c["version"] = "1"; }) == file + ": need version 1, got \"1\"");
  CHECK(refusal([](auto& c) { c["options"] = "x"; }) == file + ": need an object of options, got \"x\"");
  CHECK(refusal([](auto& c) { c["options"]["emb"] = {1}; }) == file + ": need a value for 'emb', got [1]");
  CHECK(refusal([](auto& c) { c["options"]["a\nb"] = 1; }) == file + ": --a\\x0ab: there is no such option");
  CHECK(refusal([](auto& c) { c["options"]["tokenizer"] = "s\n"; }).starts_with(file + ": [tokenizer] need one of "));
  CHECK(refusal([](auto& c) { c["chacksum"] = 1; }) == file + ": need no member 'chacksum', got 1");
  const auto vast = [](auto& c) { c["options"]["emb"] = c["options"]["hidden"] = 65536; };
  CHECK(refusal(vast).starts_with(file +
                                  ": need sizes as those of model.safetensors, got a model for which [cpu] need "));
  std::ofstream(file) << std::string(100000, '[');
  CHECK(trained.refusal() == file + ": need JSON nested at most 8 deep, got more");
  CHECK(message_of<DataError>([&] {
          resolve_options({{"config", file}});
        }) == file + ": need JSON nested at most 8 deep, got more");
}
