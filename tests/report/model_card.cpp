// Model cards.
#include "report/model_card.h"

#include <doctest/doctest.h>

using namespace grus;

namespace {

report::ModelCard small_card() {
  return {.title = "Names <of> people",
          .summary = "GRU of 64 states",
          .about = {{"Author", "A | B"}, {"Date", ""}},
          .data = {{"Licence of the data", "MIT"}},
          .figures = {{"valid_accuracy", "0.82"}},
          .protocol = "Of the validation.",
          .limits = "Surnames *alone*.",
          .training = {},
          .options = {{"seed", "1"}}};
}

}  // namespace

TEST_CASE("model card: as Markdown it has the parts that say something, and no text of its author is markup") {
  CHECK(report::card_markdown(small_card()) ==
        "# Names \\<of\\> people\n\nGRU of 64 states\n"
        "\n## About\n\n| | |\n|---|---|\n| Author | A \\| B |\n"
        "\n## Data\n\n| | |\n|---|---|\n| Licence of the data | MIT |\n"
        "\n## Figures\n\n| | |\n|---|---|\n| valid\\_accuracy | 0.82 |\n\nOf the validation.\n"
        "\n## Limits\n\nSurnames \\*alone\\*.\n"
        "\n## Options\n\n| | |\n|---|---|\n| seed | 1 |\n");
}

TEST_CASE("model card: as a page it shows figures first, and escapes what its author says") {
  const std::string page = report::card_page(small_card());
  CHECK(page.find("<h1>Names &lt;of&gt; people</h1>") != std::string::npos);
  CHECK(page.find("Surnames *alone*.") != std::string::npos);
  CHECK(page.find("0.82") != std::string::npos);
  CHECK(page.find("Date") == std::string::npos);
  CHECK(page.find("Training") == std::string::npos);
}
