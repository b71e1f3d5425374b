// The subcommand `score`: a table with one more column. Lines go through in chunks, and only a chunk is held.
#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "data/pairs/phrase_table.h"
#include "data/read/text_writer.h"
#include "examples/phrases/scorer.h"
#include "examples/support/program.h"
#include "training/terminal_line.h"

namespace grus::phrases {

int score(const ScoreOptions& o) {
  constexpr size_t chunk = 8192;
  Scorer scorer(o.use);
  data::PhraseTableReader table(o.table, o.skip_bad);
  data::TextWriter out(o.out);
  training::TerminalLine progress;
  const double started = training::seconds_now();
  int64_t done = 0;
  std::vector<data::PhraseLine> lines;
  const auto flush = [&] {
    std::vector<std::string> sources, targets;
    for (const data::PhraseLine& line : lines) {
      sources.push_back(line.source);
      targets.push_back(line.target);
    }
    const std::vector<double> scores = scorer(sources, targets);
    for (size_t n = 0; n < lines.size(); ++n) {
      lines[n].add_score(o.probability ? std::exp(scores[n]) : scores[n]);
      out.write(lines[n].text() + "\n");
    }
    done += static_cast<int64_t>(lines.size());
    lines.clear();
    if (progress.due())
      progress.show(fmt::format("{} lines, {:.0f} a second", done,
                                static_cast<double>(done) / (training::seconds_now() - started)));
  };
  try {
    while (auto line = table.next()) {
      lines.push_back(std::move(*line));
      if (lines.size() == chunk) flush();
    }
  } catch (const DataError&) {  // what was scored before a bad line is printed all the same
    if (!lines.empty()) flush();
    out.flush();
    throw;
  }
  if (!lines.empty()) flush();
  out.commit();
  progress.clear();
  if (table.skipped() > 0) complain(table.notice());
  scorer.report_unknown(done);
  return 0;
}

}  // namespace grus::phrases
