// What the commands do with a model of lines.

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "data/read/text.h"
#include "examples/encode/commands.h"
#include "examples/encode/pictures.h"
#include "examples/support/input_lines.h"
#include "examples/support/page.h"
#include "tasks/encode/states.h"

namespace grus::tasks::encode {
namespace {

// Calls answer(lines, ids) for the given lines; without any, for lines of the file or of standard input, as they come.
template <class Answer>
void for_lines(const TextModel& model, const std::vector<std::string>& given, const std::string& file, int64_t batch,
               const Answer& answer) {
  const auto take = [&](std::span<const programs::InputLine> some) {
    std::vector<std::string> lines;
    std::vector<std::vector<int32_t>> ids;
    for (const programs::InputLine& line : some) {
      ids.push_back(model.ids(line.text, line.where));
      lines.push_back(line.text);
    }
    answer(lines, ids);
  };
  if (!given.empty() || file.empty()) return programs::for_input(given, "line", batch, take);
  std::vector<programs::InputLine> all;
  for (std::string& line : data::read_lines(file))
    all.push_back({std::move(line), fmt::format("{}:{}", file, all.size() + 1)});
  for (size_t begin = 0; begin < all.size(); begin += static_cast<size_t>(batch))
    take(std::span(all).subspan(begin, std::min(static_cast<size_t>(batch), all.size() - begin)));
}

}  // namespace

int eval_text(const EvalOptions& o) {
  require<UsageError>(!o.data.empty(), "--data: need a file of lines, got none");
  require<UsageError>(o.part == Part::test, "--part: need a model of series with it, got {}, which is one of lines",
                      o.use.model);
  const TextModel model = load_text(o.use);
  std::vector<std::string> lines = data::read_lines(o.data);
  std::erase_if(lines, [](const std::string& line) { return data::split_spaces(line).empty(); });
  require<DataError>(!lines.empty(), "{}: need lines with words, got none", o.data);
  const TextFigures found = figures_of(model, lines);
  fmt::print("word for word {:.2f} % of {} lines\nwrong words {:.2f} %\nnats a word {:.4f}\n", 100 * found.exact,
             found.lines.size(), 100 * found.word_error, found.nats);
  if (model.options.variational) fmt::print("KL {:.3f} nats a line\n", found.kl);
  if (o.report.empty()) return 0;
  report::Figures figures;
  programs::write_page(o.report, {"encode", o.data, o.use.model}, pictures(model, found, figures));
  return 0;
}

int run_text(const RunOptions& o) {
  require<UsageError>(!o.decode || o.out.empty(), "--out: need no --decode beside it, got both");
  const TextModel model = load_text(o.use);
  std::vector<std::string> names;
  std::vector<std::vector<int32_t>> kept;
  for_lines(model, o.lines, o.data, o.use.batch, [&](const auto& lines, const auto& ids) {
    if (o.decode)
      for (const std::string& said : model.say(model.states(ids))) fmt::print("{}\n", said);
    else if (o.out.empty()) write_states("-", lines, model.states(ids));
    else names.insert(names.end(), lines.begin(), lines.end()), kept.insert(kept.end(), ids.begin(), ids.end());
  });
  if (!o.out.empty()) write_states(o.out, names, model.states(kept, o.use.batch));
  return 0;
}

int neighbours(NeighboursOptions& o, const std::string&) {
  const TextModel model = load_text(o.use);
  const std::string file = o.data.empty() ? model.options.text : o.data;
  const KnownLines known(model, data::read_lines(file), file, o.use.batch);
  for_lines(model, o.lines, "", o.use.batch, [&](const auto& lines, const auto& ids) {
    const auto nearest = known.nearest(lines, model.states(ids), o.top);
    for (size_t i = 0; i < lines.size(); ++i) {
      fmt::print("{}\n", lines[i]);
      for (const KnownLines::Neighbour& other : nearest[i]) fmt::print("  {:.3f}  {}\n", other.cosine, other.line);
    }
  });
  return 0;
}

int between(BetweenOptions& o, const std::string&) {
  require<UsageError>(o.lines.size() == 2, "between: need two lines, each in quotes, got {}", o.lines.size());
  const TextModel model = load_text(o.use);
  for (const std::string& said : walk(model, o.lines[0], o.lines[1], o.steps)) fmt::print("{}\n", said);
  return 0;
}

}  // namespace grus::tasks::encode
