#pragma once
// Parallel text: line n of one side belongs to line n of the other.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::data {

/// Sentence pairs; both sides have the same number of lines and no line is blank.
struct ParallelCorpus {
  std::vector<std::string> source, target;
  int64_t size() const { return static_cast<int64_t>(source.size()); }
};

/// Sentences with one or more translations each, for evaluation.
struct ReferenceCorpus {
  std::vector<std::string> source;
  std::vector<std::vector<std::string>> references;  // references[n] holds all of sentence n, at least one
  int64_t size() const { return static_cast<int64_t>(source.size()); }
};

/// Reads two files, plain or gzip. Throws DataError when their line counts differ (names both), a line is blank
/// (file:line), there are no lines, or a file cannot be read (see read_lines).
ParallelCorpus read_parallel(const std::string& source_file, const std::string& target_file);

/// Reads one file of "SOURCE<TAB>TARGET" lines; columns after the second are left out. Throws DataError as
/// read_parallel does.
ParallelCorpus read_tsv(const std::string& file);

/// Reads one file of "SOURCE<TAB>REFERENCE<TAB>REFERENCE..." lines, each with one reference or more.
ReferenceCorpus read_references_tsv(const std::string& file);

/// Reads a source file and files of references, line by line: every sentence has as many references as there are files.
ReferenceCorpus read_references(const std::string& source_file, const std::vector<std::string>& reference_files);

}  // namespace grus::data
