#include "examples/classify/pictures.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/confusions.h"
#include "report/markup.h"

namespace grus::tasks::classify {
namespace {

using report::escape;

std::string examples(const Figures& f, const Reader& reader, bool right, size_t most) {
  std::vector<const Judged*> some;
  std::vector<std::string> notes;
  for (size_t i = 0; i < f.judged.size() && some.size() < most; ++i) {
    const Judged& judged = f.judged[i];
    if ((static_cast<int64_t>(judged.said) == f.labels[i]) != right) continue;
    some.push_back(&judged);
    notes.push_back(right ? "" : "is " + reader.classes[static_cast<size_t>(f.labels[i])]);
  }
  return some.empty() ? "<p class=\"note\">There is none.</p>\n" : shaded(some, reader, notes);
}

}  // namespace

std::string shaded(const std::vector<const Judged*>& judged, const Reader& reader,
                   const std::vector<std::string>& notes) {
  report::Table table{.head = {{"Text"}, {"Class"}, {"Probability", "number"}}};
  const bool spaced = reader.codec.tokenizer().kind() == "word" || reader.codec.tokenizer().kind() == "space";
  for (size_t i = 0; i < judged.size(); ++i) {
    const Judged& one = *judged[i];
    const float most = *std::max_element(one.weights.begin(), one.weights.end());
    std::vector<report::Shade> text;
    for (size_t t = 0; t < one.pieces.size(); ++t)
      text.push_back(
          {one.pieces[t], fmt::format("{:.0f} %", 100 * one.weights[t]), one.weights[t] / std::max(most, 1e-9F)});
    const std::string note = notes.empty() || notes[i].empty() ? "" : fmt::format(" <mark>{}</mark>", escape(notes[i]));
    table.rows.push_back({{report::shaded(text, spaced ? " " : "")},
                          {escape(reader.classes[one.said]) + note},
                          report::number_cell(one.probabilities[one.said], 2)});
  }
  return report::table(table);
}

std::string pictures(const Figures& f, const Reader& reader, report::Figures& drawn) {
  const std::string tiles = report::tiles(
      {{"Accuracy", fmt::format("{:.2f} %", 100 * f.accuracy), fmt::format("{} texts", f.rows.size()), "first"},
       {"Macro F1", fmt::format("{:.2f} %", 100 * f.f1), ""}});
  const char* what = "<p class=\"note\">The darker a piece, the more it counted.</p>\n";
  return report::section(
             "Confusions",
             tiles + report::confusions({.classes = reader.classes, .counts = f.confusion, .things = "Texts"}, drawn)) +
         report::section("Mistakes", what + examples(f, reader, false, 20)) +
         report::section("Right answers", what + examples(f, reader, true, 10));
}

}  // namespace grus::tasks::classify
