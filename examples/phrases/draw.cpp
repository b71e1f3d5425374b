// The subcommand `draw`: figures 4 and 5 of Cho et al. 2014 and figure 2 of Sutskever et al. 2014, the model's words,
// phrases and sentences on a plane.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "data/pairs/phrase_table.h"
#include "data/read/text.h"
#include "data/text/unicode.h"
#include "examples/phrases/commands.h"
#include "examples/phrases/scorer.h"
#include "examples/support/program.h"
#include "ops/math/index.h"
#include "report/chart.h"
#include "report/map_page.h"
#include "report/markup.h"
#include "report/vector_map.h"
#include "training/terminal_line.h"

namespace grus::phrases {
namespace {

struct Entry {
  std::string text;
  double weight;
};

bool has_letter(const std::string& text) {
  for (const data::CodePoint& point : data::decode_utf8(text))
    if (data::is_word_character(point.value)) return true;
  return false;
}

// Punctuation between and behind the words is not counted.
int64_t word_count(const std::string& text) {
  const auto words = data::split_spaces(text);
  return std::count_if(words.begin(), words.end(), [](std::string_view word) { return has_letter(std::string(word)); });
}

void keep_heaviest(std::vector<Entry>& entries, int64_t most) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.weight > b.weight; });
  entries.resize(std::min(entries.size(), static_cast<size_t>(most)));
}

std::vector<Entry> frequent_words(const data::Vocab& vocab, int64_t most) {
  std::vector<Entry> words;
  for (int64_t id = data::special_count; id < vocab.size(); ++id)
    if (has_letter(vocab.piece(id))) words.push_back({vocab.piece(id), static_cast<double>(vocab.count(id))});
  keep_heaviest(words, most);
  return words;
}

// Returns source phrases of two words and more, by how often they were seen: Moses's second count where there is one
// ("||| links ||| count_t count_s count"), else the number of their lines.
std::vector<Entry> frequent_phrases(const DrawOptions& o) {
  std::unordered_map<std::string, double> weights;
  std::vector<std::string> order;
  data::PhraseTableReader table(o.table, o.skip_bad);
  while (const auto line = table.next()) {
    if (word_count(line->source) < 2) continue;
    const auto [at, is_new] = weights.emplace(line->source, 0);
    if (is_new) order.push_back(line->source);
    const std::vector<double> counts = line->counts();
    at->second = counts.size() >= 2 ? counts[1] : at->second + 1;
  }
  if (table.skipped() > 0) complain(table.notice());
  std::vector<Entry> phrases;
  for (std::string& source : order) phrases.push_back({source, weights[source]});
  keep_heaviest(phrases, o.phrases);
  return phrases;
}

report::Points word_vectors(const seq2seq::SavedModel& saved, const std::vector<Entry>& words) {
  const Tensor table = saved.model->source_words();
  std::vector<int64_t> ids;
  for (const Entry& word : words) ids.push_back(saved.codecs.source.vocab().id(word.text));
  return report::unit_points(gather_rows(table, Tensor::from(ids)));
}

// Returns what the decoder is told of each text, and attends to nothing else.
report::Points text_vectors(const seq2seq::SavedModel& saved, const std::vector<Entry>& texts) {
  constexpr size_t batch = 256;
  report::Points all;
  for (size_t begin = 0; begin < texts.size(); begin += batch) {
    std::vector<std::vector<int32_t>> ids;
    for (size_t n = begin; n < std::min(begin + batch, texts.size()); ++n)
      ids.push_back(saved.codecs.source.encode(texts[n].text));
    const NoGrad no_grad;
    const report::Points part = report::unit_points(saved.model->summary(seq2seq::pack_tokens(ids)));
    all.count += part.count;
    all.width = part.width;
    all.values.insert(all.values.end(), part.values.begin(), part.values.end());
  }
  return all;
}

report::VectorMapOptions options_of(const DrawOptions& o) {
  return {.projection = o.method == "pca" ? report::Projection::pca : report::Projection::tsne,
          .perplexity = o.perplexity,
          .seed = static_cast<uint64_t>(o.seed)};
}

report::LabelMap map_of(const report::Points& points, const std::vector<Entry>& entries,
                        const report::VectorMapOptions& options, const char* what) {
  std::vector<report::MapPoint> labels;
  for (const Entry& entry : entries)
    labels.push_back({.label = entry.text,
                      .weight = entry.weight,
                      .note = entry.weight > 1 ? fmt::format("seen {} times", entry.weight) : ""});
  training::TerminalLine progress;
  report::LabelMap map = report::vector_map(points, std::move(labels), options, [&](int iteration) {
    if (progress.due()) progress.show(fmt::format("t-SNE of {}: step {}", what, iteration));
  });
  map.description = fmt::format("Map of {} {}", points.count, what);
  return map;
}

