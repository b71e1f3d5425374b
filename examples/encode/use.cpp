// The commands that use a model, and what they do with one of series.
#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "examples/encode/commands.h"
#include "examples/encode/pictures.h"
#include "examples/support/page.h"
#include "tasks/base/model_files.h"
#include "tasks/encode/states.h"

namespace grus::tasks::encode {
namespace {

bool is_text(const tasks::UseOptions& use) {
  require<UsageError>(!use.model.empty(), "--model: need the folder of a model, got none");
  TrainOptions o;
  tasks::load_options("encode", use.model, o.table());
  return o.is_text();
}

int eval_series(const EvalOptions& o) {
  const Detector d = load_detector(o.use);
  Readings r = read_table(d, o.data, !d.options.label.empty());
  if (o.data.empty()) {
    data::SeriesLayout layout;
    r.split = read_training(d.options, layout).split;
  }
  const auto [begin, end] = rows_of(r, o.data.empty() ? o.part : Part::all);
  require<DataError>(end - begin >= d.options.window, "{}: need the {} rows of a window in this part, got {}",
                     r.series.file, d.options.window, end - begin);
  const Scored scored = d.score(r, o.use.batch);
  fmt::print("{}", text_of(found_in(d, r, scored, begin, end)));
  if (o.report.empty()) return 0;
  report::Figures figures;
  programs::write_page(o.report, {"encode", r.series.file, o.use.model}, pictures(d, r, scored, begin, end, figures));
  return 0;
}

std::string name_of(const Readings& r, int64_t row) {
  return r.series.dates ? r.series.dates->text_at(row) : fmt::format("{}", row + 1);
}

int run_series(const RunOptions& o) {
  require<UsageError>(!o.decode && o.lines.empty(), "{}: need a model of lines, got {}, which is one of series",
                      o.decode ? "--decode" : "line", o.use.model);
  const Detector d = load_detector(o.use);
  const Readings r = read_table(d, o.data, false);
  if (!o.out.empty()) {
    std::vector<std::string> names;
    for (int64_t row = 0; row + d.options.window <= r.rows(); ++row) names.push_back(name_of(r, row));
    write_states(o.out, names, d.states(r, o.use.batch));
    return 0;
  }
  const Scored scored = d.score(r, o.use.batch);
  const size_t width = d.layout.columns.size();
  fmt::print("{},score,alarm", r.series.dates ? "date" : "row");
  for (const std::string& name : d.layout.columns) fmt::print(",{}", name);
  fmt::print("\n");
  for (int64_t row = 0; row < r.rows(); ++row) {
    const double score = scored.scores[static_cast<size_t>(row)];
    fmt::print("{},{},{}", name_of(r, row), std::isnan(score) ? "" : fmt::format("{:.6g}", score),
               score > d.alarm ? 1 : 0);
    for (size_t c = 0; c < width; ++c) fmt::print(",{:.6g}", scored.rebuilt[static_cast<size_t>(row) * width + c]);
    fmt::print("\n");
  }
  return 0;
}

}  // namespace

int eval(EvalOptions& o, const std::string&) { return is_text(o.use) ? eval_text(o) : eval_series(o); }

int run(RunOptions& o, const std::string&) { return is_text(o.use) ? run_text(o) : run_series(o); }

}  // namespace grus::tasks::encode
