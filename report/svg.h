#pragma once
// The part that all charts share: the frame, labels, and how numbers become attributes.
#include <string>
#include <string_view>

namespace grus::report {

/// Returns a coordinate with at most one decimal.
std::string px(double pixels);

/// Estimates the width, because nothing here knows the reader's font.
double text_width(std::string_view text, double font_size);

/// Attributes of a text: position, size, anchor ("start", "middle", "end"), further attributes as they are.
struct Label {
  double x, y;
  double size = 12;
  std::string_view anchor = "start";
  std::string_view more = {};
};
std::string label(const Label& at, std::string_view text);

/// Muted text is greyer than other text.
extern const std::string_view muted;
/// A halo is a rim in the colour of the paper, for text over lines.
extern const std::string_view halo;

/// Returns the opening tag of a chart; `description` is what a screen reader says.
std::string open_svg(double width, double height, std::string_view description);

/// Returns title and unit, at the top left.
std::string heading(std::string_view title, std::string_view unit);

/// Returns a frame of the usual size with one line in it.
std::string empty_chart(std::string_view title, std::string_view why);

inline constexpr double chart_width = 480, chart_height = 300;

}  // namespace grus::report
