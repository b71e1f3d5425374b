// Options of the commands that use a model.
#include "examples/compose/commands.h"

namespace grus::tasks::compose {

using options::any_count;
using options::Table;
using options::words;

Table EvalOptions::table() {
  return options::joined({{{"data", "Data", &data, "pieces, as for train"},
                           words("part", "Data", &part, "of a JSON file", {"all", "train", "valid", "test"}),
                           {"out", "Files", &out, "HTML file of figures and pictures"}},
                          use_rows(use)});
}

Table RunOptions::table() {
  const std::string_view m = "Music", f = "Files";
  return options::joined(
      {{{"opening", m, &opening, "piece to begin with: a .mid file, or JSON of steps"},
        {"piece", m, &piece, "which one of a JSON file, counted through its parts", 1, any_count},
        {"opening-steps", m, &opening_steps, "steps of it that are taken (0: all)", 0, any_count},
        {"steps", m, &steps, "steps that are composed", 1, 100000},
        {"temperature", m, &temperature, "scores are divided by it; 0 takes what is likelier", 0, 100},
        {"seed", m, &seed, "every random choice follows from it", 0, options::any_number},
        {"tempo", m, &file.tempo, "quarter notes a minute", 4, 1000},
        {"struck", m, &file.struck, "a key that sounds on is struck again at each step"},
        {"out", f, &file.out, "MIDI file"},
        {"page", f, &file.page, "HTML file with the piano roll"}},
       use_rows(use)});
}

void RunOptions::check(const options::Given& given) {
  options::require_read(
      given, table(),
      {{"piece", !opening.empty(), "a file", "opening"}, {"opening-steps", !opening.empty(), "a file", "opening"}});
}

Table PlayOptions::table() {
  return {{"tunes", "Files", &tunes, "tunes in ABC notation; - is standard input"},
          {"tune", "Music", &tune, "which of them", 1, any_count},
          {"out", "Files", &out, "MIDI file"},
          {"page", "Files", &page, "HTML file with the piano roll"}};
}

}  // namespace grus::tasks::compose
