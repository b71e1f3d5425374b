#include "data/pairs/corpus.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "data/read/line_reader.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

// A side of a text is held up to its first blank line: a packed file of nothing but line ends must not fill the memory.
struct Side {
  std::vector<std::string> lines;
  int64_t count = 0, blank = 0;  // the number of lines; that of the first blank one, from 1
};

Side read_side(const std::string& file) {
  LineReader reader(file);
  Side side;
  bool only_mark = false;
  while (const std::optional<std::string_view> line = reader.next()) {
    only_mark = reader.number() == 1 && *line == byte_order_mark;
    side.lines.push_back(clean_line(*line, reader.name(), reader.number()));
    if (!is_blank(side.lines.back())) continue;
    side.blank = reader.number();
    if (reader.count_rest() > 0) only_mark = false;
  }
  side.count = reader.number();
  return only_mark ? Side() : side;
}

void check_no_blank(const Side& side, const std::string& file) {
  require<DataError>(side.blank == 0, "{}:{}: need a sentence, got a blank line", file, side.blank);
}

std::vector<std::string_view> split_tabs(std::string_view line) {
  std::vector<std::string_view> columns;
  for (;;) {
    const size_t tab = line.find('\t');
    columns.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return columns;
    line.remove_prefix(tab + 1);
  }
}

// Reads the first `wanted` columns of each line, or all of them; there must be two at least.
ReferenceCorpus read_columns(const std::string& file, size_t wanted) {
  LineReader reader(file);
  ReferenceCorpus corpus;
  while (const std::optional<std::string_view> raw = reader.next()) {
    const std::string& name = reader.name();
    const std::string line = clean_line(*raw, name, reader.number());
    if (*raw == byte_order_mark && reader.number() == 1 && reader.count_rest() == 0) break;
    auto columns = split_tabs(line);
    require<DataError>(columns.size() >= 2, "{}:{}: need SOURCE<TAB>TARGET, got no tab", name, reader.number());
    columns.resize(std::min(columns.size(), wanted));
    for (size_t c = 0; c < columns.size(); ++c)
      require<DataError>(!is_blank(columns[c]), "{}:{}: need text in column {}, got none", name, reader.number(),
                         c + 1);
    corpus.source.emplace_back(columns[0]);
    corpus.references.emplace_back(columns.begin() + 1, columns.end());
  }
  require<DataError>(corpus.size() > 0, "[corpus] need sentence pairs, got an empty file: {}", reader.name());
  return corpus;
}

}  // namespace

ParallelCorpus read_parallel(const std::string& source_file, const std::string& target_file) {
  Side source = read_side(source_file), target = read_side(target_file);
  // Counts are compared first: a blank line too many is often what makes them differ, and the counts say more.
  require<DataError>(source.count == target.count,
                     "[corpus] need as many lines in both files, got {} in {} and {} in {}", source.count, source_file,
                     target.count, target_file);
  require<DataError>(source.count > 0, "[corpus] need sentence pairs, got empty files: {} and {}", source_file,
                     target_file);
  check_no_blank(source, source_file);
  check_no_blank(target, target_file);
  return {std::move(source.lines), std::move(target.lines)};
}

ParallelCorpus read_tsv(const std::string& file) {
  ReferenceCorpus rows = read_columns(file, 2);
  ParallelCorpus corpus{std::move(rows.source), {}};
  corpus.target.reserve(rows.references.size());
  for (auto& targets : rows.references) corpus.target.push_back(std::move(targets.front()));
  return corpus;
}

ReferenceCorpus read_references_tsv(const std::string& file) { return read_columns(file, std::string::npos); }

ReferenceCorpus read_references(const std::string& source_file, const std::vector<std::string>& reference_files) {
  require<UsageError>(!reference_files.empty(), "[corpus] need a file of references for {}, got none", source_file);
  ReferenceCorpus corpus;
  for (const std::string& file : reference_files) {
    ParallelCorpus pairs = read_parallel(source_file, file);
    corpus.source = std::move(pairs.source);
    corpus.references.resize(corpus.source.size());
    for (size_t n = 0; n < corpus.source.size(); ++n) corpus.references[n].push_back(std::move(pairs.target[n]));
  }
  return corpus;
}

}  // namespace grus::data
