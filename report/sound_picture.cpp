#include "report/sound_picture.h"

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

constexpr double left = 42, right = chart_width - 10, top = 26, bottom = 156;  // of the bands, in pixels
constexpr double curves_top = 172, curves_bottom = 222;

struct Frames {
  size_t count;
  double x(double frame) const { return left + (right - left) * (frame + 0.5) / static_cast<double>(count); }
};

// From the energy that a fifth lies below, which is taken for silence, to the loudest.
std::vector<uint8_t> greys(const SoundPicture& p, size_t frames) {
  std::vector<float> sorted = p.energies;
  for (float& x : sorted) x = std::isfinite(x) ? x : 0;
  std::sort(sorted.begin(), sorted.end());
  const float low = sorted[sorted.size() / 5],
              span = std::max(sorted[sorted.size() - 1 - sorted.size() / 200] - low, 1e-6F);
  const auto bands = static_cast<size_t>(p.bands);
  std::vector<uint8_t> pixels;
  for (size_t m = bands; m-- > 0;)
    for (size_t t = 0; t < frames; ++t) {
      const float x = p.energies[t * bands + m],
                  share = std::isfinite(x) ? std::clamp((x - low) / span, 0.0F, 1.0F) : 0;
      pixels.push_back(static_cast<uint8_t>(std::lround(255 * share)));
    }
  return pixels;
}

std::string bands_of(const SoundPicture& p, size_t frames) {
  const std::vector<uint8_t> pixels = greys(p, frames);
  const InkPlace place{left, top, right - left, bottom - top};
  return fmt::format("<rect class=\"ground\" {} fill=\"#f1f2f2\"/>\n", attributes(place)) +
         ink({.height = p.bands, .width = static_cast<int64_t>(frames), .channels = 1, .values = pixels}, place,
             "sound", false);
}

double height_of(double hertz, const std::vector<double>& frequencies) {
  const auto above = std::lower_bound(frequencies.begin(), frequencies.end(), hertz);
  double band = static_cast<double>(above - frequencies.begin());
  if (above != frequencies.begin() && above != frequencies.end()) band -= (*above - hertz) / (*above - *(above - 1));
  return bottom - (bottom - top) * (band + 0.5) / static_cast<double>(frequencies.size());
}

std::string frequency_labels(const std::vector<double>& frequencies) {
  std::string out = label({.x = left - 6, .y = top - 10, .size = 10, .anchor = "end", .more = muted}, "Hz");
  double last = bottom + 20;
  for (const double hertz : {125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0}) {
    if (frequencies.empty() || hertz < frequencies.front() || hertz > frequencies.back()) continue;
    const double y = height_of(hertz, frequencies);
    if (last - y < 13) continue;
    last = y;
    out += label({.x = left - 6, .y = y + 3.5, .size = 10, .anchor = "end", .more = muted}, fmt::format("{:g}", hertz));
  }
  return out + "\n";
}

std::string time_labels(const SoundPicture& p, const Frames& frames, double y) {
  const double seconds = p.hop * static_cast<double>(frames.count);
  const Axis axis = linear_axis(0, seconds, 6, false, false);
  std::string out;
  for (const Tick& tick : axis.ticks)
    if (tick.value < 0.94 * seconds)
      out += label({.x = frames.x(tick.value / p.hop - 0.5),
                    .y = y,
                    .size = 10,
                    .anchor = tick.value == 0 ? "start" : "middle",
                    .more = muted},
                   tick.label);
  return out + label({.x = right, .y = y, .size = 10, .anchor = "end", .more = muted}, "s") + "\n";
}

// A curve is drawn as the area below it, and named where it is highest.
std::string draw(const SoundCurve& curve, size_t index, const Frames& frames) {
  const auto y = [](double value) {
    return curves_bottom - (curves_bottom - curves_top) * std::clamp(value, 0.0, 1.0);
  };
  std::string line;
  size_t best = 0;
  for (size_t t = 0; t < curve.values.size(); ++t) {
    const double value = std::isfinite(curve.values[t]) ? static_cast<double>(curve.values[t]) : 0;
    append(line, "{}{} {}", t == 0 ? "M" : "L", px(frames.x(static_cast<double>(t))), px(y(value)));
    if (curve.values[t] > curve.values[best]) best = t;
  }
  const size_t shade = index % colour_count;
  const double end = frames.x(static_cast<double>(curve.values.size()) - 1);
  std::string out = fmt::format(
      R"(<path class="f{0}" d="{1}L{2} {3}L{4} {3}Z" fill="{5}" fill-opacity="0.18"/><path class="s{0}" d="{1}" fill="none" stroke="{5}" stroke-width="1.5" stroke-linejoin="round"/>)",
      shade, line, px(end), px(curves_bottom), px(frames.x(0)), colour(shade));
  if (!curve.name.empty() && !curve.values.empty())
    out += label({.x = frames.x(static_cast<double>(best)),
                  .y = y(static_cast<double>(curve.values[best])) - 4,
                  .size = 12,
                  .anchor = "middle",
                  .more = halo},
                 curve.name);
  return out + "\n";
}

std::string draw_marks(const SoundPicture& p, const Frames& frames) {
  std::string out, lines;
  for (const SoundMark& mark : p.marks) {
    const double x = frames.x(mark.frame - 0.5);
    append(lines, "M{} {}V{}", px(x), px(top), px(p.curves.empty() ? bottom : curves_bottom));
    out += label({.x = x, .y = top - 8, .size = 15, .anchor = "middle"}, mark.text);
  }
  if (lines.empty()) return out;
  return fmt::format(
             R"(<path class="guide" d="{}" fill="none" stroke="#6a6f76" stroke-width="1" stroke-dasharray="2 3"/>)",
             lines) +
         out + "\n";
}

}  // namespace

std::string sound_picture(const SoundPicture& p) {
  require<UsageError>(p.bands > 0 && std::ssize(p.energies) % p.bands == 0 && std::ssize(p.frequencies) == p.bands,
                      "[sound_picture] need frames of {} bands and as many frequencies, got {} energies and {}",
                      p.bands, p.energies.size(), p.frequencies.size());
  if (p.energies.empty()) return empty_chart("", "no sound");
  const Frames frames{p.energies.size() / static_cast<size_t>(p.bands)};
  const double end = p.curves.empty() ? bottom : curves_bottom;
  std::string out = open_svg(chart_width, end + 22, p.description);
  out += bands_of(p, frames.count) + frequency_labels(p.frequencies);
  if (!p.curves.empty()) {
    out += base_line(left, right, curves_bottom);
    out += label({.x = left - 6, .y = curves_bottom - 21, .size = 10, .anchor = "end", .more = muted}, p.curves_title);
  }
  for (size_t i = 0; i < p.curves.size(); ++i) out += draw(p.curves[i], i, frames);
  return out + draw_marks(p, frames) + time_labels(p, frames, end + 14) + "</svg>\n";
}

}  // namespace grus::report
