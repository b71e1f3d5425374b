#include "data/pairs/alignment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

bool parse_link(std::string_view text, Link& link) {
  const char* const end = text.data() + text.size();
  const auto source = std::from_chars(text.data(), end, link.source);
  if (source.ec != std::errc() || source.ptr == end || *source.ptr != '-') return false;
  const auto target = std::from_chars(source.ptr + 1, end, link.target);
  return target.ec == std::errc() && target.ptr == end;
}

// A grid holds the links of a sentence pair while they are chosen.
class Grid {
 public:
  Grid(const Links& forward, const Links& backward, int64_t rows, int64_t columns)
      : rows_(rows), columns_(columns), votes_(static_cast<size_t>(rows * columns)) {
    for (const Links* links : {&forward, &backward})
      for (const Link& link : *links) ++votes_[place(link)];
    chosen_.resize(votes_.size());
    row_used_.resize(static_cast<size_t>(rows));
    column_used_.resize(static_cast<size_t>(columns));
  }

  void take_voted(int least) {
    each([&](const Link& link) {
      if (votes_[place(link)] >= least) take(link);
    });
  }
  // Takes voted links beside chosen ones, while one of their words has no link.
  void grow_diagonal() {
    for (bool grown = true; grown;) {
      grown = false;
      each([&](const Link& link) {
        if (!chosen_[place(link)]) return;
        for (const Link& step : neighbours) {
          const Link next{link.source + step.source, link.target + step.target};
          if (inside(next) && votes_[place(next)] > 0 && !chosen_[place(next)] && (!row(next) || !column(next))) {
            take(next);
            grown = true;
          }
        }
      });
    }
  }
  // Takes links of one alignment whose words still lack one: one of the two words, or both.
  void finish(const Links& links, bool both) {
    for (const Link& link : links)
      if (both ? !row(link) && !column(link) : !row(link) || !column(link)) take(link);
  }
  Links chosen() const {
    Links links;
    each([&](const Link& link) {
      if (chosen_[place(link)]) links.push_back(link);
    });
    return links;
  }

 private:
  static constexpr std::array<Link, 8> neighbours{
      {{-1, 0}, {0, -1}, {1, 0}, {0, 1}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}}};
  size_t place(const Link& link) const { return static_cast<size_t>(link.source * columns_ + link.target); }
  bool inside(const Link& link) const {
    return link.source >= 0 && link.target >= 0 && link.source < rows_ && link.target < columns_;
  }
  bool row(const Link& link) const { return row_used_[static_cast<size_t>(link.source)]; }
  bool column(const Link& link) const { return column_used_[static_cast<size_t>(link.target)]; }
  void take(const Link& link) {
    chosen_[place(link)] = true;
    row_used_[static_cast<size_t>(link.source)] = true;
    column_used_[static_cast<size_t>(link.target)] = true;
  }
  template <class Visit>
  void each(const Visit& visit) const {
    for (int32_t i = 0; i < rows_; ++i)
      for (int32_t j = 0; j < columns_; ++j) visit(Link{i, j});
  }

  int64_t rows_, columns_;
  std::vector<int> votes_;
  std::vector<bool> chosen_, row_used_, column_used_;
};

}  // namespace

Links parse_links(std::string_view line, int64_t source_words, int64_t target_words, std::string_view name,
                  int64_t number) {
  Links links;
  for (const std::string_view text : split_spaces(line)) {
    Link link{};
    require<DataError>(parse_link(text, link), "{}:{}: need links such as 0-0 1-2, got '{}'", name, number,
                       Shown{text});
    require<DataError>(link.source >= 0 && link.source < source_words && link.target >= 0 && link.target < target_words,
                       "{}:{}: need places in sentences of {} and {} words, got {}", name, number, source_words,
                       target_words, Shown{text});
    links.push_back(link);
  }
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
  return links;
}

std::string format_links(const Links& links) {
  std::string text;
  for (const Link& link : links) text += fmt::format("{}{}-{}", text.empty() ? "" : " ", link.source, link.target);
  return text;
}

Links symmetrise(const Links& forward, const Links& backward, int64_t source_words, int64_t target_words,
                 Symmetrisation how) {
  Grid grid(forward, backward, source_words, target_words);
  grid.take_voted(how == Symmetrisation::union_of_both ? 1 : 2);
  if (how == Symmetrisation::union_of_both || how == Symmetrisation::intersection) return grid.chosen();
  grid.grow_diagonal();
  if (how == Symmetrisation::grow_diag) return grid.chosen();
  grid.finish(forward, how == Symmetrisation::grow_diag_final_and);
  grid.finish(backward, how == Symmetrisation::grow_diag_final_and);
  return grid.chosen();
}

}  // namespace grus::data
