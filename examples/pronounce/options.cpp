// Options of the commands that use a model.
#include "core/base/error.h"
#include "examples/pronounce/commands.h"

namespace grus::tasks::pronounce {

using options::Table;

Table EvalOptions::table() {
  return options::joined(
      {{{"dictionary", "Data", &dictionary, "words and phones (none: those that the training held out for its test)"},
        {"beam", "Search", &beam, "pronunciations on their way; 1: greedy", 1, 1000},
        {"out", "Files", &out, "HTML file for errors, confusions and alignments"}},
       use_rows(use)});
}

Table RunOptions::table() {
  return options::joined(
      {{{"beam", "Search", &beam, "pronunciations on their way; 1: greedy", 1, 1000},
        {"n-best", "Output", &n_best, "print WORD, PLACE, PROBABILITY, PHONES of so many pronunciations", 0, 1000},
        {"page", "Output", &page, "HTML file that draws which letters each phone came from"}},
       use_rows(use)});
}

void RunOptions::check(const options::Given&) {
  require<UsageError>(n_best <= beam, "--n-best: need at most the --beam of {}, got {}", beam, n_best);
}

}  // namespace grus::tasks::pronounce
