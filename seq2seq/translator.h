#pragma once
// A Translator turns lines of text into their translations.
#include <filesystem>

#include "data/pairs/corpus.h"
#include "parallel/communicator.h"
#include "seq2seq/alignment.h"
#include "seq2seq/model_folder.h"
#include "seq2seq/search.h"

namespace grus::seq2seq {

struct Translation {
  std::string text;
  double score = 0, log_probability = 0;
  Alignment alignment;  // of pieces, with <eos> last; empty unless asked for
  int64_t words = 0;    // the number of its pieces, and of its <eos> where it ended
};

/// The bytes of a line that is translated or scored: the cost of attention grows with the square of its words.
inline constexpr size_t longest_line = 1u << 16;
/// Throws DataError "FILE:LINE: need a line of at most ..." for the first line that is longer.
void require_translatable(const std::vector<std::string>& lines, std::string_view file);
/// Throws DataError for the first source or reference that is longer; references stand on the lines of their sources.
void require_translatable(const data::ReferenceCorpus& text, std::string_view file);

/// Returns the n best translations of each line, best first; a line without words gives one empty translation.
std::vector<std::vector<Translation>> translate(const Architecture& model, const Codecs& codecs,
                                                const std::vector<std::string>& lines, const SearchOptions& options);
/// A Speaker is a model and its own vocabulary.
struct Speaker {
  const Architecture* model;
  const Codecs* codecs;
};
/// Returns the n best translations by several models together, as search() has it; text and alignments are in the
/// pieces of the first.
std::vector<std::vector<Translation>> translate(std::span<const Speaker> models, const std::vector<std::string>& lines,
                                                const SearchOptions& options);
/// Returns the best translation of each line.
std::vector<std::string> translate_best(const Architecture& model, const Codecs& codecs,
                                        const std::vector<std::string>& lines, const SearchOptions& options);
/// Shares the work out among ranks, in the batches that one rank would search; all get all translations.
std::vector<std::string> translate_best(const Architecture& model, const Codecs& codecs,
                                        const std::vector<std::string>& lines, SearchOptions options,
                                        parallel::Communicator& ranks);

/// A Judge is a saved model that weighs what others say; its vocabulary is its own.
struct Judge {
  std::filesystem::path folder;
  double weight;
};

/// A Translator is one saved model, or several that search together as search() has it.
///   const Translator german("models/de-en");   german("ein hund .")
/// A folder, a pack or a name (data/fetch/find_model.h) is a model.
/// With judges all hypotheses of the beam are weighed:
///   score = (log p + sum of weight * log p of a judge) / words^A
class Translator {
 public:
  /// Loads onto default_device(). Throws DataError for a folder without a model, and for target vocabularies that
  /// differ.
  explicit Translator(const std::filesystem::path& folder);
  explicit Translator(const std::vector<std::filesystem::path>& folders, const std::vector<Judge>& judges = {});

  /// Returns the best translation. Throws DataError for a line of more than longest_line bytes.
  std::string operator()(const std::string& line, const SearchOptions& options = {}) const;
  std::vector<std::string> operator()(const std::vector<std::string>& lines, const SearchOptions& options = {}) const;
  /// Returns the n best translations of each line, best first, or samples as they were drawn.
  std::vector<std::vector<Translation>> n_best(const std::vector<std::string>& lines,
                                               const SearchOptions& options) const;
  /// Returns the pieces with which translations are to begin, for SearchOptions::prefixes; `line` is the number of the
  /// first. Throws DataError "NAME:LINE: need ..." for a piece that the model does not know.
  std::vector<std::vector<int32_t>> prefixes(const std::vector<std::string>& texts, std::string_view name,
                                             int64_t line = 1) const;

  const std::vector<SavedModel>& models() const { return models_; }
  const SavedModel& first() const { return models_.front(); }

 private:
  std::vector<SavedModel> models_, judges_;
  std::vector<double> weights_;  // the weights of the judges
};

}  // namespace grus::seq2seq
