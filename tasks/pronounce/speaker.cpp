#include "tasks/pronounce/speaker.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "data/text/unicode.h"
#include "tasks/base/lists.h"
#include "tasks/base/model_files.h"

namespace grus::tasks::pronounce {

seq2seq::Codecs learn_codecs(const Dictionary& dictionary, const std::string& phones) {
  const data::ParallelCorpus pairs = pairs_of(dictionary);
  data::Codec letters = data::Codec::learn({pairs.source}, {.kind = "char", .size = 0});
  data::Codec learnt = data::Codec::learn({pairs.target}, {.kind = "space", .size = 0});
  if (phones.empty()) return {std::move(letters), std::move(learnt), false};
  data::Codec given = data::Codec::of_symbols("space", phones);
  for (int64_t id = data::special_count; id < learnt.size(); ++id)
    require<DataError>(given.vocab().id(learnt.vocab().piece(id)) != data::UNK,
                       "{}: need all phones of the dictionary, got none of the name '{}'", phones,
                       Shown{learnt.vocab().piece(id)});
  return {std::move(letters), std::move(given), false};
}

std::vector<std::string> save_codecs(const seq2seq::Codecs& codecs, const std::filesystem::path& folder) {
  codecs.source.save((folder / "letters").string());
  codecs.target.save((folder / "phones").string());
  return {"letters.vocab", "phones.vocab"};
}

seq2seq::Codecs load_codecs(const std::filesystem::path& folder) {
  return {data::Codec::load("char", (folder / "letters").string()),
          data::Codec::load("space", (folder / "phones").string()), false};
}

Speaker make_speaker(seq2seq::Codecs codecs, const Sizes& sizes, uint64_t seed) {
  seq2seq::ModelOptions m;
  m.embedding = sizes.embedding;
  m.hidden = sizes.hidden;
  m.encoder = sizes.encoder;
  m.encoder_layers = sizes.encoder_layers;
  m.dropout = sizes.dropout;
  m.tie = seq2seq::Tie::output;  // letters and phones share nothing
  Rng rng(seed);
  auto model = seq2seq::make_architecture(m, codecs.sizes(), rng);
  return {std::move(codecs), std::move(model)};
}

Loaded load(const tasks::UseOptions& use) {
  begin_use(use);
  Loaded loaded;
  for (const std::string& folder : tasks::comma_list(use.model)) {
    require<UsageError>(!folder.empty(), "--model: need DIR or DIR,DIR, got '{}'", use.model);
    TrainOptions o;
    tasks::load_options("pronounce", folder, o.table());
    loaded.speakers.push_back(tasks::make_model(folder, [&] { return make_speaker(load_codecs(folder), o.sizes, 0); }));
    const Speaker &one = loaded.speakers.back(), &first = loaded.speakers.front();
    tasks::load_weights(folder, one.model->module());
    require<DataError>(one.codecs.target.vocab() == first.codecs.target.vocab(),
                       "{}: need the phones of the first model to speak together, got others", folder);
    if (loaded.speakers.size() == 1) loaded.options = o;
  }
  return loaded;
}

std::vector<std::vector<seq2seq::Translation>> say(const Speakers& speakers, const std::vector<std::string>& words,
                                                   const seq2seq::SearchOptions& options) {
  const NoGrad no_grad;
  std::vector<std::string> lower;
  for (const std::string& word : words) lower.push_back(data::lower_case(word));
  std::vector<seq2seq::Speaker> together;
  for (const Speaker& one : speakers) together.push_back({one.model.get(), &one.codecs});
  return seq2seq::translate(together, lower, options);
}

void check_word(const Speakers& speakers, const std::string& word, std::string_view where) {
  require<DataError>(!data::split_spaces(word).empty(), "{}:1: need a word, got a blank line", where);
  int64_t column = 0;
  for (const std::string_view letter : data::split_code_points(word)) {
    ++column;
    for (const Speaker& one : speakers)
      require<DataError>(one.codecs.source.vocab().id(data::lower_case(letter)) != data::UNK,
                         "{}:{}: need letters that the dictionary has, got '{}' in '{}'", where, column, Shown{letter},
                         Shown{word});
  }
}

double Judgement::phone_error() const {
  return static_cast<double>(edits.distance()) / static_cast<double>(std::max<int64_t>(1, edits.reference_length()));
}

double Judgement::word_error() const {
  return static_cast<double>(std::count(right.begin(), right.end(), false)) / static_cast<double>(right.size());
}

Judgement judge(const Dictionary& dictionary, std::vector<std::string> said) {
  Judgement all;
  for (size_t n = 0; n < said.size(); ++n) {
    const std::vector<std::string_view> phones = data::split_spaces(said[n]);
    metrics::Edits fewest;
    const std::string* nearest = nullptr;
    for (const std::string& pronunciation : dictionary[n].pronunciations) {
      const metrics::Edits edits = metrics::edits(phones, data::split_spaces(pronunciation));
      if (nearest && edits.distance() >= fewest.distance()) continue;
      fewest = edits;
      nearest = &pronunciation;
    }
    all.edits += fewest;
    all.right.push_back(fewest.distance() == 0);
    all.nearest.push_back(*nearest);
  }
  all.said = std::move(said);
  return all;
}

Judgement judge(const Speakers& speakers, const Dictionary& dictionary, const seq2seq::SearchOptions& options) {
  std::vector<std::string> words, said;
  for (const Entry& entry : dictionary) words.push_back(entry.word);
  for (const auto& found : say(speakers, words, options)) said.push_back(found.front().text);
  return judge(dictionary, std::move(said));
}

}  // namespace grus::tasks::pronounce
