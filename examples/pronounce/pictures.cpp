#include "examples/pronounce/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/read/text.h"
#include "report/chart.h"
#include "report/markup.h"

namespace grus::tasks::pronounce {
namespace {

using report::escape;

std::string by_length(const Dictionary& words, const Judgement& found, report::Figures& figures) {
  constexpr int64_t shortest = 3, longest = 14;           // shorter and longer words are few
  std::map<int64_t, std::pair<int64_t, int64_t>> groups;  // wrong, all
  for (size_t n = 0; n < words.size(); ++n) {
    const auto letters = static_cast<int64_t>(data::split_code_points(words[n].word).size());
    auto& [wrong, all] = groups[std::clamp(letters, shortest, longest)];
    wrong += !found.right[n];
    ++all;
  }
  report::BinChart chart{"Word error", "%", "letters", "Words", {}};
  for (const auto& [letters, counts] : groups)
    chart.bins.push_back({fmt::format("{}{}",
                                      letters == shortest  ? "≤"
                                      : letters == longest ? "≥"
                                                           : "",
                                      letters),
                          100.0 * static_cast<double>(counts.first) / static_cast<double>(counts.second),
                          counts.second});
  return report::in_pairs(figures(report::bin_chart(chart), "The share of wrong words by their number of letters."));
}

std::string confusion_table(const Judgement& found) {
  std::map<metrics::Difference, int64_t> counts;
  for (size_t n = 0; n < found.said.size(); ++n) {
    if (found.right[n]) continue;
    for (const auto& pair :
         metrics::differences(data::split_spaces(found.said[n]), data::split_spaces(found.nearest[n])))
      ++counts[pair];
  }
  std::vector<std::pair<int64_t, metrics::Difference>> order;
  order.reserve(counts.size());
  for (const auto& [pair, count] : counts) order.emplace_back(count, pair);
  const auto phone = [](std::string_view name) { return name.empty() ? "–" : escape(name); };
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  report::Table table{.head = {{"Dictionary"}, {"Said"}, {"Times", "number"}, {"Of all errors", "number"}}};
  constexpr size_t most = 12;
  for (size_t k = 0; k < std::min(order.size(), most); ++k)
    table.rows.push_back(
        {{phone(order[k].second.first)},
         {phone(order[k].second.second)},
         {report::grouped(order[k].first), "number"},
         {fmt::format("{:.1f} %", 100.0 * static_cast<double>(order[k].first) /
                                      static_cast<double>(std::max<int64_t>(1, found.edits.distance()))),
          "number"}});
  return "<p class=\"note\">Phones that stand for one another; – is none.</p>\n" + report::table(table);
}

// Chooses right words whose letters are many enough to show something and few enough for a picture.
std::string alignments(const Speakers& speakers, const Dictionary& words, const Judgement& found,
                       report::Figures& figures) {
  constexpr size_t pictures = 4;
  std::vector<std::string> some;
  for (size_t n = 0; n < words.size(); ++n) {
    const size_t letters = data::split_code_points(words[n].word).size();
    if (found.right[n] && letters >= 7 && letters <= 12 && some.size() < pictures) some.push_back(words[n].word);
  }
  if (some.empty()) return "<p class=\"note\">No word of 7 to 12 letters is right.</p>\n";
  std::string all;
  const auto said = say(speakers, some, {.weights = true});
  for (size_t n = 0; n < some.size(); ++n) all += alignment_picture(some[n], said[n].front(), figures);
  return report::in_pairs(all);
}

std::string mistakes(const Dictionary& words, const Judgement& found) {
  constexpr size_t most = 25;
  report::Table table{.head = {{"Word"}, {"Said"}, {"Dictionary"}}};
  for (size_t n = 0; n < words.size() && table.rows.size() < most; ++n)
    if (!found.right[n])
      table.rows.push_back({{escape(words[n].word)},
                            {escape(found.said[n])},
                            {escape(fmt::format("{}", fmt::join(words[n].pronunciations, ", or ")))}});
  return table.rows.empty() ? "<p class=\"note\">No word is wrong.</p>\n" : report::table(table);
}

}  // namespace

std::string summary(const Judgement& found) {
  return fmt::format("phone error {:.2f} %, word error {:.2f} % of {} words", 100 * found.phone_error(),
                     100 * found.word_error(), report::grouped(std::ssize(found.said)));
}

std::string alignment_picture(const std::string& word, const seq2seq::Translation& said, report::Figures& figures) {
  const seq2seq::Alignment& a = said.alignment;
  if (a.weights.empty()) return "";
  std::vector<std::string> phones = a.target;
  if (phones.back() == "<eos>") phones.back() = "end";
  return figures(report::heat_map({a.source, phones, a.weights, fmt::format("{}: {}", word, said.text)}),
                 fmt::format("<b>{}</b>: {}", escape(word), escape(said.text)));
}

std::string pictures(const Speakers& speakers, const Dictionary& words, const Judgement& found,
                     report::Figures& figures) {
  const std::string tiles =
      report::tiles({{"Phone error", fmt::format("{:.2f} %", 100 * found.phone_error()), "", "first"},
                     {"Word error", fmt::format("{:.2f} %", 100 * found.word_error()),
                      fmt::format("{} words", report::grouped(std::ssize(words)))}});
  std::string body = report::section("Words of the test", tiles + by_length(words, found, figures));
  body += report::section("Where each phone (down) comes from (across)", alignments(speakers, words, found, figures));
  return body + report::section("Confused phones", confusion_table(found)) +
         report::section("Mistakes", mistakes(words, found));
}

}  // namespace grus::tasks::pronounce
