#pragma once
// Lines of text in, lines of text out.
#include "data/corpus.h"
#include "examples/seq2seq/model_folder.h"
#include "examples/seq2seq/report.h"
#include "examples/seq2seq/search.h"

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
/// Pieces of words ("▁" begins one) joined: columns add up, rows are averaged.
Alignment in_words(const Alignment& pieces);
/// The best alone.
std::vector<std::string> translate_best(const Architecture& model, const Codecs& codecs,
                                        const std::vector<std::string>& lines, const SearchOptions& options);

}  // namespace grus::seq2seq
