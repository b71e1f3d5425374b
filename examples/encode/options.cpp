// Options of the commands that use a model.
#include "core/base/error.h"
#include "examples/encode/commands.h"
#include "tasks/encode/states.h"

namespace grus::tasks::encode {

using options::choice;
using options::Table;
using options::words;

Table EvalOptions::table() {
  return options::joined(
      {{{"data", "Data", &data, "lines; or a table (none: that of the training)"},
        words("part", "Data", choice(&part), "of the training's split of a table", {"test", "valid", "all"}),
        {"report", "Files", &report, "HTML file for the pictures"}},
       use_rows(use)});
}

Table RunOptions::table() {
  return options::joined(
      {{{"data", "Data", &data, "lines (none: standard input); or a table (none: that of the training)"},
        {"decode", "Output", &decode, "say what the decoder makes of each line's state"},
        {"out", "Files", &out, "file of the states, .npy or .tsv"}},
       use_rows(use)});
}

void RunOptions::check(const options::Given&) {
  require<UsageError>(out.empty() || takes_states(out), "--out: need a file .npy or .tsv, got {}", out);
}

Table NeighboursOptions::table() {
  return options::joined({{{"data", "Data", &data, "lines among which to look (none: those of the training)"},
                           {"top", "Output", &top, "lines for each", 1, 1e6}},
                          use_rows(use)});
}

Table BetweenOptions::table() {
  return options::joined(
      {{{"steps", "Output", &steps, "states from one line to the other, both included", 2, 1000}}, use_rows(use)});
}

}  // namespace grus::tasks::encode
