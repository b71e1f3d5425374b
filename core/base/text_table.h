#pragma once
// Aligned columns of text.
#include <string>
#include <vector>

namespace grus {

class TextTable {
 public:
  /// A head that begins with '>' aligns its column right.
  explicit TextTable(std::vector<std::string> heads);
  /// As many cells as heads.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the first: heads
  std::vector<bool> right_;
};

}  // namespace grus
