#include "report/svg.h"

#include <fmt/format.h>

#include <cmath>

#include "report/markup.h"

namespace grus::report {

const std::string_view muted = R"(class="muted" fill="#6a6f76")";
const std::string_view halo =
    R"(class="halo" paint-order="stroke" stroke="#ffffff" stroke-width="4" stroke-linejoin="round")";

std::string px(double pixels) {
  const double rounded = std::round(pixels * 10) / 10;
  return fmt::format("{}", rounded == 0 ? 0.0 : rounded);
}

double text_width(std::string_view text, double font_size) {
  return 0.61 * font_size * static_cast<double>(columns(text));
}

std::string label(const Label& at, std::string_view text) {
  return fmt::format(R"(<text x="{}" y="{}" font-size="{}"{}{}{}>{}</text>)", px(at.x), px(at.y), px(at.size),
                     at.anchor == "start" ? "" : fmt::format(R"( text-anchor="{}")", at.anchor),
                     at.more.empty() ? "" : " ", at.more, escape(text));
}

std::string open_svg(double width, double height, std::string_view description) {
  const std::string w = px(width), h = px(height);
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {0} {1}" width="{0}" )"
      R"(height="{1}" role="img" aria-label="{2}" fill="#1d1f23" )"
      R"(font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif">)"
      "\n",
      w, h, escape(description));
}

std::string heading(std::string_view title, std::string_view unit) {
  return label({.x = 0, .y = 17, .size = 15, .more = R"(font-weight="600")"}, title) +
         label({.x = 0, .y = 36, .more = muted}, unit) + "\n";
}

std::string empty_chart(std::string_view title, std::string_view why) {
  const Label middle{.x = chart_width / 2, .y = chart_height / 2, .size = 13, .anchor = "middle", .more = muted};
  return open_svg(chart_width, chart_height, title) + heading(title, "") + label(middle, why) + "</svg>\n";
}

}  // namespace grus::report
