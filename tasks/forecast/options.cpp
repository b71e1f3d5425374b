// Options of `forecast`, and the layout that they give a table.
#include <fmt/format.h>

#include "core/base/error.h"
#include "tasks/base/lists.h"
#include "tasks/forecast/forecaster.h"

namespace grus::tasks::forecast {
namespace {

using options::choice;
using options::of_model;
using options::Table;
using options::words;

}  // namespace

data::SeriesOptions TrainOptions::table_options() const {
  return {
      .date = date, .columns = tasks::comma_list(columns), .header = !no_header, .missing = tasks::comma_list(missing)};
}

data::TimeSplit TrainOptions::split_of(const data::Series& series) const {
  return data::split_by_time(series.file, series.rows(), tasks::three_parts("split", split));
}

TrainOptions::TrainOptions() {
  training.epochs = 20;
  training.batch = 64;
  training.patience = 5;
}

Table TrainOptions::table() {
  const std::string_view d = "Data", m = "Model", t = "Training";
  return options::joined(
      {{{"data", d, &data, "table (CSV, TSV) of numbers in order of time, a column of dates with it"}},
       of_model({
           {"date", d, &date, "column of the dates (none: the first one where it holds no numbers)"},
           {"columns", d, &columns, "columns to forecast, as a,b (none: all)"},
           {"missing", d, &missing, "further words for a missing cell, as -9,? (empty cells, NA and NaN are)"},
           {"split", d, &split, "training, validation, test: shares or counts of rows"},
           {"no-header", d, &no_header, "the first row holds numbers; columns are 1, 2, ..."},
           {"no-calendar", d, &no_calendar, "the model is not told hour, weekday and month"},
           {"log", d, &log, "forecast logarithms, for what grows by a share"},
           {"season", d, &season, "rows of a season, for seasonal naive (0: a day, a week or a year by the dates)", 0,
            1e6},
           {"window", m, &window, "rows that a forecast sees", 1, 1e6},
           {"horizon", m, &horizon, "rows that it gives", 1, 1e5},
           {"segment", m, &segment, "rows that are one step of the GRU, and divide the window (0: chosen)", 0, 1e6},
           {"hidden", m, &hidden, "size of the state", 2, 65536},
           words("decoder", m, choice(&decoder), "all segments at once, or each read to give the next",
                 {"direct", "autoregressive"}),
           words("norm", m, choice(&norm), "of each window: less its last row; less its mean; RevIN",
                 {"last", "mean", "revin"}),
           {"linear", m, &linear, "begin at the linear baseline, and learn what it leaves"},
       }),
       {{"dropout", t, &dropout, "before the output", 0, 1, true},
        words("loss", t, choice(&loss), "on scaled numbers", {"mse", "mae", "huber"}),
        {"every", t, &every, "rows from one window of training to the next", 1, 1e6},
        {"level", t, &level, "share of truths that intervals should hold", 0.01, 0.999}},
       training_rows(training)});
}

Prepared read_training(const TrainOptions& o, data::SeriesLayout& layout) {
  require<UsageError>(!o.data.empty(), "--data: need a table, got none");
  require<UsageError>(o.segment == 0 || o.window % o.segment == 0, "--segment: need a divisor of --window {}, got {}",
                      o.window, o.segment);
  Prepared p{.series = data::read_series(o.data, o.table_options()), .split = {}, .scaled = {}};
  p.split = o.split_of(p.series);
  require<DataError>(p.split.train >= o.window + o.horizon && p.split.valid >= o.horizon,
                     "{}: need at least {} rows for training (--window {}, --horizon {}) and {} for validation, got {} "
                     "and {} of {}",
                     o.data, o.window + o.horizon, o.window, o.horizon, o.horizon, p.split.train, p.split.valid,
                     p.series.rows());
  data::require_known(p.series, p.split.train, p.split.train + p.split.valid, o.horizon);
  layout = data::SeriesLayout::of(p.series, p.split, o.season, o.log, !o.no_calendar);
  require<UsageError>(layout.season <= o.window, "--season: need at most the {} rows of --window, got {}", o.window,
                      layout.season);
  p.scaled = layout.apply(p.series, o.horizon);
  return p;
}

}  // namespace grus::tasks::forecast
