#include "data/read/csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

constexpr size_t longest_record = 64'000'000;
constexpr std::string_view blanks = " \t";

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

std::string shown(std::string_view text) { return fmt::format("'{}'", Shown{text}); }

}  // namespace

CsvReader::CsvReader(const std::string& path, const CsvOptions& options) : options_(options), lines_(path) {
  require<UsageError>(!is_line_end(options.separator) && !is_line_end(options.quote) && options.separator != '\0' &&
                          options.separator != options.quote,
                      "[csv] need a separator and a quote that differ and end no line, got '{}' and '{}'",
                      printable({&options.separator, 1}), printable({&options.quote, 1}));
}

std::optional<std::span<const std::string>> CsvReader::next() {
  do {
    if (!next_line()) return std::nullopt;
  } while (end_ == at_);
  begin_ = lines_.number();
  bytes_ = line_.size();
  for (count_ = 0;;) {
    if (count_ == fields_.size()) fields_.emplace_back();
    std::string& field = fields_[count_++];
    field.clear();
    if (options_.trim) skip_blanks();
    if (options_.quote != '\0' && at_ < end_ && line_[at_] == options_.quote) read_quoted(field);
    else read_plain(field);
    if (at_ == end_) return std::span<const std::string>(fields_.data(), count_);
    ++at_;
  }
}

bool CsvReader::next_line() {
  const std::optional<std::string_view> line = lines_.next();
  if (!line) return false;
  const size_t bad = find_invalid_utf8(*line);
  require<DataError>(bad == std::string_view::npos, "{}:{}: invalid UTF-8 at byte {}", name(), lines_.number(),
                     bad + 1);
  line_ = *line;
  at_ = lines_.number() == 1 && line_.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  end_ = line_.size() - (line_.ends_with('\r') ? 1 : 0);
  return true;
}

void CsvReader::skip_blanks() {
  while (at_ < end_ && line_[at_] != options_.separator && blanks.find(line_[at_]) != std::string_view::npos) ++at_;
}

void CsvReader::read_plain(std::string& field) {
  const std::string_view rest = line_.substr(at_, end_ - at_);
  std::string_view text = rest.substr(0, rest.find(options_.separator));
  at_ += text.size();
  if (options_.quote != '\0' && text.find(options_.quote) != std::string_view::npos)
    fail_at(lines_.number(), "quotes around a whole field", shown(text));
  if (text.find('\r') != std::string_view::npos)
    fail_at(lines_.number(), "quotes around a carriage return", shown(text));
  if (options_.trim) text = text.substr(0, text.find_last_not_of(blanks) + 1);
  field.assign(text);
}

void CsvReader::read_quoted(std::string& field) {
  const int64_t opened = lines_.number();
  for (++at_;;) {
    const size_t quote = line_.find(options_.quote, at_);
    if (quote != std::string_view::npos) {
      field.append(line_, at_, quote - at_);
      at_ = quote + 1;
      if (at_ == line_.size() || line_[at_] != options_.quote) break;
      field.push_back(options_.quote);
      ++at_;
      continue;
    }
    field.append(line_, at_);
    field.push_back('\n');
    const bool more = next_line();
    if (!more) fail_at(opened, "a closing quote", "the end of the file");
    bytes_ += line_.size() + 1;
    if (bytes_ > longest_record) fail_at(opened, "a closing quote and a record of at most 64 MB", "more");
  }
  const size_t closed = at_;
  if (options_.trim) skip_blanks();
  if (at_ != end_ && line_[at_] != options_.separator)
    fail_at(lines_.number(), "a separator behind a closing quote", shown(line_.substr(closed, end_ - closed)));
}

void CsvReader::fail_at(int64_t line, std::string_view need, std::string_view got) const {
  fail<DataError>("{}:{}:{}: need {}, got {}", name(), line, count_, need, got);
}

}  // namespace grus::data
