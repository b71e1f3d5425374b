#pragma once
// log p(target | source) of phrase pairs under a model.
#include <string>
#include <vector>

#include "examples/phrases/commands.h"
#include "seq2seq/model_folder.h"

namespace grus::phrases {

/// A model with what its text needs.
class Scorer {
 public:
  explicit Scorer(const UseOptions& options);

  /// Cho et al. 2014, equation 4 for each pair: the sum of log p of the target's pieces and its end, in nats.
  std::vector<double> operator()(const std::vector<std::string>& sources, const std::vector<std::string>& targets);
  /// Pairs so far one of whose pieces the vocabulary does not have: it counts as <unk>.
  int64_t unknown() const { return unknown_; }
  /// Says how many, when there were any.
  void report_unknown(int64_t pairs) const;

  const seq2seq::SavedModel& saved() const { return saved_; }
  const seq2seq::Architecture& model() const { return *saved_.model; }

 private:
  UseOptions options_;
  seq2seq::SavedModel saved_;
  int64_t unknown_ = 0;
};

/// One phrase a line of `given`, or of standard input where none is given: words with one space between them. Throws
/// DataError for a blank one.
std::vector<std::string> phrases_to_use(const std::vector<std::string>& given);

}  // namespace grus::phrases
