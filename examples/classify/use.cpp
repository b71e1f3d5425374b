// The commands `eval` and `run`.
#include <fmt/format.h>

#include "core/base/error.h"
#include "examples/classify/commands.h"
#include "examples/classify/pictures.h"
#include "examples/support/input_lines.h"
#include "examples/support/page.h"
#include "report/page.h"

namespace grus::tasks::classify {

int eval(EvalOptions& o, const std::string& command_line) {
  require<UsageError>(!o.data.empty(), "--data: need labelled texts, got none");
  const Loaded loaded = load(o.use);
  const Figures found =
      figures_of(*loaded.model, loaded.reader, data::read_labelled_texts(o.data, o.rows), o.use.batch);
  fmt::print("accuracy {:.4f}\nmacro F1 {:.4f}\ntexts {}\n\n{}", found.accuracy, found.f1, found.rows.size(),
             confusion_text(found, loaded.reader));
  if (o.out.empty()) return 0;
  report::Figures drawn;
  programs::write_page(o.out, {"classify", o.data, o.use.model, command_line}, pictures(found, loaded.reader, drawn));
  return 0;
}

int run(RunOptions& o, const std::string&) {
  const Loaded loaded = load(o.use);
  const Reader& reader = loaded.reader;
  std::vector<Judged> kept;
  programs::for_input(o.texts, "text", o.use.batch, [&](std::span<const programs::InputLine> lines) {
    std::vector<std::string> texts;
    for (const programs::InputLine& line : lines) texts.push_back(line.text);
    std::vector<Judged> judged = judge(*loaded.model, reader, texts, o.use.batch);
    for (size_t i = 0; i < texts.size(); ++i) fmt::print("{}\n", said(judged[i], reader, texts[i], o.top));
    if (!o.page.empty()) std::move(judged.begin(), judged.end(), std::back_inserter(kept));
  });
  if (kept.empty()) return 0;
  std::vector<const Judged*> all;
  for (const Judged& one : kept) all.push_back(&one);
  programs::write_page(o.page, {"classify", "What mattered", o.use.model},
                       report::section("Texts", shaded(all, reader)));
  return 0;
}

}  // namespace grus::tasks::classify
