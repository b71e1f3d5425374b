#pragma once
// BLEU of sentences of similar length (Bahdanau et al. 2014, figure 2).
#include "data/pairs/bleu.h"
#include "examples/seq2seq/report.h"

namespace grus::seq2seq {

/// Returns BLEU in bins of five words of the source, the last one open: 1-5, ..., 26-30, 31+.
std::vector<LengthBin> bleu_by_length(const std::vector<std::string>& source, const data::References& references,
                                      const std::vector<std::string>& said, const data::BleuOptions& options);

/// Returns BLEU of the sentences whose source has `shortest` to `longest` words; a `longest` of 0 is no limit.
LengthBin bleu_of_lengths(int64_t shortest, int64_t longest, const std::vector<std::string>& source,
                          const data::References& references, const std::vector<std::string>& said,
                          const data::BleuOptions& options);

}  // namespace grus::seq2seq
