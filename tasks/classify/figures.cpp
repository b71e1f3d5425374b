// How well texts were known.
#include "metrics/f_score.h"
#include "tasks/classify/training.h"

namespace grus::tasks::classify {

Figures figures_of(const Committee& model, const Reader& reader, std::vector<data::LabelledText> rows, int64_t batch) {
  Figures f{.rows = std::move(rows)};
  f.labels = data::class_ids(f.rows, reader.classes);
  std::vector<std::string> texts;
  for (const data::LabelledText& row : f.rows) texts.push_back(row.text);
  f.judged = judge(model, reader, texts, batch);
  std::vector<int64_t> said;
  for (const Judged& judged : f.judged) said.push_back(static_cast<int64_t>(judged.said));
  const auto classes = std::ssize(reader.classes);
  metrics::ConfusionMatrix confusion({.classes = classes});
  metrics::FScore f1({.classes = classes});
  confusion.update(said, f.labels);
  f1.update(said, f.labels);
  f.confusion = confusion.matrix();
  f.accuracy = confusion.value();
  f.f1 = f1.value();
  return f;
}

std::string confusion_text(const Figures& f, const Reader& reader) {
  metrics::ConfusionMatrix confusion({.classes = std::ssize(reader.classes)});
  std::vector<int64_t> said;
  for (const Judged& judged : f.judged) said.push_back(static_cast<int64_t>(judged.said));
  confusion.update(said, f.labels);
  return confusion.table(reader.classes);
}

}  // namespace grus::tasks::classify
