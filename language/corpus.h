#pragma once
// Text as a language model is trained on it and judged by it.
#include "data/batch/token_stream.h"
#include "language/cursor.h"

namespace grus::language {

/// Takes the last lines away, the fewest whose characters, line ends included, are at most `share` of all, and returns
/// them.
std::vector<std::string> hold_out(std::vector<std::string>& lines, double share);

/// Returns the ids of a text behind an <eos>, so that every id of the text is a target.
std::vector<int32_t> text_ids(const data::Codec& codec, std::span<const std::string> lines);

/// Returns nats and tokens of a text cut into parallel streams, each with its own state carried on from its beginning:
/// fast, and a little above what one stream costs, as each begins without a past. At most `most` streams, and no more
/// than leave each a few windows.
Likelihood likelihood_in_streams(const nn::LanguageModel& model, const std::vector<int32_t>& ids, int64_t most);

}  // namespace grus::language
