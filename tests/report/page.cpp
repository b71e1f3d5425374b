#include "report/page.h"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "report/json_facts.h"
#include "report/markup.h"
#include "tests/support/well_formed.h"

using namespace grus::report;
using grus::test::contains;
using grus::test::count;
using grus::test::not_well_formed;

TEST_CASE("page: a whole page is well formed, and what its caller did not escape is") {
  Figures figures;
  std::string curves = figures("<svg></svg>", "one");
  curves += figures("<svg></svg>", "two");
  const std::string body =
      page_header("Grus · test", "T &amp; U", "a model", tiles({{"Loss <a>", "1 & 2", "\"note\"", "first"}})) +
      section("Curves", in_pairs(curves)) + run_again_section("run <x>", {{"Seed", "1"}, {"CPU", ""}}, {{"a<b", ""}});
  const std::string page = html_page("T &amp; U", body, {.style = ".x { }", .script = "'x'", .refresh_seconds = 5});
  CHECK(not_well_formed(page) == "");
  CHECK(contains(page, "<dt>Loss &lt;a&gt;</dt><dd>1 &amp; 2<small>&quot;note&quot;</small>"));
  CHECK(contains(page, "<b>Figure 1.</b> one"));
  CHECK(contains(page, "<b>Figure 2.</b> two"));
  CHECK(contains(page, "<meta http-equiv=\"refresh\" content=\"5\"/>"));
  CHECK(contains(page, "<dt>a&lt;b</dt><dd>–</dd>"));
  CHECK_FALSE(contains(page, "CPU"));
  CHECK_FALSE(contains(html_page("t", ""), "refresh"));
}

TEST_CASE("page: pieces of a text are shaded by their share, no darker than a share of 1") {
  const std::string html = shaded({{"a<b", "50 %", 0.5}, {"c", "\"", 7}, {"d", "", -1}}, " ");
  CHECK(not_well_formed("<p>" + html + "</p>") == "");
  CHECK(contains(html, "rgba(42,120,214,0.30)\" title=\"50 %\">a&lt;b</span> "));
  CHECK(contains(html, "rgba(42,120,214,0.60)\" title=\"&quot;\">c</span> "));
  CHECK(contains(html, "rgba(42,120,214,0.00)\" title=\"\">d</span> "));
}

TEST_CASE("page: a table marks its numbers, says which are missing and ends with its total") {
  const std::string html =
      table({.head = {{"Epoch"}, {"Loss", "number"}},
             .rows = {{{"1"}, number_cell(0.126)}, {{"2"}, number_cell(std::numeric_limits<double>::quiet_NaN())}},
             .total = {{"All"}, number_cell(3, 0)}});
  CHECK(not_well_formed(html) == "");
  CHECK(contains(html, "<th>Epoch</th><th class=\"number\">Loss</th>"));
  CHECK(contains(html, "<td class=\"number\">0.13</td>"));
  CHECK(contains(html, "<td class=\"number\">–</td>"));
  CHECK(contains(html, "<tr class=\"total\"><td>All</td><td class=\"number\">3</td></tr>"));
}

TEST_CASE("page: parameters have their share of all") {
  const std::string html = parameter_table({{"encoder.weight", "(3, 4)", 12}, {"bias", "(4)", 4}});
  CHECK(contains(html, "<code>encoder.<wbr/>weight</code>"));
  CHECK(contains(html, "width:75.0%"));
  CHECK(contains(html, "<td>All</td><td></td><td class=\"number\">16</td>"));
  CHECK(not_well_formed(parameter_table({})) == "");
}

TEST_CASE("page: a configuration becomes a flat list") {
  const auto config =
      nlohmann::json::parse(R"({"arch": "b", "adam": {"lr": 0.001, "betas": [0.9, 0.98]}, "paper": false})");
  const Facts expected = {{"adam.betas", "[0.9,0.98]"}, {"adam.lr", "0.001"}, {"arch", "b"}, {"paper", "false"}};
  CHECK(facts_of_json(config) == expected);
}

TEST_CASE("markup: counts and times are short") {
  CHECK(rounded_count(202608) == "202,600");
  CHECK(rounded_count(6.21e6) == "6.21 M");
  CHECK(duration(38) == "38 s");
  CHECK(duration(41 * 60) == "41 min");
  CHECK(duration(125 * 60) == "2 h 5 min");
}
