#include "data/text/vocab.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

constexpr std::array<std::string_view, special_count> special_names = {"<unk>", "<pad>", "<sos>", "<eos>"};

bool is_special(std::string_view piece) {
  return std::find(special_names.begin(), special_names.end(), piece) != special_names.end();
}

int64_t read_count(std::string_view text, std::string_view path, size_t line) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  require<DataError>(error == std::errc() && end == text.data() + text.size() && count >= 0,
                     "{}:{}: need a count after the tab, got '{}'", path, line, Shown{text});
  return count;
}

}  // namespace

std::string escape_piece(std::string_view piece) {
  std::string text;
  for (const char c : piece) {
    switch (c) {
      case '\\':
        text += "\\\\";
        break;
      case '\t':
        text += "\\t";
        break;
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      default:
        text += c;
    }
  }
  return text;
}

std::string unescape_piece(std::string_view text, std::string_view path, size_t line) {
  std::string piece;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      piece += text[i];
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const size_t which = std::string_view("\\tnr").find(next);
    require<DataError>(which != std::string_view::npos, "{}:{}: need \\\\, \\t, \\n or \\r after a backslash, got {}",
                       path, line, Shown{text});
    piece += "\\\t\n\r"[which];
    ++i;
  }
  return piece;
}

Vocab::Vocab() : Vocab(std::vector<std::string>{}) {}

Vocab::Vocab(std::vector<std::string> pieces, std::vector<int64_t> counts) {
  require<UsageError>(counts.empty() || counts.size() == pieces.size(),
                      "[vocab] need a count for each of {} pieces, got {}", pieces.size(), counts.size());
  require<DataError>(pieces.size() < std::numeric_limits<int32_t>::max() - special_count,
                     "[vocab] need fewer than 2^31 pieces, got {}", pieces.size());
  pieces_.assign(special_names.begin(), special_names.end());
  counts_.assign(special_count, 0);
  counts.resize(pieces.size(), 0);
  counts_.insert(counts_.end(), counts.begin(), counts.end());
  ids_.reserve(pieces.size());
  for (std::string& piece : pieces) {
    require<DataError>(!piece.empty() && !is_special(piece), "[vocab] need a piece of text as entry {}, got '{}'",
                       pieces_.size(), Shown{piece});
    const bool added = ids_.emplace(piece, static_cast<int32_t>(pieces_.size())).second;
    require<DataError>(added, "[vocab] need different pieces, got '{}' again as entry {}", Shown{piece},
                       pieces_.size());
    pieces_.push_back(std::move(piece));
  }
}

int32_t Vocab::id(std::string_view piece) const {
  const auto found = ids_.find(piece);
  return found == ids_.end() ? UNK : found->second;
}

void Vocab::check_id(int64_t id) const {
  require<UsageError>(id >= 0 && id < size(), "[vocab] need an id below {}, got {}", size(), id);
}

const std::string& Vocab::piece(int64_t id) const {
  check_id(id);
  return pieces_[static_cast<size_t>(id)];
}

int64_t Vocab::count(int64_t id) const {
  check_id(id);
  return counts_[static_cast<size_t>(id)];
}

void Vocab::save(const std::string& path) const {
  std::string text;
  for (size_t i = 0; i < pieces_.size(); ++i) text += fmt::format("{}\t{}\n", escape_piece(pieces_[i]), counts_[i]);
  write_file_atomically(path, text);
}

Vocab Vocab::read_symbols(const std::string& path) {
  const std::vector<std::string> lines = read_lines(path);
  if (!lines.empty() && lines.front().starts_with(special_names.front())) return load(path);
  require<DataError>(!lines.empty(), "{}: need symbols, one a line, got none", path);
  std::vector<std::string> symbols;
  PieceMap<size_t> first_line;
  for (const std::string& line : lines) {
    const size_t number = symbols.size() + 1;
    std::string symbol = collapse_spaces(std::string_view(line).substr(0, line.find('\t')));
    require<DataError>(!symbol.empty() && !is_special(symbol), "{}:{}: need a symbol, got '{}'", path, number,
                       Shown{symbol});
    const auto [seen, is_new] = first_line.emplace(symbol, number);
    require<DataError>(is_new, "{}:{}: need different symbols, got '{}' as in line {}", path, number, Shown{symbol},
                       seen->second);
    symbols.push_back(std::move(symbol));
  }
  return Vocab(std::move(symbols));
}

Vocab Vocab::load(const std::string& path) {
  const std::vector<std::string> lines = read_lines(path);
  std::vector<std::string> pieces;
  std::vector<int64_t> counts;
  PieceMap<size_t> first_line;
  for (size_t n = 0; n < std::max(lines.size(), special_names.size()); ++n) {
    const std::string_view line = n < lines.size() ? std::string_view(lines[n]) : std::string_view();
    const size_t tab = line.find('\t');
    std::string piece = unescape_piece(line.substr(0, tab), path, n + 1);
    if (n < special_names.size()) {
      require<DataError>(piece == special_names[n], "{}:{}: need {}, got '{}'", path, n + 1, special_names[n],
                         Shown{piece});
      continue;
    }
    require<DataError>(!piece.empty() && !is_special(piece), "{}:{}: need a piece of text, got '{}'", path, n + 1,
                       Shown{piece});
    const auto [seen, is_new] = first_line.emplace(piece, n + 1);
    require<DataError>(is_new, "{}:{}: need different pieces, got '{}' as in line {}", path, n + 1, Shown{piece},
                       seen->second);
    pieces.push_back(std::move(piece));
    counts.push_back(tab == std::string_view::npos ? 0 : read_count(line.substr(tab + 1), path, n + 1));
  }
  return Vocab(std::move(pieces), std::move(counts));
}

void PieceCounter::add(const std::vector<std::string>& pieces) {
  for (const std::string& piece : pieces) add(piece, 1);
}

void PieceCounter::add(const std::string& piece, int64_t times) {
  const auto [at, is_new] = index_.try_emplace(piece, counts_.size());
  if (is_new) counts_.emplace_back(piece, 0);
  counts_[at->second].second += times;
}

std::vector<std::pair<std::string, int64_t>> PieceCounter::ranked() const {
  auto ranked = counts_;
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return ranked;
}

Vocab PieceCounter::vocab(const VocabOptions& options) const {
  require<UsageError>(options.min_count >= 1, "[vocab] need min_count of 1 or more, got {}", options.min_count);
  require<UsageError>(options.max_size == 0 || options.max_size > special_count,
                      "[vocab] need max_size of 0 (no limit) or more than {}, got {}", special_count, options.max_size);
  auto kept = ranked();
  std::erase_if(kept, [&](const auto& p) { return p.second < options.min_count || is_special(p.first); });
  if (options.max_size > 0) kept.resize(std::min(kept.size(), static_cast<size_t>(options.max_size - special_count)));
  std::vector<std::string> pieces;
  std::vector<int64_t> counts;
  for (auto& [piece, count] : kept) {
    pieces.push_back(std::move(piece));
    counts.push_back(count);
  }
  return Vocab(std::move(pieces), std::move(counts));
}

}  // namespace grus::data
