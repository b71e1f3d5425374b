// Prints docs/ops.md: every op with its equation and what the table proves of it.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "tests/ops/table/row.h"

using namespace grus;
using namespace grus::test;

namespace {

std::string dtypes_of(const Row& row) {
  if (row.dtypes.size() == every_dtype.size()) return "all";
  std::string names;
  for (const DType dtype : row.dtypes) names += fmt::format("{}{}", names.empty() ? "" : " ", dtype);
  return names;
}

/// Lists the inputs of the row's first sample; a question mark stands after what other samples do without.
std::string inputs_of(const Row& row) {
  std::string names;
  for (const Input& input : row.samples.front().inputs) {
    const auto has = [&](const Sample& sample) {
      return std::any_of(sample.inputs.begin(), sample.inputs.end(),
                         [&](const Input& other) { return other.name == input.name; });
    };
    const bool always = std::all_of(row.samples.begin(), row.samples.end(), has);
    names += fmt::format("{}{}{}", names.empty() ? "" : " ", input.name, always ? "" : "?");
  }
  return names;
}

/// Escapes bars, which would end the cell.
std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

bool has_twin(const Row& row) {
  return std::any_of(row.samples.begin(), row.samples.end(),
                     [](const Sample& sample) { return static_cast<bool>(sample.twin); });
}

constexpr const char* head = R"(# The ops, and what is proven of each

Made by `./dev docs` from the table in `tests/ops/table/`; `./dev test` fails when this page is out of date, and when an
op that can be recorded, or an entry of the kernel table, has no row there.

Every row is tried on every device there is (`reference`, `cpu`, and each plug-in that is found): values against those
worked out elsewhere; gradients against finite differences in f64, to the order given; f32 and every other dtype
against `reference`, and every dtype not named refused; fused against its twin by plain ops; the same bits run after
run; the same values for one, two and three threads; the same with and without a tape, and its memory given back; the
text of its errors. Inputs bear the names that their headers give them; some samples leave out those with a question
mark, or have a number there.

| op | inputs | equation | dtypes | gradients | twin | samples | errors |
|---|---|---|---|---|---|---|---|
)";

}  // namespace

int main() {
  std::string page = head;
  for (const Row& row : rows())
    page += fmt::format("| `{}` | {} | `{}` | {} | {} | {} | {} | {} |\n", row.op, inputs_of(row), cell(row.equation),
                        dtypes_of(row),
                        row.gradients == 0   ? "-"
                        : row.gradients == 1 ? "1st"
                                             : "1st, 2nd",
                        has_twin(row) ? "yes" : "-", row.samples.size(), row.errors.size());
  fmt::print("{}", page);
}
