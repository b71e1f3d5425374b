#pragma once
// Lines of text in, lines of text out.
#include <filesystem>

#include "data/corpus.h"
#include "seq2seq/alignment.h"
#include "seq2seq/model_folder.h"
#include "seq2seq/search.h"

namespace grus::seq2seq {

struct Translation {
  std::string text;
  double score = 0, log_probability = 0;
  Alignment alignment;  // of pieces, <eos> last; empty unless asked for
};

/// Bytes of a line that is translated or scored: what attention costs grows with the square of its words.
inline constexpr size_t longest_line = 1u << 16;
/// Throws DataError "FILE:LINE: need a line of at most ..." for the first that is longer.
void require_translatable(const std::vector<std::string>& lines, std::string_view file);
/// The same for sources and references; references stand on the lines of their sources.
void require_translatable(const data::ReferenceCorpus& text, std::string_view file);

/// The n best of each line, best first; a line without words gives one empty translation.
std::vector<std::vector<Translation>> translate(const Architecture& model, const Codecs& codecs,
                                                const std::vector<std::string>& lines, const SearchOptions& options);
/// A model and its own vocabulary.
struct Speaker {
  const Architecture* model;
  const Codecs* codecs;
};
/// The same by several models together, as search() has it; text and alignments are in the first one's pieces.
std::vector<std::vector<Translation>> translate(std::span<const Speaker> models, const std::vector<std::string>& lines,
                                                const SearchOptions& options);
/// The best alone.
std::vector<std::string> translate_best(const Architecture& model, const Codecs& codecs,
                                        const std::vector<std::string>& lines, const SearchOptions& options);

/// A saved model that weighs what others say; its vocabulary is its own.
struct Judge {
  std::filesystem::path folder;
  double weight;
};

/// Saved models that translate, alone or together:   const Translator german("models/de-en");   german("ein hund .")
/// Several: as search() has it. With judges all of the beam are weighed:
///   score = (log p + sum of weight * log p of a judge) / words^A.
class Translator {
 public:
  /// Loads onto default_device(). Throws DataError: a folder is no model, or target vocabularies differ.
  explicit Translator(const std::filesystem::path& folder);
  explicit Translator(const std::vector<std::filesystem::path>& folders, const std::vector<Judge>& judges = {});

  /// The best translation. Throws DataError for a line of more than longest_line bytes.
  std::string operator()(const std::string& line, const SearchOptions& options = {}) const;
  std::vector<std::string> operator()(const std::vector<std::string>& lines, const SearchOptions& options = {}) const;
  /// The n best of each line, best first.
  std::vector<std::vector<Translation>> n_best(const std::vector<std::string>& lines,
                                               const SearchOptions& options) const;

  const std::vector<SavedModel>& models() const { return models_; }
  const SavedModel& first() const { return models_.front(); }

 private:
  std::vector<SavedModel> models_, judges_;
  std::vector<double> weights_;  // of the judges
};

}  // namespace grus::seq2seq
