#include "data/text/keras_tokenizer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "data/read/text.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using nlohmann::json;
using test::Folder;
using test::message_of;
using Sequences = std::vector<std::vector<int32_t>>;
using Texts = std::vector<std::string>;

namespace {

json keras_golden() {
  const char* folder = std::getenv("GRUS_GOLDEN");
  return json::parse(read_whole_file(std::string(folder ? folder : "tests/golden") + "/keras.json"));
}

KerasTokenizerOptions options_of(const json& o) {
  KerasTokenizerOptions options;
  options.num_words = o.value("num_words", int64_t{0});
  options.filters = o.value("filters", options.filters);
  options.lower = o.value("lower", true);
  options.split = o.value("split", options.split);
  options.char_level = o.value("char_level", false);
  options.oov_token = o.value("oov_token", std::string());
  return options;
}

// Every id from 0 on, words or not.
std::vector<int32_t> ids_up_to(int32_t end) {
  std::vector<int32_t> ids;
  for (int32_t id = 0; id < end; ++id) ids.push_back(id);
  return ids;
}

void check_ids(const KerasTokenizer& tokenizer, const json& want) {
  REQUIRE(tokenizer.word_index().size() == want["word_index"].size());
  for (const auto& item : want["word_index"].items())
    CHECK(tokenizer.word_index().at(item.key()) == item.value().get<int32_t>());
  CHECK(tokenizer.word_counts() == want["word_counts"].get<std::vector<std::pair<std::string, int64_t>>>());
  const Sequences sequences = tokenizer.texts_to_sequences(want["new"].get<Texts>());
  CHECK(sequences == want["sequences"].get<Sequences>());
  Sequences and_all = sequences;
  and_all.push_back(ids_up_to(want["highest"].get<int32_t>()));
  CHECK(tokenizer.sequences_to_texts(and_all) == want["back"].get<Texts>());
}

void check_matrices(const KerasTokenizer& tokenizer, const json& want) {
  const std::pair<const char*, MatrixMode> modes[] = {{"binary", MatrixMode::binary},
                                                      {"count", MatrixMode::count},
                                                      {"freq", MatrixMode::freq},
                                                      {"tfidf", MatrixMode::tfidf}};
  for (const auto& [name, mode] : modes) {
    const auto rows = want["matrices"][name].get<std::vector<std::vector<double>>>();
    const Tensor matrix = tokenizer.texts_to_matrix(want["new"].get<Texts>(), mode);
    REQUIRE(matrix.shape() == Shape{static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())});
    const std::vector<float> values = matrix.to_vector<float>();
    double most = 0;
    for (size_t i = 0; i < values.size(); ++i)
      most = std::max(most, std::abs(static_cast<double>(values[i]) - rows[i / rows[0].size()][i % rows[0].size()]));
    CHECK(most < 1e-6);
  }
}

}  // namespace

TEST_CASE("keras tokenizer: ids, sequences, texts and matrices are Keras'") {
  const json all = keras_golden();
  for (const json& want : all["tokenizer"]) {
    INFO(want["options"].dump());
    KerasTokenizer tokenizer(options_of(want["options"]));
    const auto texts = want["texts"].get<Texts>();
    const auto half = static_cast<int64_t>(texts.size() / 2);
    tokenizer.fit_on_texts(Texts(texts.begin(), texts.begin() + half));
    tokenizer.fit_on_texts(Texts(texts.begin() + half, texts.end()));
    check_ids(tokenizer, want);
    check_matrices(tokenizer, want);
  }
}