// Colours texts by their words, so many and `more`.
void group_by_words(report::LabelMap& map, int64_t fewest, int64_t step) {
  for (int64_t group = 0; group < 3; ++group) {
    const int64_t from = fewest + group * step, to = from + step - 1;
    map.groups.push_back(from == to ? fmt::format("{} words", from) : fmt::format("{} to {} words", from, to));
  }
  map.groups.push_back(fmt::format("{} and more", fewest + 3 * step));
  for (report::MapPoint& point : map.points)
    point.group = static_cast<size_t>(std::clamp<int64_t>((word_count(point.label) - fewest) / step, 0, 3));
}

report::MapSection words_section(const seq2seq::SavedModel& saved, const DrawOptions& o) {
  const std::vector<Entry> words = frequent_words(saved.codecs.source.vocab(), o.words);
  require<DataError>(!words.empty(), "{}: need words with letters in the source vocabulary, got none", o.use.model);
  return {
      "Words", map_of(word_vectors(saved, words), words, options_of(o), "words"),
      fmt::format("The {} most frequent source words, each at its row of the embedding. The larger the dot, the more "
                  "frequent the word.",
                  report::grouped(static_cast<int64_t>(words.size())))};
}

report::MapSection phrases_section(const seq2seq::SavedModel& saved, const DrawOptions& o) {
  const std::vector<Entry> phrases = frequent_phrases(o);
  require<DataError>(!phrases.empty(), "{}: need source phrases of two words or more, got none", o.table);
  report::MapSection section{
      "Phrases", map_of(text_vectors(saved, phrases), phrases, options_of(o), "phrases"),
      fmt::format("The {} most frequent source phrases of two words and more, each at the vector that the "
                  "encoder makes of it: all that the decoder is told.",
                  report::grouped(static_cast<int64_t>(phrases.size())))};
  group_by_words(section.map, 2, 1);
  return section;
}

// Returns the first different lines of the file, as many as asked for.
std::vector<Entry> sentences_of(const DrawOptions& o) {
  std::vector<Entry> sentences;
  std::unordered_set<std::string> seen;
  for (const std::string& line : data::read_lines(o.sentences)) {
    if (std::ssize(sentences) >= o.phrases) break;
    if (!data::split_spaces(line).empty() && seen.insert(line).second) sentences.push_back({line, 1});
  }
  require<DataError>(!sentences.empty(), "{}: need sentences, got none", o.sentences);
  return sentences;
}

// Sutskever et al. 2014 draw their sentences along two principal components, so these stand beside t-SNE.
std::vector<report::MapSection> sentence_sections(const seq2seq::SavedModel& saved, const DrawOptions& o) {
  const std::vector<Entry> sentences = sentences_of(o);
  const report::Points points = text_vectors(saved, sentences);
  std::vector<report::MapSection> sections;
  for (const auto projection : {report::Projection::tsne, report::Projection::pca}) {
    if (o.method == "pca" && projection == report::Projection::tsne) continue;
    report::VectorMapOptions options = options_of(o);
    options.projection = projection;
    const bool tsne = projection == report::Projection::tsne;
    report::MapSection section{
        tsne || o.method == "pca" ? "Sentences" : "Sentences along two directions",
        map_of(points, sentences, options, "sentences"),
        fmt::format("{} sentences, each at the vector that {}, {}.", report::grouped(std::ssize(sentences)),
                    saved.model->has_attention() ? "the decoder begins with" : "is all that the decoder is told",
                    tsne ? "by t-SNE" : "along the two directions in which they differ most")};
    group_by_words(section.map, 2, 2);
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace

int draw(const DrawOptions& o, const std::string& command_line) {
  AtomicFile out(o.out);
  const Scorer scorer(o.use);
  const seq2seq::SavedModel& saved = scorer.saved();
  report::MapPage page{.title = o.sentences.empty() ? "A map of words and phrases" : "A map of sentences",
                       .model = saved.model->description()};
  if (!o.sentences.empty()) page.sections = sentence_sections(saved, o);
  else page.sections.push_back(words_section(saved, o));
  if (!o.table.empty()) page.sections.push_back(phrases_section(saved, o));
  page.method = report::how_to_read(options_of(o).projection);
  page.facts = {{"Model", o.use.model}, {"Method", o.method == "pca" ? "principal components" : "t-SNE"}};
  if (o.method != "pca")
    page.facts.insert(page.facts.end(),
                      {{"Perplexity", fmt::format("{}", o.perplexity)}, {"Seed", fmt::format("{}", o.seed)}});
  page.command = command_line;
  const bool picture = std::filesystem::path(o.out).extension() == ".svg";
  out.write(picture ? report::standalone(report::label_map(page.sections.front().map)) : report::render_maps(page));
  out.commit();
  fmt::print("maps: {}\n", o.out);
  return 0;
}

}  // namespace grus::phrases
