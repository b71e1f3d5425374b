#include "report/chart.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "report/axis.h"
#include "report/markup.h"
#include "tests/support/well_formed.h"

using namespace grus::report;
using grus::test::contains;
using grus::test::count;
using grus::test::not_well_formed;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string labels(const Axis& axis) {
  std::string out;
  for (const Tick& tick : axis.ticks) {
    if (!out.empty()) out += " ";
    out += tick.label;
  }
  return out;
}

// No coordinate may be "nan" or "inf": viewers drop the element, or the whole picture.
bool finite_coordinates(const std::string& svg) { return !contains(svg, "nan") && !contains(svg, "inf"); }

}  // namespace

TEST_CASE("markup: every special character is escaped and what XML forbids is replaced") {
  CHECK(escape("a<b> & \"c\" 'd'") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  CHECK(escape("größer 犬\n") == "größer 犬\n");
  CHECK(escape(std::string_view("a\0b\x1b", 4)) == "a\uFFFDb\uFFFD");
  CHECK(escape("\xff\xc3(") == "\uFFFD\uFFFD(");
}

TEST_CASE("markup: widths count wide characters twice and marks not at all") {
  CHECK(columns("abc") == 3);
  CHECK(columns("犬犬") == 4);
  CHECK(columns("e\u0301") == 1);
  CHECK(shortened("abcdef", 6) == "abcdef");
  CHECK(shortened("abcdefg", 6) == "abcde…");
  CHECK(shortened("犬犬犬犬", 6) == "犬犬…");
}

TEST_CASE("markup: thousands are grouped") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(-1234567) == "-1,234,567");
  CHECK(grouped(-123) == "-123");
}

TEST_CASE("axis: ticks are round numbers and limits stand on them") {
  CHECK(labels(linear_axis(0, 37.9, 5, false, true)) == "0 10 20 30 40");
  CHECK(labels(linear_axis(1.82, 5.6, 5, false, true)) == "1 2 3 4 5 6");
  CHECK(labels(linear_axis(0.12, 0.31, 5, false, true)) == "0.10 0.15 0.20 0.25 0.30 0.35");
  CHECK(labels(linear_axis(1, 12, 10, true, false)) == "2 4 6 8 10 12");
  CHECK(labels(linear_axis(1, 3, 10, true, false)) == "1 2 3");
  CHECK(labels(linear_axis(-0.3, 0.2, 5, false, true)) == "-0.3 -0.2 -0.1 0.0 0.1 0.2");
}

TEST_CASE("axis: equal and unusable limits still give an axis") {
  for (const double value : {0.0, 7.0, -2.5}) {
    const Axis axis = linear_axis(value, value, 5, false, true);
    CHECK(axis.low < value);
    CHECK(axis.high > value);
    CHECK(axis.ticks.size() >= 2);
  }
  CHECK(linear_axis(no_number, infinity, 5, false, true).high == 1);
}

TEST_CASE("axis: limits that differ in their last digits only, or by more than a number holds, still give few ticks") {
  CHECK(linear_axis(1e17, 1e17 + 16, 5, false, true).ticks.size() < 50);
  CHECK(linear_axis(1, 1 + 1e-15, 5, true, false).ticks.size() < 50);
  CHECK(labels(linear_axis(0, 1e-6, 2, false, true)) == "0 5e-7 1e-6");
}

TEST_CASE("axis: a logarithmic one steps by 1, 2, 5 and maps ratios to distances") {
  Axis axis = logarithmic_axis(6, 70);
  CHECK(labels(axis) == "10 20 50");
  axis.start = 0, axis.end = 100;
  CHECK(axis(20) - axis(10) == doctest::Approx(axis(40) - axis(20)));
  CHECK(labels(logarithmic_axis(1, 10000)) == "1 10 100 1000 10000");
  CHECK(labels(logarithmic_axis(1e-6, 1e-2)) == "1e-6 1e-5 0.0001 0.001 0.01");
  CHECK_FALSE(logarithmic_axis(0, 10).logarithmic);
  CHECK_FALSE(logarithmic_axis(10, 11).logarithmic);
}

