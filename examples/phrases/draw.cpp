// The subcommand `draw`: figures 4 and 5 of Cho et al. 2014, the model's words and phrases on a plane.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "data/pairs/phrase_table.h"
#include "data/read/text.h"
#include "data/text/unicode.h"
#include "examples/phrases/commands.h"
#include "examples/phrases/map_page.h"
#include "examples/phrases/scorer.h"
#include "examples/support/program.h"
#include "ops/math/index.h"
#include "report/markup.h"
#include "report/tsne.h"
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

// Makes rows points of length 1, so that the angle between them counts.
report::Points points_of(const Tensor& rows) {
  const auto values = rows.to_vector<float>();
  report::Points points{static_cast<size_t>(rows.dim(0)), static_cast<size_t>(rows.dim(1)), {}};
  points.values.assign(values.begin(), values.end());
  for (size_t i = 0; i < points.count; ++i) {
    double square = 0;
    for (size_t k = 0; k < points.width; ++k) square += points[i][k] * points[i][k];
    for (size_t k = 0; k < points.width && square > 0; ++k) points[i][k] /= std::sqrt(square);
  }
  return points;
}

report::Points word_vectors(const seq2seq::SavedModel& saved, const std::vector<Entry>& words) {
  const Tensor table = saved.model->source_words();
  std::vector<int64_t> ids;
  for (const Entry& word : words) ids.push_back(saved.codecs.source.vocab().id(word.text));
  return points_of(gather_rows(table, Tensor::from(ids)));
}

report::Points phrase_vectors(const seq2seq::SavedModel& saved, const std::vector<Entry>& phrases) {
  constexpr size_t batch = 256;
  report::Points all;
  for (size_t begin = 0; begin < phrases.size(); begin += batch) {
    std::vector<std::vector<int32_t>> ids;
    for (size_t n = begin; n < std::min(begin + batch, phrases.size()); ++n)
      ids.push_back(saved.codecs.source.encode(phrases[n].text));
    const NoGrad no_grad;
    const report::Points part = points_of(saved.model->summary(seq2seq::pack_tokens(ids)));
    all.count += part.count;
    all.width = part.width;
    all.values.insert(all.values.end(), part.values.begin(), part.values.end());
  }
  return all;
}

report::Points on_a_plane(const report::Points& points, const DrawOptions& o, const char* what) {
  if (o.method == "pca") return report::principal_components(points, 2);
  constexpr size_t enough = 50;  // dimensions: van der Maaten and Hinton 2008, section 4.2
  const report::Points fewer = points.width > enough ? report::principal_components(points, enough) : points;
  training::TerminalLine progress;
  report::TsneOptions options{.perplexity = o.perplexity, .seed = static_cast<uint64_t>(o.seed)};
  return report::tsne(fewer, options, [&](int iteration) {
    if (progress.due()) progress.show(fmt::format("t-SNE of {}: {} of {}", what, iteration, options.iterations));
  });
}

report::LabelMap map_of(const report::Points& points, const std::vector<Entry>& entries, const DrawOptions& o,
                        const char* what) {
  const report::Points plane = on_a_plane(points, o, what);
  const auto near = report::nearest_by_cosine(points, 6);
  report::LabelMap map{.description = fmt::format("Map of {} {}", points.count, what)};
  for (size_t i = 0; i < points.count; ++i)
    map.points.push_back({.x = plane.width > 0 ? plane[i][0] : 0,
                          .y = plane.width > 1 ? plane[i][1] : 0,
                          .label = entries[i].text,
                          .weight = entries[i].weight,
                          .near = near[i],
                          .note = entries[i].weight > 1 ? fmt::format("seen {} times", entries[i].weight) : ""});
  return map;
}

MapSection words_section(const seq2seq::SavedModel& saved, const DrawOptions& o) {
  const std::vector<Entry> words = frequent_words(saved.codecs.source.vocab(), o.words);
  require<DataError>(!words.empty(), "{}: need words with letters in the source vocabulary, got none", o.use.model);
  return {
      "Words", map_of(word_vectors(saved, words), words, o, "words"),
      fmt::format("The {} most frequent source words, each at its row of the embedding. The larger the dot, the more "
                  "frequent the word.",
                  report::grouped(static_cast<int64_t>(words.size())))};
}

MapSection phrases_section(const seq2seq::SavedModel& saved, const DrawOptions& o) {
  const std::vector<Entry> phrases = frequent_phrases(o);
  require<DataError>(!phrases.empty(), "{}: need source phrases of two words or more, got none", o.table);
  MapSection section{
      "Phrases", map_of(phrase_vectors(saved, phrases), phrases, o, "phrases"),
      fmt::format("The {} most frequent source phrases of two words and more, each at the vector that the "
                  "encoder makes of it: all that the decoder is told.",
                  report::grouped(static_cast<int64_t>(phrases.size())))};
  section.map.groups = {"2 words", "3 words", "4 words", "5 and more"};
  for (report::MapPoint& point : section.map.points)
    point.group = static_cast<size_t>(std::min<int64_t>(word_count(point.label) - 2, 3));
  return section;
}

}  // namespace

int draw(const DrawOptions& o, const std::string& command_line) {
  AtomicFile out(o.out);
  const Scorer scorer(o.use);
  const seq2seq::SavedModel& saved = scorer.saved();
  MapPage page{.title = "A map of words and phrases", .model = saved.model->description()};
  page.sections.push_back(words_section(saved, o));
  if (!o.table.empty()) page.sections.push_back(phrases_section(saved, o));
  page.method =
      o.method == "pca"
          ? "Both axes are the directions in which the vectors differ most (principal components). "
          : "Points that stand close together are close for the model; how far apart distant ones are, and where they "
            "lie, means little (t-SNE). ";
  page.method +=
      "Labels appear where there is room, the most frequent first; come closer for more. Pointing at a dot names it "
      "and "
      "joins it with its six nearest in the full space, which need not be the nearest here. Double-click, the buttons "
      "or "
      "Ctrl and the wheel come closer; dragging moves.";
  page.facts = {{"Model", o.use.model}, {"Method", o.method == "pca" ? "principal components" : "t-SNE"}};
  if (o.method != "pca")
    page.facts.insert(page.facts.end(),
                      {{"Perplexity", fmt::format("{}", o.perplexity)}, {"Seed", fmt::format("{}", o.seed)}});
  page.command = command_line;
  out.write(render_maps(page));
  out.commit();
  fmt::print("maps: {}\n", o.out);
  return 0;
}

}  // namespace grus::phrases
