#pragma once
// A continuous cache: a language model that remembers the words it has just read.
#include <cstdint>
#include <span>
#include <string>

#include "data/text/codec.h"
#include "language/cursor.h"

namespace grus::language {

struct CacheOptions {
  int64_t size;        // ids that it remembers, the last ones
  double share = 0.1;  // of the cache in p, 0 to 1
  double theta = 0.3;  // how much likeness counts, from 0: all that is remembered counts alike
};

/// Returns what a text of lines costs as one stream, as likelihood() does, where each id is expected by
///   p(w) = (1 - share) p_model(w) + share p_cache(w)
///   p_cache(w) = sum over remembered i with id_i = w of a_i,   a = softmax(theta y . y_i)
/// with y what the output layer reads, and y_i what it read before id_i (Grave et al. 2016, arXiv 1612.04426). The
/// first id has nothing to remember, and p_model. The model must be in evaluation. Throws UsageError for options out of
/// range.
Likelihood cached_likelihood(const nn::LanguageModel& model, const data::Codec& codec,
                             std::span<const std::string> lines, const CacheOptions& options);

}  // namespace grus::language
