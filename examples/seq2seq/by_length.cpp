#include "examples/seq2seq/by_length.h"

#include "data/read/text.h"

namespace grus::seq2seq {

LengthBin bleu_of_lengths(int64_t shortest, int64_t longest, const std::vector<std::string>& source,
                          const data::References& references, const std::vector<std::string>& said,
                          const data::BleuOptions& options) {
  LengthBin bin{shortest, longest};
  data::BleuStats stats;
  for (size_t n = 0; n < said.size(); ++n) {
    const auto words = static_cast<int64_t>(data::split_spaces(source[n]).size());
    if (words < shortest || (longest > 0 && words > longest)) continue;
    stats += data::bleu_stats(said[n], references[n], options);
    ++bin.sentences;
  }
  if (bin.sentences > 0) bin.bleu = data::bleu_from_stats(stats).score;
  return bin;
}

std::vector<LengthBin> bleu_by_length(const std::vector<std::string>& source, const data::References& references,
                                      const std::vector<std::string>& said, const data::BleuOptions& options) {
  constexpr int64_t width = 5, bins = 7;
  std::vector<LengthBin> result;
  for (int64_t i = 0; i < bins; ++i)
    result.push_back(
        bleu_of_lengths(i * width + 1, i + 1 < bins ? (i + 1) * width : 0, source, references, said, options));
  return result;
}

}  // namespace grus::seq2seq
