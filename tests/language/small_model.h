#pragma once
// Small language models with drawn weights.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "data/text/codec.h"
#include "language/cursor.h"
#include "ops/math/elementwise.h"
#include "tests/support/tensors.h"

namespace grus::test {

/// A model whose weights are large enough to have opinions.
inline nn::LanguageModel opinionated(int64_t vocabulary, nn::LanguageBody body = nn::LanguageBody::gru,
                                     int64_t context = 8) {
  Rng rng(3);
  nn::LanguageModel model({.vocabulary = vocabulary,
                           .body = body,
                           .embedding = 8,
                           .hidden = 12,
                           .layers = 2,
                           .heads = 2,
                           .context = context},
                          rng);
  for (const auto& [name, parameter] : model.named_parameters())
    parameter.leaf().assign(random_normal(parameter.shape(), 0, 0.7, rng));
  model.eval();
  return model;
}

inline data::Codec codec_of(const std::string& kind, const std::vector<std::string>& pieces) {
  return data::Codec(data::make_tokenizer(kind), data::Vocab(pieces));
}

}  // namespace grus::test
