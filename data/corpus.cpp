#include "data/corpus.h"

#include <algorithm>
#include <string_view>

#include "core/error.h"
#include "data/text.h"

namespace grus::data {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

void check_no_blanks(const std::vector<std::string>& lines, const std::string& file) {
  for (size_t n = 0; n < lines.size(); ++n)
    require<DataError>(!is_blank(lines[n]), "{}:{}: need a sentence, got a blank line", file, n + 1);
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

// The first `wanted` columns of each line, or all of them; at least two.
ReferenceCorpus read_columns(const std::string& file, size_t wanted) {
  const std::vector<std::string> lines = read_lines(file);
  require<DataError>(!lines.empty(), "[corpus] need sentence pairs, got an empty file: {}", file);
  ReferenceCorpus corpus;
  for (size_t n = 0; n < lines.size(); ++n) {
    auto columns = split_tabs(lines[n]);
    require<DataError>(columns.size() >= 2, "{}:{}: need SOURCE<TAB>TARGET, got no tab", file, n + 1);
    columns.resize(std::min(columns.size(), wanted));
    for (size_t c = 0; c < columns.size(); ++c)
      require<DataError>(!is_blank(columns[c]), "{}:{}: need text in column {}, got none", file, n + 1, c + 1);
    corpus.source.emplace_back(columns[0]);
    corpus.references.emplace_back(columns.begin() + 1, columns.end());
  }
  return corpus;
}

}  // namespace

ParallelCorpus read_parallel(const std::string& source_file, const std::string& target_file) {
  ParallelCorpus corpus{read_lines(source_file), read_lines(target_file)};
  // Counts first: a blank line too many is often what makes them differ, and the counts say more.
  require<DataError>(corpus.source.size() == corpus.target.size(),
                     "[corpus] need as many lines in both files, got {} in {} and {} in {}", corpus.source.size(),
                     source_file, corpus.target.size(), target_file);
  require<DataError>(corpus.size() > 0, "[corpus] need sentence pairs, got empty files: {} and {}", source_file,
                     target_file);
  check_no_blanks(corpus.source, source_file);
  check_no_blanks(corpus.target, target_file);
  return corpus;
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
