#include "report/piano_roll.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"
#include "report/chart_parts.h"
#include "report/ink.h"
#include "report/markup.h"
#include "report/svg.h"

namespace grus::report {
namespace {

constexpr double roll_width = 940, roll_left = 34, roll_right = roll_width - 6, roll_top = 22;
constexpr int64_t first_key = 21, keys = 88;  // of a piano

struct Layout {
  int32_t low, high;  // keys that are drawn
  double length;      // quarter notes
  double row;         // height of a key
  double x(double time) const { return roll_left + (roll_right - roll_left) * time / length; }
  double y(int32_t key) const { return roll_top + row * static_cast<double>(high - key); }
  double bottom() const { return y(low) + row; }
};

std::string name_of(int32_t key) {
  constexpr std::array<std::string_view, 12> names = {"C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"};
  return fmt::format("{}{}", names[static_cast<size_t>(key % 12)], key / 12 - 1);
}

Layout lay_out(const PianoRoll& roll) {
  Layout layout{
      .low = 127, .high = 0, .length = roll.step * static_cast<double>(roll.expected.size() / keys), .row = 0};
  for (const RollNote& note : roll.notes) {
    require<UsageError>(note.key >= 0 && note.key < 128, "[piano_roll] need keys of 0 to 127, got {}", note.key);
    require<UsageError>(note.begin >= 0 && note.length >= 0 && note.begin + note.length < 1e6,
                        "[piano_roll] need times of 0 to 1e6, got {} for {}", note.begin, note.length);
    layout.low = std::min(layout.low, note.key);
    layout.high = std::max(layout.high, note.key);
    layout.length = std::max(layout.length, note.begin + note.length);
  }
  layout.low -= 2;
  layout.high += 2;
  layout.row = std::clamp(300.0 / static_cast<double>(layout.high - layout.low + 1), 4.0, 9.0);
  return layout;
}

// Rows of black keys are darker; each C has a line and its name; a line stands at every fourth quarter note, or fewer.
std::string paper(const Layout& l) {
  std::string dark, lines, names;
  for (int32_t key = l.low; key <= l.high; ++key) {
    constexpr std::array<bool, 12> black = {false, true,  false, true,  false, false,
                                            true,  false, true,  false, true,  false};
    const auto pitch = static_cast<size_t>((key + 12) % 12);
    if (black[pitch])
      append(dark, "M{} {}h{}v{}h{}z", px(roll_left), px(l.y(key)), px(roll_right - roll_left), px(l.row),
             px(roll_left - roll_right));
    if (pitch != 0) continue;
    append(lines, "M{} {}H{}", px(roll_left), px(l.y(key) + l.row), px(roll_right));
    names +=
        label({.x = roll_left - 6, .y = l.y(key) + l.row, .size = 10, .anchor = "end", .more = muted}, name_of(key));
  }
  const double bar = 4 * std::pow(2, std::ceil(std::log2(std::max(1.0, l.length / 4 / 40))));  // at most 40 lines
  for (double t = 0; t <= l.length; t += bar) {
    append(lines, "M{} {}V{}", px(l.x(t)), px(roll_top), px(l.bottom()));
    if (std::fmod(t, 4 * bar) == 0 && t < 0.85 * l.length)
      names += label({.x = l.x(t), .y = l.bottom() + 14, .size = 10, .anchor = "middle", .more = muted},
                     fmt::format("{:g}", t));
  }
  names += label({.x = roll_right, .y = l.bottom() + 14, .size = 10, .anchor = "end", .more = muted}, "quarter notes");
  return fmt::format(
      R"(<path class="ground" d="{}" fill="#f1f2f2"/><path class="grid" d="{}" fill="none" stroke="#e4e4df"/>)"
      "\n{}\n",
      dark, lines, names);
}

std::string expectation(const PianoRoll& roll, const Layout& l) {
  if (roll.expected.empty()) return "";
  const auto columns = std::ssize(roll.expected) / keys;
  std::vector<uint8_t> pixels;
  for (int32_t key = l.high; key >= l.low; --key)
    for (int64_t t = 0; t < columns; ++t) {
      const bool on_piano = key >= first_key && key < first_key + keys;
      const float p = on_piano ? roll.expected[static_cast<size_t>(t * keys + key - first_key)] : 0;
      pixels.push_back(static_cast<uint8_t>(std::lround(255 * std::clamp(std::isfinite(p) ? p : 0, 0.0F, 1.0F))));
    }
  const double end = l.x(roll.step * static_cast<double>(columns));
  return ink({.height = l.high - l.low + 1, .width = columns, .channels = 1, .values = pixels},
             {roll_left, roll_top, end - roll_left, l.bottom() - roll_top}, "roll", true);
}

std::string draw(const PianoRoll& roll, const Layout& l) {
  std::string out;
  for (const RollNote& note : roll.notes) {
    const double x = l.x(note.begin), wide = std::max(1.5, l.x(note.begin + note.length) - x - 1);
    const std::string place = fmt::format(R"(x="{}" y="{}" width="{}" height="{}" rx="1.5")", px(x + 0.5),
                                          px(l.y(note.key) + 0.5), px(wide), px(l.row - 1));
    const auto shade = static_cast<size_t>(std::max(note.voice - 1, 0)) % colour_count;
    const std::string title =
        fmt::format("<title>{}, {:g} from {:g}</title>", name_of(note.key), note.length, note.begin);
    if (!roll.expected.empty())
      append(out,
             R"(<rect class="s1" {} fill="none" stroke="{}" stroke-width="1.2">{}</rect>)"
             "\n",
             place, colour(1), title);
    else if (note.voice <= 0)
      append(out,
             R"(<g class="bars" fill="#c9cdd0"><rect {}>{}</rect></g>)"
             "\n",
             place, title);
    else
      append(out,
             R"(<rect class="f{}" {} fill="{}">{}</rect>)"
             "\n",
             shade, place, colour(shade), title);
  }
  return out;
}

std::string legend(const PianoRoll& roll) {
  std::string out;
  double x = roll_left;
  for (size_t v = 0; v < roll.voices.size(); ++v) {
    const std::string place = fmt::format(R"(x="{}" y="5" width="14" height="8" rx="1.5")", px(x));
    if (v == 0) append(out, R"(<g class="bars" fill="#c9cdd0"><rect {}/></g>)", place);
    else
      append(out, R"(<rect class="f{}" {} fill="{}"/>)", (v - 1) % colour_count, place, colour((v - 1) % colour_count));
    out += label({.x = x + 19, .y = 13, .size = 11, .more = muted}, roll.voices[v]);
    x += 36 + text_width(roll.voices[v], 11);
  }
  return out;
}

}  // namespace

std::string piano_roll(const PianoRoll& roll) {
  require<UsageError>(roll.expected.size() % keys == 0, "[piano_roll] need {} numbers a column, got {} in all", keys,
                      roll.expected.size());
  const Layout l = lay_out(roll);
  if (roll.notes.empty() || !(l.length > 0)) return empty_chart("", "no notes");
  std::string out = open_svg(roll_width, l.bottom() + 20, roll.description);
  out += paper(l) + expectation(roll, l) + draw(roll, l) + legend(roll);
  if (roll.from >= 0)
    append(
        out,
        R"(<path class="guide" d="M{} {}V{}" fill="none" stroke="#6a6f76" stroke-width="1.2" stroke-dasharray="4 3"/>)",
        px(l.x(roll.from)), px(roll_top - 4), px(l.bottom() + 4));
  return out + "</svg>\n";
}

}  // namespace grus::report
