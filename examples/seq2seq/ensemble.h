#pragma once
// Trained models that translate together, and others that judge what they said.
#include "examples/seq2seq/translator.h"

namespace grus::seq2seq {

/// Gives weight * log p(translation | source) to the score of a translation; its vocabulary is its own.
struct Judge {
  SavedModel saved;
  double weight;
};

class Ensemble {
 public:
  /// folders: "DIR" or "DIR,DIR,..."; judges: "DIR=WEIGHT" each. Throws UsageError for text of another form, DataError
  /// when a folder is no model or the target vocabularies of the first differ.
  explicit Ensemble(const std::string& folders, const std::vector<std::string>& judges = {});

  const std::vector<SavedModel>& models() const { return models_; }
  const SavedModel& first() const { return models_.front(); }

  /// The n best of each line, best first. With judges all of the beam are weighed:
  ///   score = (log p + sum of weight * log p of a judge) / words^A.
  std::vector<std::vector<Translation>> translate(const std::vector<std::string>& lines,
                                                  const SearchOptions& options) const;
  /// The best alone.
  std::vector<std::string> translate_best(const std::vector<std::string>& lines, const SearchOptions& options) const;

 private:
  std::vector<SavedModel> models_;
  std::vector<Judge> judges_;
};

}  // namespace grus::seq2seq
