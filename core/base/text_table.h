#pragma once
// A text table aligns its columns.
#include <string>
#include <vector>

namespace grus {

class TextTable {
 public:
  /// A head that begins with '>' aligns its column to the right.
  explicit TextTable(std::vector<std::string> heads);
  /// Adds a row, which has as many cells as there are heads.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the first row holds the heads
  std::vector<bool> right_;
};

}  // namespace grus
