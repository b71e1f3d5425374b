// The commands `train` and, without a command, the demo.
#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "core/base/folder.h"
#include "data/batch/batches.h"
#include "data/read/text.h"
#include "examples/forecast/commands.h"
#include "examples/support/run.h"
#include "metrics/regression.h"
#include "tasks/forecast/made_load.h"
#include "tasks/forecast/training.h"
#include "training/fit.h"
#include "training/validation.h"

namespace grus::tasks::forecast {
namespace {

struct Outcome {
  int code = 0;
  std::string text = "";  // the table of the comparison, and the verdict
};

Outcome train_model(TrainOptions& o, const std::string& command_line, bool with_test) {
  tasks::begin_training(o.training);
  data::SeriesLayout layout;
  const Prepared p = read_training(o, layout);
  Forecaster f(o, layout);
  const int64_t from = p.split.train, to = from + p.split.valid;
  f.fit_line(p);
  auto batches = data::batches(f.windows(p, 0, from, o.every),
                               {.size = o.training.batch, .seed = static_cast<uint64_t>(o.training.seed)});
  auto valid = data::batches(f.windows(p, from, to), {.size = 256, .shuffle = false});
  programs::Run run("forecast", o.table(), o.training,
                    {.title = fmt::format("{} rows ahead", o.horizon),
                     .model = fmt::format("GRU over segments of {} rows, {} states", f.net.options.segment, o.hidden),
                     .command = command_line});
  training::FitOptions fit =
      run.begin({.data = {{"data", checksum_text(std::string_view(data::read_whole_file(o.data)))}},
                 .write =
                     [&f](const std::filesystem::path& folder) {
                       f.layout.write(folder / "series.json");
                       return std::vector<std::string>{"series.json"};
                     },
                 .last = "baselines.safetensors"},
                batches.batches());
  metrics::RootMeanSquaredError rmse;
  metrics::MeanAbsoluteError mae;
  fit.validation = training::validation(f.net, valid, {&rmse, &mae}, [&](const auto&, const data::SeriesWindow& b) {
    const Tensor y = f.forward(b);
    rmse.update(y, b.future, b.future_known);
    mae.update(y, b.future, b.future_known);
  });
  const auto optimizer = make_optimizer(o.training, f.net.named_parameters());
  const auto loss = [&](const nn::SegmentGru&, const data::SeriesWindow& b) {
    return loss_of(o.loss, f.forward(b), b);
  };
  const training::FitResult result = training::fit(f.net, *optimizer, batches, loss, fit);
  if (programs::ends_here(result)) return {.code = programs::stopped(result)};
  f.calibrate(p);
  write_ended(f, o.training.out);
  const int64_t first = with_test ? to : from, last = with_test ? p.split.rows() : to;
  const metrics::ForecastComparison result_of_part = f.backtest(f.windows(p, first, last));
  report::Figures figures;
  run.show(pictures(f, p, result_of_part, first, last, figures), figures);
  return {.code = 0, .text = result_of_part.table() + f.verdict(result_of_part) + "\n"};
}

}  // namespace

int train(TrainOptions& o, const std::string& command_line) {
  const Outcome outcome = train_model(o, command_line, false);
  if (outcome.code == 0)
    fmt::print("Validation:\n{}Now the test part, once:  forecast eval --model {}\n", outcome.text, o.training.out);
  return outcome.code;
}

int demo() {
  TrainOptions o;
  o.training.out = "forecast-demo";
  o.training.overwrite = true;
  o.data = "forecast-demo/series.csv";
  o.window = 168;
  o.horizon = 48;
  o.segment = 24;
  o.season = 168;
  o.hidden = 48;
  o.every = 2;
  o.training.batch = 32;
  o.training.lr = 4e-3;
  o.norm = Norm::mean;
  o.dropout = 0.05;
  o.training.schedule = tasks::ScheduleKind::cosine;
  o.training.epochs = 60;
  o.training.patience = 0;
  make_folder(o.training.out);
  write_file_atomically(o.data, made_load(7));
  fmt::print(
      "Twelve weeks of hours made by rule, days and weeks in a slow rise with noise and gaps: a GRU learns the next "
      "two days.\n");
  const Outcome outcome = train_model(o, "forecast", true);
  if (outcome.code != 0) return outcome.code;
  fmt::print(
      "The last weeks, which it has never seen:\n{}forecast-demo/report.html draws them. Now you:\n"
      "  ./dev run forecast run --model forecast-demo --draw next.svg     # the two days behind the table's end\n"
      "  ./dev run forecast train --data TABLE.csv --horizon 24 --out MODEL\n",
      outcome.text);
  return 0;
}

}  // namespace grus::tasks::forecast
