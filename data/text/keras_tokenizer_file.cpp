#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "data/text/keras_tokenizer.h"

namespace grus::data {
namespace {

constexpr int64_t most = int64_t{1} << 53;  // of whole numbers in JSON
constexpr int64_t most_words = (int64_t{1} << 31) - 1;

// The names of an object's members in the order of the text; json::Json sorts them.
struct NamesInOrder : nlohmann::json_sax<json::Json> {
  std::vector<std::string> names;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_object() override { return true; }
  bool end_array() override { return true; }
  bool key(string_t& name) override {
    names.push_back(std::move(name));
    return true;
  }
  bool parse_error(size_t, const std::string&, const json::Json::exception&) override { return false; }
};

// Counts stand in the file as JSON within a text, their words in the order of first sight.
std::vector<std::pair<std::string, int64_t>> read_counts(const json::Members& config, const std::string& key,
                                                         const std::string& path) {
  const std::string text = config.text(key);
  const json::Json object = json::parse(text, path);
  const json::Members counts(object, path);
  NamesInOrder order;
  json::Json::sax_parse(text, &order);
  std::vector<std::pair<std::string, int64_t>> found;
  for (std::string& word : order.names) {
    require<DataError>(!word.empty(), "{}: need words in '{}', got an empty one", path, key);
    const int64_t count = counts.whole(word, 1, most);
    found.emplace_back(std::move(word), count);
  }
  return found;
}

// A JSON object as text, member by member.
class ObjectText {
 public:
  void add(const std::string& name, const json::Json& value) {
    text_ += (text_.empty() ? "{" : ", ") + json::Json(name).dump() + ": " + value.dump();
  }
  std::string close() { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace

void KerasTokenizer::save(const std::string& path) const {
  require_fit();
  ObjectText counts, docs, index_docs, index, words;
  for (const auto& [word, count] : word_counts()) {
    const int64_t texts = texts_with_.find(std::string_view(word))->second;
    counts.add(word, count);
    docs.add(word, texts);
    index_docs.add(std::to_string(word_index_.find(std::string_view(word))->second), texts);
  }
  for (size_t id = 1; id < words_.size(); ++id) {
    if (words_[id].empty()) continue;
    index.add(words_[id], id);
    words.add(std::to_string(id), words_[id]);
  }
  json::Json config;
  config["num_words"] = options_.num_words > 0 ? json::Json(options_.num_words) : json::Json();
  config["filters"] = options_.filters;
  config["lower"] = options_.lower;
  config["split"] = options_.split;
  config["char_level"] = options_.char_level;
  config["oov_token"] = options_.oov_token.empty() ? json::Json() : json::Json(options_.oov_token);
  config["document_count"] = documents_;
  config["word_counts"] = counts.close();
  config["word_docs"] = docs.close();
  config["index_docs"] = index_docs.close();
  config["index_word"] = words.close();
  config["word_index"] = index.close();
  write_file_atomically(path, json::Json{{"class_name", "Tokenizer"}, {"config", config}}.dump());
}

KerasTokenizer KerasTokenizer::load(const std::string& path) {
  const json::Json file = json::parse(read_whole_file(path), path);
  const json::Members members(file, path);
  const std::string name = members.text("class_name");
  require<DataError>(name == "Tokenizer", "{}: need the class_name 'Tokenizer', got '{}'", path, Shown{name});
  const json::Members config(members.at("config"), path);
  KerasTokenizerOptions options;
  if (!config.at("num_words").is_null()) options.num_words = config.whole("num_words", 0, most_words);
  options.filters = config.text("filters");
  options.lower = config.flag("lower");
  options.split = config.text("split");
  options.char_level = config.flag("char_level");
  if (!config.at("oov_token").is_null()) options.oov_token = config.text("oov_token");
  require<DataError>(!options.split.empty(), "{}: need a text in 'split', got an empty one", path);
  KerasTokenizer tokenizer(std::move(options));
  tokenizer.documents_ = config.whole("document_count", 1, most);
  for (const auto& [word, count] : read_counts(config, "word_counts", path)) tokenizer.counter_.add(word, count);
  for (const auto& [word, texts] : read_counts(config, "word_docs", path)) tokenizer.texts_with_[word] = texts;
  for (const auto& [word, count] : tokenizer.word_counts())
    require<DataError>(tokenizer.texts_with_.contains(std::string_view(word)),
                       "{}: need the texts with '{}' in 'word_docs', got none", path, Shown{word});
  tokenizer.give_ids();
  return tokenizer;
}

}  // namespace grus::data
