#include "tasks/classify/graph.h"

#include <algorithm>

#include "core/base/json.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/sequence/sequence.h"

namespace grus::tasks::classify {
namespace {

// Returns the mean over axis 0 of the vectors of ids that are no padding; zeros where all are.
Tensor mean_vector(const nn::Embedding& table, const Tensor& ids) {
  const Tensor real = unsqueeze(cast(greater_equal(ids, 0), DType::f32), -1);
  const Tensor total = sum(table(maximum(ids, 0)) * real, {0});
  return total / maximum(sum(real, {0}), 1);
}

// Returns rows of ids side by side, (longest, count), with -1 at padding.
Tensor side_by_side(const std::vector<std::vector<int32_t>>& rows, int64_t padding) {
  size_t longest = 1;
  for (const auto& row : rows) longest = std::max(longest, row.size());
  std::vector<int64_t> ids(longest * rows.size(), padding);
  for (size_t b = 0; b < rows.size(); ++b)
    for (size_t t = 0; t < rows[b].size(); ++t) ids[t * rows.size() + b] = rows[b][t];
  return Tensor::from(ids, {static_cast<int64_t>(longest), std::ssize(rows)});
}

}  // namespace

Tensor log_probabilities(const Committee& model, const std::vector<Tensor>& in, const Lengths& lengths) {
  Tensor all;
  for (const Classifier& member : model.members) {
    size_t next = 1;
    Tensor x = member.embedding(in[0]);
    const Tensor grams = member.grams ? mean_vector(*member.grams, in[next++]) : Tensor();
    if (member.letters) x = x + mean_vector(*member.letters, in[next]);
    Tensor features = (*member.pooling)(member.states(pack(x, lengths), lengths), lengths).state;
    if (grams.defined()) features = concat({features, grams}, 1);
    const Tensor p = softmax(member.output(features));
    all = all.defined() ? all + p : p;
  }
  return log(all * (1.0 / static_cast<double>(model.members.size())));
}

std::vector<GraphInput> inputs_of(const std::vector<Text>& texts, const ModelOptions& o) {
  std::vector<std::vector<int32_t>> pieces, ngrams, spellings;
  size_t steps = 0;
  for (const Text& text : texts) steps = std::max(steps, text.pieces.size());
  for (const Text& text : texts) pieces.push_back(text.pieces), ngrams.push_back(text.ngrams);
  for (size_t t = 0; t < steps; ++t)
    for (const Text& text : texts)
      spellings.push_back(t < text.spellings.size() ? text.spellings[t] : std::vector<int32_t>{});
  std::vector<GraphInput> inputs = {{"ids", side_by_side(pieces, 0), {"time", "batch"}}};
  if (o.ngrams > 1) inputs.push_back({"ngrams", side_by_side(ngrams, -1), {"grams", "batch"}});
  if (o.subwords > 0) {
    const Tensor flat = side_by_side(spellings, -1);
    inputs.push_back({"letters",
                      flat.reshape({flat.dim(0), static_cast<int64_t>(steps), std::ssize(texts)}),
                      {"spelling", "time", "batch"}});
  }
  return inputs;
}

std::vector<Text> made_texts(const Reader& reader, const std::vector<int64_t>& lengths) {
  std::vector<Text> texts;
  int64_t at = 1;
  for (const int64_t length : lengths) {
    std::vector<int32_t> ids;
    std::vector<std::string> pieces;
    for (int64_t t = 0; t < length; ++t, at += 7) {
      ids.push_back(static_cast<int32_t>(at % reader.codec.size()));
      pieces.push_back(reader.codec.vocab().piece(ids.back()));
    }
    texts.push_back(text_of(std::move(ids), pieces, reader.model));
  }
  return texts;
}

nn::Metadata metadata_of(const Reader& reader) {
  std::vector<std::string> pieces;
  for (int64_t id = 0; id < reader.codec.size(); ++id) pieces.push_back(reader.codec.vocab().piece(id));
  return {{"classes", json::Json(reader.classes).dump()}, {"pieces", json::Json(pieces).dump()}};
}

}  // namespace grus::tasks::classify
