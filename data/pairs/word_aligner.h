#pragma once
// Word alignments learnt from sentence pairs alone, by EM: IBM model 1 (Brown et al. 1993), then the HMM of Vogel, Ney
// and Tillmann (1996), once in each direction.
#include <functional>
#include <string>
#include <vector>

#include "data/pairs/alignment.h"
#include "data/pairs/batch.h"
#include "data/pairs/lexicon.h"

namespace grus::data {

struct AlignerOptions {
  int64_t model1_iterations = 5, hmm_iterations = 5;
  double null_probability =
      0.2;  // chance that a word of the other side stands for no word (Och and Ney 2003, section 2.2)
  Symmetrisation symmetrisation = Symmetrisation::grow_diag_final;
};

/// A notice comes after each iteration: "source to target, HMM 2/5", and the mean negative log-likelihood of a word in
/// nats.
using AlignerNotice = std::function<void(const std::string& stage, double nats)>;

/// Returns the links of each pair. Ids are from 0; a side may be empty and then has no links. The same pairs give the
/// same links.
std::vector<Links> align_words(const EncodedCorpus& pairs, const AlignerOptions& options = {},
                               const AlignerNotice& notice = {});

/// Aligns sentences of words.
std::vector<Links> align_words(const std::vector<std::vector<std::string>>& source,
                               const std::vector<std::vector<std::string>>& target, const AlignerOptions& options = {},
                               const AlignerNotice& notice = {});

/// Returns t(target word | source word) for each source id up to the largest, the likeliest first, as the same EM
/// learns it from source to target. The chances of a source word add up to 1 at most.
std::vector<WordProbabilities> translation_probabilities(const EncodedCorpus& pairs, const AlignerOptions& options = {},
                                                         const AlignerNotice& notice = {});

}  // namespace grus::data
