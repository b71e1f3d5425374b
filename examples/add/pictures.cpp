#include "examples/add/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/chart.h"
#include "report/markup.h"
#include "report/page.h"
#include "seq2seq/search.h"

namespace grus::tasks::add {
namespace {

std::vector<std::string> characters(const std::string& text, const char* end = nullptr) {
  std::vector<std::string> all;
  for (const char c : text) all.emplace_back(c == '+' ? "plus" : std::string(1, c));
  if (end) all.emplace_back(end);
  return all;
}

// A sum is as hard as it has carries; the other tasks are alike for all questions of a length.
int64_t hardness(Task task, const std::string& question) {
  if (task != Task::add) return std::ssize(question);
  const size_t plus = question.find('+');
  const std::string a = question.substr(0, plus), b = question.substr(plus + 1);
  int64_t carries = 0;
  int carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    carry =
        (carry + (i < a.size() ? a[a.size() - 1 - i] - '0' : 0) + (i < b.size() ? b[b.size() - 1 - i] - '0' : 0)) / 10;
    carries += carry;
  }
  return carries;
}

std::string by_hardness(Task task, const std::vector<std::string>& questions, const std::vector<std::string>& said,
                        report::Figures& figures) {
  std::map<int64_t, std::pair<int64_t, int64_t>> groups;  // right, all
  for (size_t i = 0; i < questions.size(); ++i) {
    auto& [right, all] = groups[hardness(task, questions[i])];
    right += said[i] == answer(task, questions[i]);
    ++all;
  }
  const bool sums = task == Task::add;
  report::BinChart chart{"Right answers", "%", sums ? "carries" : "digits", "Questions", {}};
  for (const auto& [of, counts] : groups)
    chart.bins.push_back({fmt::format("{}", of),
                          100.0 * static_cast<double>(counts.first) / static_cast<double>(counts.second),
                          counts.second});
  return report::in_pairs(
      figures(report::bin_chart(chart), sums ? "Right answers by the number of carries, as one adds on paper."
                                             : "Right answers by the number of digits."));
}

std::string attention(const seq2seq::Architecture& model, const std::vector<std::string>& questions,
                      report::Figures& figures) {
  if (!model.has_attention()) return "";
  std::vector<std::vector<int32_t>> sources;
  for (const std::string& question : questions) sources.push_back(encode(question));
  std::string all;
  const auto found = seq2seq::search(model, sources, {.beam = 1, .weights = true});
  for (size_t i = 0; i < found.size(); ++i) {
    const seq2seq::Hypothesis& best = found[i].front();
    const std::string said = decode(best.ids);
    if (best.weights.size() != (said.size() + 1) * questions[i].size()) continue;  // cut at its longest
    all += figures(report::heat_map({characters(questions[i]), characters(said, "end"), best.weights,
                                     fmt::format("attention weights of {} = {}", questions[i], said)}),
                   fmt::format("{} = {}: at each digit of the answer (down), where the model looks (across).",
                               questions[i], said));
  }
  return report::in_pairs(all);
}

std::string mistakes(Task task, const std::vector<std::string>& questions, const std::vector<std::string>& said) {
  report::Table table{.head = {{"Question"}, {"Answer", "number"}, {"Right", "number"}}};
  for (size_t i = 0; i < questions.size() && table.rows.size() < 20; ++i)
    if (const std::string right = answer(task, questions[i]); said[i] != right)
      table.rows.push_back({{questions[i]}, {said[i].empty() ? "–" : said[i], "number"}, {right, "number"}});
  return table.rows.empty() ? "<p class=\"note\">No answer to a question of the test is wrong.</p>\n"
                            : report::table(table);
}

}  // namespace

std::string pictures(const TrainOptions& o, const seq2seq::Architecture& model,
                     const std::vector<std::string>& questions, const std::vector<std::string>& said,
                     report::Figures& figures) {
  const std::vector<std::string> few(questions.begin(),
                                     questions.begin() + std::min<int64_t>(2, std::ssize(questions)));
  std::string unseen = by_hardness(o.task, questions, said, figures);
  unseen += attention(model, few, figures);
  return report::section("Unseen questions", unseen) + report::section("Mistakes", mistakes(o.task, questions, said));
}

}  // namespace grus::tasks::add
