#pragma once
// Lists of n best translations as Moses writes them: "ID ||| TEXT ||| FEATURES ||| SCORE", a line each.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::data {

struct NBestEntry {
  int64_t sentence = 0;  // from 0
  std::string text;
  std::string features;  // "logp= -1.2 words= 5"; may be empty
  double score = 0;      // entries of a sentence are ordered by it, the largest first
};

/// Returns the line of an entry, without its end.
std::string format_n_best(const NBestEntry& entry);
/// Reads a list, plain or gzip, or standard input ("-"); a line may lack its features, "ID ||| TEXT ||| SCORE". Further
/// columns are left out. Throws DataError "FILE:LINE: need ..., got ...", for sentences that are not in order as well.
std::vector<NBestEntry> read_n_best(const std::string& file);

}  // namespace grus::data
