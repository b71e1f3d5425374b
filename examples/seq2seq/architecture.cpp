#include "examples/seq2seq/architecture.h"

#include "examples/seq2seq/bahdanau.h"

namespace grus::seq2seq {

Tokens pack_tokens(std::span<const std::vector<int32_t>> sentences) {
  std::vector<int64_t> lengths;
  for (const auto& sentence : sentences) lengths.push_back(static_cast<int64_t>(sentence.size()));
  Tokens tokens{Tensor(), Lengths(std::move(lengths))};
  std::vector<int32_t> ids;
  ids.reserve(static_cast<size_t>(tokens.lengths.total()));
  for (int64_t t = 0; t < tokens.lengths.longest(); ++t)
    for (int64_t i = 0; i < tokens.lengths.alive(t); ++i) {
      const auto sentence = static_cast<size_t>(tokens.lengths.order()[static_cast<size_t>(i)]);
      ids.push_back(sentences[sentence][static_cast<size_t>(t)]);
    }
  tokens.ids = Tensor::from(ids);
  return tokens;
}

std::unique_ptr<Architecture> make_architecture(const ModelOptions& options, VocabSizes sizes, Rng& rng) {
  if (options.arch == "bahdanau") return std::make_unique<Bahdanau>(options, sizes, rng);
  fail("--arch: need bahdanau, got '{}'", options.arch);
}

}  // namespace grus::seq2seq
