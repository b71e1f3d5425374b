#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: train.cpp, use.cpp, pictures.cpp.
#include <string>

#include "report/page.h"
#include "tasks/forecast/forecaster.h"

namespace grus::tasks::forecast {

int train(TrainOptions& o, const std::string& command_line);
/// Forecasts a series made by rule, of two seasons, a trend, noise and gaps.
int demo();

enum class Part { test, valid, all };
struct EvalOptions {
  tasks::UseOptions use;
  std::string data, report;
  Part part = Part::test;
  int64_t every = 1;
  options::Table table();
};
/// Measures model and baselines on every window of a part, and draws a page.
int eval(EvalOptions& o, const std::string& command_line);

struct RunOptions {
  tasks::UseOptions use;
  std::string data, draw;
  options::Table table();
};
/// Writes the rows behind the last one of a table, as CSV, on standard output.
int run(RunOptions& o, const std::string& command_line);

/// Returns a picture of a window of a column: what was measured, and what the model says with its
/// interval. `now` is the first row that is forecast.
std::string forecast_chart(const Forecaster& f, const Prepared& p, int64_t now, size_t column);
/// Returns a picture of the next row's forecasts, each from the rows before it.
std::string one_ahead_chart(const Forecaster& f, const Prepared& p, int64_t begin, int64_t end, size_t column);
/// Returns sections of a page about the windows whose futures are in these rows.
std::string pictures(const Forecaster& f, const Prepared& p, const metrics::ForecastComparison& result, int64_t begin,
                     int64_t end, report::Figures& figures);

}  // namespace grus::tasks::forecast
