#pragma once
// log p(target | source) of phrase pairs under a model.
#include <string>
#include <vector>

#include "examples/phrases/commands.h"
#include "seq2seq/model_folder.h"

namespace grus::phrases {

/// A scorer is a model with what its text needs.
class Scorer {
 public:
  explicit Scorer(const UseOptions& options);

  /// Returns the sum of log p of the target's pieces and its end, in nats, for each pair (Cho et al. 2014, equation 4).
  std::vector<double> operator()(const std::vector<std::string>& sources, const std::vector<std::string>& targets);
  /// Counts the pairs so far with a piece that the vocabulary does not have: it is scored as <unk>.
  int64_t unknown() const { return unknown_; }
  /// Reports the number of such pairs, when there were any.
  void report_unknown(int64_t pairs) const;

  const seq2seq::SavedModel& saved() const { return saved_; }
  const seq2seq::Architecture& model() const { return *saved_.model; }

 private:
  UseOptions options_;
  seq2seq::SavedModel saved_;
  int64_t unknown_ = 0;
};

/// Returns one phrase for each line of `given`, or of standard input where none is given: words with one space between
/// them. Throws DataError for a blank one.
std::vector<std::string> phrases_to_use(const std::vector<std::string>& given);

}  // namespace grus::phrases
