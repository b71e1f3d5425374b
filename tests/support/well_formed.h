#pragma once
// A small XML checker: our pages and pictures are written so that it accepts both.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace grus::test {

/// Checks one tag's attributes: name="value", each name once, no raw < or & in a value. Returns what is wrong, or "".
inline std::string bad_attributes(std::string_view text) {
  std::vector<std::string_view> names;
  while (true) {
    const size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return "";
    text.remove_prefix(begin);
    const size_t equals = text.find("=\"");
    if (equals == std::string_view::npos) return "an attribute without a value: " + std::string(text);
    const size_t end = text.find('"', equals + 2);
    if (end == std::string_view::npos) return "an open quote: " + std::string(text);
    const std::string_view name = text.substr(0, equals);
    if (name.find_first_of(" <>") != std::string_view::npos) return "a strange name: " + std::string(name);
    if (std::ranges::count(names, name) > 0) return "twice: " + std::string(name);
    names.push_back(name);
    text.remove_prefix(end + 1);
    if (!text.empty() && text[0] != ' ' && text[0] != '\n') return "no space after an attribute: " + std::string(text);
  }
}

/// Returns "" or what is wrong: tags that do not match, a bare ampersand, bad attributes, more than one root.
inline std::string not_well_formed(std::string_view text) {
  constexpr std::string_view entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  for (size_t at = 0; (at = text.find('&', at)) != std::string_view::npos; ++at)
    if (std::ranges::none_of(entities, [&](auto entity) { return text.substr(at).starts_with(entity); }))
      return "a bare ampersand: " + std::string(text.substr(at, 20));
  std::vector<std::string> open;
  int roots = 0;
  for (size_t at = 0; (at = text.find('<', at)) != std::string_view::npos;) {
    const size_t end = text.find('>', at);
    if (end == std::string_view::npos) return "a tag that does not end";
    std::string_view tag = text.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.empty() || tag[0] == '?' || tag[0] == '!') continue;
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "an end without its beginning: " + std::string(tag);
      open.pop_back();
      continue;
    }
    const bool alone = tag.back() == '/';
    if (alone) tag.remove_suffix(1);
    const size_t name_end = std::min(tag.find_first_of(" \n"), tag.size());
    if (const std::string bad = bad_attributes(tag.substr(name_end)); !bad.empty()) return bad;
    if (open.empty()) ++roots;
    if (!alone) open.emplace_back(tag.substr(0, name_end));
  }
  if (!open.empty()) return "left open: " + open.back();
  return roots == 1 ? "" : "not exactly one root";
}

inline size_t count(std::string_view text, std::string_view what) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; at += what.size()) ++found;
  return found;
}

inline bool contains(std::string_view text, std::string_view what) { return count(text, what) > 0; }

}  // namespace grus::test
