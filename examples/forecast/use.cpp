// The commands `eval` and `run`.
#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/thread/recording.h"
#include "examples/forecast/commands.h"
#include "examples/support/page.h"
#include "report/chart.h"

namespace grus::tasks::forecast {

options::Table EvalOptions::table() {
  return options::joined(
      {{{"data", "Data", &data, "table to measure on (none: that of the training)"},
        options::words("part", "Data", options::choice(&part), "of the training's split of the table",
                       {"test", "valid", "all"}),
        {"every", "Data", &every, "rows from one forecast to the next", 1, 1e6},
        {"report", "Files", &report, "page of the pictures and the table (none: eval.html in the model's folder)"}},
       use_rows(use)});
}

int eval(EvalOptions& o, const std::string&) {
  const Forecaster f = load(o.use);
  Prepared p = read_table(f, o.data);
  int64_t begin = f.options.window, end = p.series.rows();
  if (o.part != Part::all) {
    p.split = f.options.split_of(p.series);
    begin = p.split.train + (o.part == Part::test ? p.split.valid : 0);
    end = o.part == Part::test ? p.split.rows() : p.split.train + p.split.valid;
  }
  require<DataError>(end - std::max(begin, f.options.window) >= f.options.horizon,
                     "{}: need the {} rows of a forecast behind the {} of a window in this part, got rows {} to {}",
                     p.series.file, f.options.horizon, f.options.window, begin + 1, end);
  data::require_known(p.series, std::max(begin, f.options.window), end, f.options.horizon);
  const metrics::ForecastComparison result = f.backtest(f.windows(p, begin, end, o.every), o.use.batch);
  report::Figures figures;
  const std::string body = pictures(f, p, result, begin, end, figures);
  const std::string name = std::filesystem::path(p.series.file).filename().string();
  const std::string said =
      fmt::format("{} rows ahead from {}, the model in {}", f.options.horizon, f.options.window, o.use.model);
  const std::string page = o.report.empty() ? o.use.model + "/eval.html" : o.report;
  programs::write_page(page, {"forecast", name, said}, body);
  fmt::print("{}{}\n{} draws them\n", result.table(), f.verdict(result), page);
  return 0;
}

options::Table RunOptions::table() {
  options::Table rows =
      options::joined({{{"data", "Data", &data, "table whose next rows are asked for (none: that of the training)"},
                        {"draw", "Files", &draw, "picture (SVG) of the first column"}},
                       use_rows(use)});
  std::erase_if(rows, [](const options::Option& row) { return row.flag == "batch"; });  // it is one window
  return rows;
}

int run(RunOptions& o, const std::string&) {
  const NoGrad off;
  const Forecaster f = load(o.use);
  const Prepared p = read_table(f, o.data);
  if (!o.draw.empty()) write_file_atomically(o.draw, report::standalone(forecast_chart(f, p, p.series.rows(), 0)));
  fmt::print("{}", said(f, p));
  return 0;
}

}  // namespace grus::tasks::forecast
