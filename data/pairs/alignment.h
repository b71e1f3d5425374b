#pragma once
// Word alignments: which word of one side stands for which of the other.
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grus::data {

/// A link joins two words, named by their places from 0.
struct Link {
  int32_t source, target;
  auto operator<=>(const Link&) const = default;
};
/// Links of a sentence pair, sorted, each once.
using Links = std::vector<Link>;

/// Parses Pharaoh's format: "0-0 1-2 2-1", source first; an empty line has no links. Throws DataError "NAME:NUMBER:
/// need ..., got ..." for anything else and for places outside the sentences.
Links parse_links(std::string_view line, int64_t source_words, int64_t target_words, std::string_view name,
                  int64_t number);
std::string format_links(const Links& links);

/// The way in which two one-sided alignments become one (Och and Ney 2003; Koehn et al. 2003, section 4.5).
enum class Symmetrisation { intersection, union_of_both, grow_diag, grow_diag_final, grow_diag_final_and };

/// Joins two alignments, which both hold (source, target) places.
Links symmetrise(const Links& forward, const Links& backward, int64_t source_words, int64_t target_words,
                 Symmetrisation how = Symmetrisation::grow_diag_final);

}  // namespace grus::data
