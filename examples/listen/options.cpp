// Options of the commands that use a model.
#include "examples/listen/commands.h"

namespace grus::tasks::listen {

using options::Table;

Table EvalOptions::table() {
  return options::joined({{{"data", "Data", &data, "recordings, as for train"},
                           {"files", "Data", &files, "a pattern of the names that count (none: all)"},
                           {"out", "Files", &out, "HTML file for confusions, mistakes and pictures"}},
                          use_rows(use)});
}

Table RunOptions::table() {
  return options::joined({{{"top", "Output", &top, "words of each recording, the likeliest first", 1, 1e6},
                           {"lexicon", "Output", &lexicon, "letters: the likeliest word of the training, not letters"},
                           {"page", "Output", &page, "HTML file with a picture of each recording"}},
                          use_rows(use)});
}

}  // namespace grus::tasks::listen
