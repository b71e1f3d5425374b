#include "data/text/word_vectors.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/line_reader.h"
#include "data/read/number.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

struct VectorLine {
  std::string_view word;
  std::span<const std::string_view> numbers;
};

// Walks the lines of a file.
class Lines {
 public:
  explicit Lines(const std::string& path) : reader_(path) {
    require<DataError>(advance(), "{}: need words and their numbers, got an empty file", reader_.name());
    if (fields_.size() == 2 && size_at(0) && size_at(1)) {
      promised_ = *size_at(0), width_ = *size_at(1);
      require<DataError>(width_ > 0, "{}:1: need at least one number a word, got 0", reader_.name());
      require<DataError>(advance(), "{}: need words and their numbers, got a header alone", reader_.name());
    } else {
      require<DataError>(fields_.size() >= 2, "{}:1: need a word and its numbers, got one field", reader_.name());
      width_ = static_cast<int64_t>(fields_.size()) - 1;
    }
  }
  int64_t width() const { return width_; }

  std::optional<VectorLine> next() {
    if (!waiting_ && !advance()) return finish();
    waiting_ = false;
    ++given_;
    const size_t width = static_cast<size_t>(width_);
    require<DataError>(fields_.size() > width, "{}:{}: need a word and {} numbers, got {} fields", reader_.name(),
                       reader_.number(), width, fields_.size());
    const size_t spare = fields_.size() - width;  // fields of the word
    // The word may hold spaces, but a number among its further fields means a longer vector.
    for (size_t i = 1; i < spare; ++i)
      require<DataError>(!parse_number(fields_[i]).has_value(), "{}:{}: need a word and {} numbers, got {} fields",
                         reader_.name(), reader_.number(), width, fields_.size());
    const char* const begin = fields_[0].data();
    const std::string_view last = fields_[spare - 1];
    return VectorLine{{begin, static_cast<size_t>(last.data() + last.size() - begin)},
                      std::span<const std::string_view>(fields_).subspan(spare)};
  }

  void append(const VectorLine& line, float* to) const {
    for (const std::string_view text : line.numbers) {
      const std::optional<double> value = parse_number(text);
      const float number = value ? static_cast<float>(*value) : NAN;
      require<DataError>(std::isfinite(number), "{}:{}: need finite numbers, got '{}'", reader_.name(),
                         reader_.number(), Shown{text});
      *to++ = number;
    }
  }

 private:
  std::optional<int64_t> size_at(size_t field) const {
    constexpr double most = 0x1p40;
    const std::string_view text = fields_[field];
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    const std::optional<double> value = parse_number(text);
    return value && *value < most ? std::optional(static_cast<int64_t>(*value)) : std::nullopt;
  }

  bool advance() {
    const std::optional<std::string_view> raw = reader_.next();
    if (!raw) return false;
    std::string_view line = *raw;
    if (reader_.number() == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    fields_ = split_spaces(line);
    return true;
  }

  std::optional<VectorLine> finish() const {
    require<DataError>(!promised_ || given_ == *promised_, "{}:{}: need {} words, as line 1 says, got {}",
                       reader_.name(), reader_.number(), promised_.value_or(0), given_);
    return std::nullopt;
  }

  LineReader reader_;
  std::vector<std::string_view> fields_;
  std::optional<int64_t> promised_;
  int64_t width_ = 0, given_ = 0;
  bool waiting_ = true;  // a line was read ahead
};

}  // namespace

WordVectors read_word_vectors(const std::string& path, int64_t most, Device device) {
  require<UsageError>(most >= 0, "[read_word_vectors] need a count of lines, or 0 for all, got {}", most);
  Lines lines(path);
  WordVectors read;
  std::vector<float> values;
  PieceMap<bool> seen;
  const auto width = static_cast<size_t>(lines.width());
  for (int64_t count = 0; most == 0 || count < most; ++count) {
    const std::optional<VectorLine> line = lines.next();
    if (!line) break;
    const bool readable = find_invalid_utf8(line->word) == std::string_view::npos;
    const bool is_new = readable && seen.emplace(line->word, true).second;
    values.resize(values.size() + width);
    lines.append(*line, values.data() + values.size() - width);
    if (is_new) read.words.emplace_back(line->word);
    else values.resize(values.size() - width);
    read.repeated += readable && !is_new;
    read.unreadable += !readable;
  }
  read.vectors = Tensor::from(values, {static_cast<int64_t>(read.words.size()), lines.width()}, device);
  return read;
}

FoundVectors find_word_vectors(const std::string& path, std::span<const std::string> words, Device device) {
  Lines lines(path);
  const auto width = static_cast<size_t>(lines.width());
  const auto count = static_cast<int64_t>(words.size());
  PieceMap<std::vector<size_t>> rows;  // a word may be asked for twice
  for (size_t i = 0; i < words.size(); ++i) rows[words[i]].push_back(i);
  // A header may promise any width: memory is taken when a line has shown it.
  std::optional<VectorLine> line = lines.next();
  std::vector<float> values(words.size() * width), row(width);
  std::vector<bool> found(words.size());
  for (; line; line = lines.next()) {
    const auto asked = rows.find(line->word);
    if (asked == rows.end()) continue;
    lines.append(*line, row.data());
    for (const size_t i : asked->second) {
      std::copy(row.begin(), row.end(), values.begin() + static_cast<ptrdiff_t>(i * width));
      found[i] = true;
    }
    rows.erase(asked);
  }
  return {Tensor::from(values, {count, lines.width()}, device), Tensor::from_bools(found, {count}, device),
          std::count(found.begin(), found.end(), false)};
}

FoundVectors find_word_vectors(const std::string& path, const Vocab& vocab, Device device) {
  std::vector<std::string> words;
  for (int64_t id = 0; id < vocab.size(); ++id) words.push_back(vocab.piece(id));
  FoundVectors result = find_word_vectors(path, words, device);
  const std::vector<bool> found = result.found.to_bools();
  result.unknown = std::count(found.begin() + special_count, found.end(), false);
  return result;
}

}  // namespace grus::data