TEST_CASE("keras tokenizer: files are Keras' JSON") {
  const Folder folder;
  const json all = keras_golden();
  for (const json& want : all["tokenizer"]) {
    INFO(want["options"].dump());
    const KerasTokenizer theirs = KerasTokenizer::load(folder.file("keras.json", want["json"].get<std::string>()));
    check_ids(theirs, want);
    check_matrices(theirs, want);
    theirs.save(folder.path("ours.json"));
    const json ours = json::parse(read_whole_file(folder.path("ours.json")));
    const json keras = json::parse(want["json"].get<std::string>());
    for (const auto& item : keras["config"].items()) {
      INFO(item.key());
      const json& value = ours["config"][item.key()];
      const bool within = item.value().is_string() && item.value().get<std::string>().starts_with('{');
      if (within) CHECK(json::parse(value.get<std::string>()) == json::parse(item.value().get<std::string>()));
      else CHECK(value == item.value());
    }
  }
}

TEST_CASE("keras tokenizer: pad_sequences is Keras'") {
  const json all = keras_golden();
  for (const json& want : all["pad"]) {
    INFO(want["options"].dump());
    const json& o = want["options"];
    const auto side = [&](const char* key) { return o[key] == "pre" ? Side::pre : Side::post; };
    const Tensor padded = pad_sequences(want["sequences"].get<Sequences>(), {.maxlen = o.value("maxlen", int64_t{0}),
                                                                             .padding = side("padding"),
                                                                             .truncating = side("truncating"),
                                                                             .value = o["value"].get<int32_t>()});
    const auto rows = want["padded"].get<Sequences>();
    REQUIRE(padded.shape() == Shape{static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())});
    std::vector<int32_t> flat;
    for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
    CHECK(padded.to_vector<int32_t>() == flat);
  }
  CHECK(pad_sequences({}).shape() == Shape{0, 0});
  CHECK_THROWS_AS(pad_sequences({}, {.maxlen = -1}), UsageError);
}

TEST_CASE("keras tokenizer: what cannot be is an error in one line") {
  CHECK(message_of<UsageError>([] { (void)KerasTokenizer().texts_to_sequences({"a"}); }) ==
        "[keras_tokenizer] need fit_on_texts() first, got a tokenizer without words");
  CHECK_THROWS_AS(KerasTokenizer({.num_words = -1}), UsageError);
  CHECK(message_of<UsageError>([] { KerasTokenizer({.split = ""}); }) ==
        "[keras_tokenizer] need a text to split at, got an empty one");
  KerasTokenizer tokenizer;
  CHECK(message_of<DataError>([&] {
          tokenizer.fit_on_texts({"a", "b\xff"});
        }) == "[keras_tokenizer] need UTF-8, got an invalid byte 2 of text 1");
  CHECK(tokenizer.document_count() == 0);
}

TEST_CASE("keras tokenizer: a damaged file is named") {
  const Folder folder;
  const auto refused = [&](const std::string& text) {
    const std::string path = folder.file("t.json", text),
                      message = message_of<DataError>([&] { KerasTokenizer::load(path); });
    return message.substr(message.find(path) == 0 ? path.size() : 0);
  };
  KerasTokenizer tokenizer;
  tokenizer.fit_on_texts({"a b a"});
  tokenizer.save(folder.path("t.json"));
  const std::string good = read_whole_file(folder.path("t.json"));
  const auto with = [&](const std::string& old, const std::string& by) {
    REQUIRE(good.find(old) != std::string::npos);
    return std::string(good).replace(good.find(old), old.size(), by);
  };
  CHECK(refused("{") == ": need JSON, got an error at byte 2");
  CHECK(refused(with("\"Tokenizer\"", "\"Model\"")) == ": need the class_name 'Tokenizer', got 'Model'");
  CHECK(refused(with("\"lower\":true,", "")).starts_with(": need 'lower'"));
  CHECK(refused(with("\\\"a\\\": 2", "\\\"a\\\": -2")).starts_with(": need 'a'"));
  CHECK(refused(with("\\\"a\\\": 2", "\\\"b\\\": 2")) == ": need each name once, got 'b' twice");
  CHECK(refused(with("\\\"a\\\": 2", "\\\"c\\\": 2")) == ": need the texts with 'c' in 'word_docs', got none");
}
