// What every use of a model needs: it is loaded, reads texts and judges them.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/atomic_file.h"
#include "data/read/text.h"
#include "data/text/unicode.h"
#include "ops/math/softmax.h"
#include "tasks/base/lists.h"
#include "tasks/base/model_files.h"
#include "tasks/classify/classifier.h"

namespace grus::tasks::classify {

std::vector<std::string> Reader::pieces(const std::string& text) const {
  std::vector<std::string> all = codec.tokenizer().tokenize(cased ? text : data::lower_case(text));
  all.resize(std::min<size_t>(all.size(), static_cast<size_t>(max_length)));
  if (all.empty()) all.emplace_back();
  return all;
}

Text Reader::read(const std::string& text) const {
  const std::vector<std::string> all = pieces(text);
  std::vector<int32_t> ids;
  for (const std::string& piece : all) ids.push_back(codec.vocab().id(piece));
  return text_of(std::move(ids), all, model);
}

std::vector<std::string> save_reader(const Reader& reader, const std::filesystem::path& folder) {
  std::string classes;
  for (const std::string& name : reader.classes) classes += name + "\n";
  write_file_atomically(folder / "classes.txt", classes);
  reader.codec.save((folder / "pieces").string());
  std::vector<std::string> names = {"classes.txt", "pieces.vocab"};
  if (data::is_trained_kind(reader.codec.tokenizer().kind())) names.emplace_back("pieces.model");
  return names;
}

Loaded load(const tasks::UseOptions& use) {
  begin_use(use);
  TrainOptions o;
  tasks::load_options("classify", use.model, o.table());
  const std::filesystem::path folder = use.model;
  Reader reader{data::Codec::load(o.tokenizer, (folder / "pieces").string()),
                data::read_lines((folder / "classes.txt").string()), o.model, o.max_length, o.cased};
  Rng rng(0);
  auto model = tasks::make_model(folder, [&] {
    return std::make_unique<Committee>(o.model, reader.codec.size(), std::ssize(reader.classes), rng);
  });
  tasks::load_weights(folder, *model);
  return {std::move(reader), std::move(model)};
}

std::vector<Judged> judge(const Committee& model, const Reader& reader, const std::vector<std::string>& texts,
                          int64_t batch) {
  std::vector<Judged> all;
  for (size_t begin = 0; begin < texts.size(); begin += static_cast<size_t>(batch)) {
    std::vector<Text> some;
    const size_t end = std::min(texts.size(), begin + static_cast<size_t>(batch));
    for (size_t i = begin; i < end; ++i) some.push_back(reader.read(texts[i]));
    const Classifier::Answer answer = model(collate(some));
    const std::vector<float> p = softmax(answer.scores).to_vector<float>(), w = answer.weights.to_vector<float>();
    const auto classes = static_cast<size_t>(answer.scores.dim(1)), steps = static_cast<size_t>(answer.weights.dim(1));
    for (size_t b = 0; b < some.size(); ++b) {
      Judged one{.pieces = reader.pieces(texts[begin + b])};
      one.probabilities.assign(p.begin() + static_cast<int64_t>(b * classes),
                               p.begin() + static_cast<int64_t>((b + 1) * classes));
      const auto first = w.begin() + static_cast<int64_t>(b * steps);
      one.weights.assign(first, first + std::ssize(some[b].pieces));
      one.pieces.resize(one.weights.size());
      one.said = static_cast<size_t>(std::max_element(one.probabilities.begin(), one.probabilities.end()) -
                                     one.probabilities.begin());
      all.push_back(std::move(one));
    }
  }
  return all;
}

std::string said(const Judged& judged, const Reader& reader, const std::string& text, int64_t top) {
  std::string line;
  for (const size_t c : tasks::likeliest(judged.probabilities, top))
    line += fmt::format("{}\t{:.4f}\t", reader.classes[c], judged.probabilities[c]);
  return line + text;
}

}  // namespace grus::tasks::classify