TEST_CASE("line chart: a gap in the data is a gap in the line") {
  const LineChart chart{
      .title = "t", .unit = "u", .x_title = "epoch", .series = {{"a", {{1, 2}, {2, no_number}, {3, 4}, {4, 5}}}}};
  const std::string svg = line_chart(chart);
  CHECK(not_well_formed(svg) == "");
  CHECK(finite_coordinates(svg));
  CHECK(count(svg, "<circle") == 3);
  const size_t line = svg.find("class=\"s0\" d=\"") + 14;
  const std::string path = svg.substr(line, svg.find('"', line) - line);
  CHECK(count(path, "M") == 2);
  CHECK(count(path, "L") == 1);
}

TEST_CASE("line chart: one point, none, or nothing finite is a whole picture") {
  LineChart chart{.title = "Loss", .unit = "u", .x_title = "epoch", .series = {{"a", {{1, 2}}}}};
  CHECK(not_well_formed(line_chart(chart)) == "");
  CHECK(finite_coordinates(line_chart(chart)));
  chart.series[0].points = {{1, no_number}, {2, infinity}};
  CHECK(contains(line_chart(chart), "nothing measured"));
  chart.logarithmic = true;
  chart.series[0].points = {{1, 0}, {2, 5}, {3, 500}};
  CHECK(finite_coordinates(line_chart(chart)));
  chart.series.clear();
  CHECK(not_well_formed(line_chart(chart)) == "");
}

TEST_CASE("line chart: ticks of many digits are fewer, so that their labels do not touch") {
  LineChart chart{.title = "t", .unit = "u", .x_title = "step", .series = {{"a", {{0, 1}, {0, 2}}}}};
  chart.series[0].points = {{1234560, 1}, {1234570, 2}};
  CHECK(contains(line_chart(chart), ">1234562</text>"));
  CHECK_FALSE(contains(line_chart(chart), ">1234561</text>"));
  chart.series[0].points = {{0, 1}, {0, 2}};
  chart.series[0].points[1].x = 900000;
  CHECK(contains(line_chart(chart), ">200k</text>"));
  chart.series[0].points[1].x = 3e6;
  CHECK(contains(line_chart(chart), ">0.5M</text>"));
}

TEST_CASE("line chart: a mark beyond the points is not drawn, labels of two marks stand in lines of their own") {
  LineChart chart{.title = "t", .unit = "u", .x_title = "x", .series = {{"a", {{1, 2}, {2, 3}}}}};
  chart.marks = {{{3, 2}, "far"}};
  CHECK_FALSE(contains(line_chart(chart), "guide"));
  chart.marks = {{{1.5, 2.5}, "one"}, {{1.5, 2.5}, "two"}};
  const std::string svg = line_chart(chart);
  const auto height = [&](const char* label) {
    const size_t text = svg.rfind("<text", svg.find(label)), y = svg.find("y=", text);
    return svg.substr(y, svg.find(' ', y) - y);
  };
  CHECK(height(">one<") != height(">two<"));
}

TEST_CASE("line chart: numbers beyond 1e100 are left out, and what is faint has no dots") {
  LineChart chart{
      .title = "t", .unit = "u", .x_title = "x", .series = {{"a", {{1, 1}, {2, 1e300}, {3, -1e300}, {4, 3}}}}};
  CHECK(count(line_chart(chart), "<circle") == 2);
  chart.series[0].faint = true;
  CHECK(count(line_chart(chart), "<circle") == 0);
  CHECK(contains(line_chart(chart), "stroke-opacity=\"0.4\""));
}

TEST_CASE("line chart: a logarithmic x axis puts equal ratios at equal distances") {
  const LineChart chart{.title = "t",
                        .unit = "u",
                        .x_title = "rate",
                        .series = {{"a", {{1e-6, 1}, {1e-4, 2}, {1e-2, 3}, {0, 4}}}},
                        .logarithmic_x = true};
  const std::string svg = line_chart(chart);
  CHECK(count(svg, "<circle") == 3);
  CHECK(contains(svg, ">1e-5</text>"));
}

TEST_CASE("line chart: six lines are told apart, the last two by dashes, in the legend too") {
  LineChart chart{.title = "t", .unit = "u", .x_title = "epoch"};
  for (int i = 0; i < 6; ++i) chart.series.push_back({fmt::format("{}", i), {{0, 1.0 * i}, {1, 2.0 * i}}});
  CHECK(count(line_chart(chart), "stroke-dasharray=\"6 4\"") == 4);
}

