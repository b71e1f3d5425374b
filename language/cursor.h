#pragma once
// A place in a text: what a language model has read so far, and what it expects next.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "language/stream.h"
#include "ops/math/sampling.h"

namespace grus::language {

/// A Cursor goes forward through one text with the state carried on. It stands at first behind an <eos>, as at the
/// beginning of a line. A copy goes its own way. The model must outlive it, and is in evaluation.
class Cursor {
 public:
  explicit Cursor(const nn::LanguageModel& model) : model_(&model) {}
  /// Reads ids on. Returns the sum of their -log p, in nats. The ids go through the model in windows, whose lengths
  /// change nothing in a recurrent model but the rounding of sums.
  double read(std::span<const int32_t> ids);
  /// Gives the scores of all ids (V) at this place.
  const Tensor& scores();
  /// Gives the state behind all ids that were read; scores() belong to it.
  const nn::LanguageState& state();
  const nn::LanguageModel& model() const { return *model_; }

 private:
  void go_on();
  const nn::LanguageModel* model_;
  nn::LanguageState state_;
  int32_t last_ = data::EOS;  // read, and not in the state yet unless scores_ stand
  Tensor scores_;
};

/// Returns what a text of lines costs as one stream: state is carried from its first id to its last.
Likelihood likelihood(Cursor& cursor, const data::Codec& codec, std::span<const std::string> lines);

/// Draws ids until there are `count`, or `lines` line ends where that is above 0, and reads them on. <unk>, <pad> and
/// <sos> are never drawn. Throws UsageError as categorical() does, and where nothing is left to draw.
std::vector<int32_t> sample(Cursor& cursor, int64_t count, const CategoricalOptions& options, Rng& rng,
                            int64_t lines = 0);

/// Returns the ids as lines of text, one for each <eos> and what stands behind the last.
std::string text_of(const data::Codec& codec, std::span<const int32_t> ids);

/// Returns the ids of pieces. An unknown one becomes <unk> where the model has met that in its training; else throws
/// UsageError, naming it.
std::vector<int32_t> known_ids(const data::Vocab& vocab, std::span<const std::string> pieces, bool knows_unknown);
/// Returns the ids of a prompt, whose last line goes on. Throws as known_ids() does, and UsageError for invalid UTF-8.
std::vector<int32_t> prompt_ids(const data::Codec& codec, std::string_view prompt, bool knows_unknown);

}  // namespace grus::language
