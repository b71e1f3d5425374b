#pragma once
// A text on its way to others, who do not know its length.
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace grus::parallel {

struct Letter {
  /// The first message has the length and as much as fits, so that short texts need no second one.
  struct First {
    uint64_t length = 0;
    char text[504] = {};
    /// Returns the text with what came of it, as long as all of it.
    std::string begun() const {
      std::string all(text, std::min<size_t>(length, sizeof text));
      all.resize(length);
      return all;
    }
  };
  explicit Letter(std::string all) : text(std::move(all)) {
    first.length = text.size();
    text.copy(first.text, sizeof first.text);
  }
  /// Returns what stands behind the first message.
  static std::span<char> rest(std::string& text) {
    return std::span(text).subspan(std::min(text.size(), sizeof first.text));
  }
  First first;
  std::string text;
  std::vector<int64_t> requests;
};

}  // namespace grus::parallel