TEST_CASE("line chart: a mark at a point that was not measured keeps only its line") {
  LineChart chart{.title = "t", .unit = "u", .x_title = "x", .series = {{"a", {{1, 2}, {2, 3}}}}};
  chart.marks = {{{2, no_number}, "best"}};
  CHECK(finite_coordinates(line_chart(chart)));
  CHECK(contains(line_chart(chart), "class=\"guide\""));
  CHECK_FALSE(contains(line_chart(chart), "best"));
  chart.marks[0].point.y = 3;
  CHECK(contains(line_chart(chart), ">best</text>"));
}

TEST_CASE("bin chart: empty bins have no point, and labels are escaped") {
  const std::string svg = bin_chart({"t", "u", "x", "n", {{"<5", 40, 10}, {"5+", no_number, 0}, {"9+", 30, 1234}}});
  CHECK(not_well_formed(svg) == "");
  CHECK(finite_coordinates(svg));
  CHECK(count(svg, "<circle") == 2);
  CHECK(contains(svg, "1,234"));
  CHECK(contains(svg, "&lt;5"));
  CHECK(contains(bin_chart({"t", "u", "x", "n", {}}), "nothing measured"));
}

TEST_CASE("heat map: a cell shows its weight, and says it with both words") {
  const std::string svg = heat_map({{"der", "<Hund>"}, {"the", "dog"}, {0.9F, 0.1F, 0.004F, 0.996F}, "d"});
  CHECK(not_well_formed(svg) == "");
  CHECK(contains(svg, "fill-opacity=\"0.90\"><title>der → the: 0.90</title>"));
  CHECK(contains(svg, "fill-opacity=\"1.00\"><title>&lt;Hund&gt; → dog: 1.00</title>"));
  CHECK(count(svg, "<title>") == 3);  // 0.004 is paper
}

TEST_CASE("heat map: 40 words by 40 fit on a page, 1 by 1 and none are whole pictures") {
  const std::vector<std::string> words(40, "Wort");
  const std::string large = heat_map({words, words, std::vector<float>(1600, 0.025F), "d"});
  CHECK(not_well_formed(large) == "");
  const size_t width = large.find(" width=\"") + 8;
  CHECK(std::stod(large.substr(width)) < 750);
  CHECK(not_well_formed(heat_map({{"ein"}, {"one"}, {1.0F}, "d"})) == "");
  CHECK(contains(heat_map({{"ein"}, {}, {}, "d"}), "no words"));
  const std::string odd = heat_map({{"a", "b"}, {"c"}, {std::nanf(""), 1.5F}, "d"});
  CHECK(finite_coordinates(odd));
  CHECK_FALSE(contains(odd, "fill-opacity=\"1.50\""));
}

TEST_CASE("heat map: weights that do not fill the map are an error") {
  CHECK_THROWS_WITH_AS(heat_map({{"a", "b"}, {"c"}, {1.0F}, "d"}), "[heat_map] need 1 x 2 weights, got 1",
                       grus::UsageError);
}

TEST_CASE("line chart: a band stands below the lines, in its series' colour, and the axis has room for it") {
  LineChart chart{
      .title = "t", .unit = "u", .x_title = "x", .series = {{"a", {{0, 1}, {1, 1}}}, {"b", {{0, 2}, {1, 2}}}}};
  chart.bands = {{.series = 1, .low = {{0, 1.5}, {1, 1}}, .high = {{0, 2.5}, {1, 40}}}};
  const std::string svg = line_chart(chart);
  const size_t band = svg.find(R"(<path class="f1" d="M)"),
               line = svg.find(R"(<path class="s0" d="M)", svg.find("grid"));
  REQUIRE(band != std::string::npos);
  CHECK(svg.find("fill-opacity") > band);
  CHECK(band < line);
  CHECK(svg.find(">40<") != std::string::npos);
  chart.bands[0].low = {{0, std::nan("")}};
  chart.bands[0].high = {};
  CHECK(line_chart(chart).find("nan") == std::string::npos);
}
