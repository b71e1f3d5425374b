#pragma once
// A text as one stream of ids, in the windows that a language model takes at once, and what the text costs.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/text/codec.h"
#include "nn/language_model.h"

namespace grus::language {

/// What a text costs a model: -log p of its ids, each given all before it.
struct Likelihood {
  double nats = 0;
  int64_t tokens = 0;                 // ids, with those of line ends
  int64_t characters = 0;             // code points, with line ends
  double perplexity() const;          // exp(nats / tokens)
  double bits_per_character() const;  // nats / log 2 / characters
  Likelihood& operator+=(const Likelihood& other);
};

/// A text of lines as ids, an <eos> behind each line, and how many tokens and characters they are, at no cost yet.
struct Stream {
  std::vector<int32_t> ids;
  Likelihood size;
};
Stream stream_of(const data::Codec& codec, std::span<const std::string> lines);

/// Calls act(inputs, targets) for each window of the ids in turn: the inputs (T, 1) are the targets shifted by one, the
/// first of all being `before`. Windows are as long as the model likes them.
void each_window(const nn::LanguageModel& model, int32_t before, std::span<const int32_t> ids,
                 const std::function<void(const Tensor& inputs, std::span<const int32_t> targets)>& act);

/// Returns ids as a column (T, 1).
Tensor column(std::span<const int32_t> ids);

}  // namespace grus::language
