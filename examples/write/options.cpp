// Options of the commands that `write` alone has.
#include "examples/write/commands.h"

namespace grus::tasks::write {

using options::any_count;
using options::joined;
using options::Table;

Table EvalOptions::table() {
  return joined({{{"text", "Files", &text, "text to measure, read as one stream from its first line to its last"},
                  {"keystrokes", "Text", &keystrokes, "count the keys that three suggestions save on so many words", 0,
                   any_count},
                  {"cache", "Text", &cache.size, "pieces just read whose like is expected more (0: none)", 0, 1e6},
                  {"cache-share", "Text", &cache.share, "of the cache in a piece's probability", 0, 1},
                  {"cache-theta", "Text", &cache.theta, "how much the likeness of states counts", 0, 100}},
                 UseOptions::table()});
}

void EvalOptions::check(const options::Given& given) {
  options::require_read(given, table(),
                        {{"cache-share", cache.size > 0, "a size above 0", "cache"},
                         {"cache-theta", cache.size > 0, "a size above 0", "cache"}});
}

Table ScoreOptions::table() {
  return joined(
      {{{"together", "Text", &together, "lines are one text, each read behind those before"}}, UseOptions::table()});
}

Table CompleteOptions::table() {
  return joined({{{"count", "Text", &count, "suggestions", 1, 1000}}, UseOptions::table()});
}

}  // namespace grus::tasks::write
