#pragma once
// A vocabulary says which number stands for which piece of text.
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace grus::data {

/// Every vocabulary has four special ids: unknown piece, padding, start and end of a sentence.
inline constexpr int32_t UNK = 0, PAD = 1, SOS = 2, EOS = 3;
/// The first ordinary piece has this id, the number of specials.
inline constexpr int32_t special_count = 4;

/// Writes backslash, tab, line feed and carriage return in a piece as \\ \t \n \r, so that it fits a column of a line.
std::string escape_piece(std::string_view piece);
/// Throws DataError "PATH:LINE: need ..." for another character after a backslash.
std::string unescape_piece(std::string_view text, std::string_view path, size_t line);

struct VocabOptions {
  int64_t min_count = 1;  // pieces seen less often are unknown
  int64_t max_size = 0;   // counts the four specials; 0: no limit
};

/// A hash that finds a std::string by a view of it.
struct PieceHash {
  using is_transparent = void;
  size_t operator()(std::string_view piece) const { return std::hash<std::string_view>{}(piece); }
};
template <class T>
using PieceMap = std::unordered_map<std::string, T, PieceHash, std::equal_to<>>;

/// A vocabulary holds pieces and their ids: <unk> <pad> <sos> <eos>, then the ordinary pieces, the most frequent first.
class Vocab {
 public:
  /// Makes a vocabulary of the specials alone.
  Vocab();
  /// Makes a vocabulary of ordinary pieces in order of id, from 4 on, with how often each was seen (all 0 when not
  /// given). Throws DataError for an empty piece, a repeated one or the name of a special.
  explicit Vocab(std::vector<std::string> pieces, std::vector<int64_t> counts = {});

  int64_t size() const { return static_cast<int64_t>(pieces_.size()); }
  /// Returns a piece's id, UNK when it is not there. Text that reads "<eos>" is UNK, too: no text names a special.
  int32_t id(std::string_view piece) const;
  /// Returns the piece of an id. Throws UsageError for an id outside 0 .. size() - 1.
  const std::string& piece(int64_t id) const;
  int64_t count(int64_t id) const;

  /// Writes a text file with a line for each piece in order of id, "PIECE<TAB>COUNT"; backslash, tab, line feed and
  /// carriage return in a piece are written \\ \t \n \r.
  void save(const std::string& path) const;
  /// Reads what save() wrote. Throws DataError with file:line.
  static Vocab load(const std::string& path);

  /// Reads a symbol from each line, up to a tab if there is one, in order of id; or what save() wrote. Throws DataError
  /// with file:line.
  static Vocab read_symbols(const std::string& path);

  bool operator==(const Vocab& other) const { return pieces_ == other.pieces_ && counts_ == other.counts_; }

 private:
  void check_id(int64_t id) const;

  std::vector<std::string> pieces_;
  std::vector<int64_t> counts_;
  PieceMap<int32_t> ids_;  // ordinary pieces only
};

/// Counts pieces and makes the vocabulary of them.
class PieceCounter {
 public:
  void add(const std::vector<std::string>& pieces);
  void add(const std::string& piece, int64_t times);
  /// Returns the pieces and their counts in order of first sight; the most frequent first (see vocab()).
  const std::vector<std::pair<std::string, int64_t>>& counts() const { return counts_; }
  std::vector<std::pair<std::string, int64_t>> ranked() const;
  /// Makes the vocabulary, most frequent first; of equally frequent pieces the one seen first comes first.
  Vocab vocab(const VocabOptions& options = {}) const;

 private:
  PieceMap<size_t> index_;
  std::vector<std::pair<std::string, int64_t>> counts_;  // in order of first sight
};

}  // namespace grus::data
