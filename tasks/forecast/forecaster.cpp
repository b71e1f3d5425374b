#include "tasks/forecast/forecaster.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/base/pack.h"
#include "core/thread/recording.h"
#include "data/batch/batches.h"
#include "metrics/conformal.h"
#include "nn/serialize.h"
#include "ops/math/elementwise.h"
#include "tasks/base/model_files.h"

namespace grus::tasks::forecast {
namespace {

nn::SegmentGruOptions model_options(const TrainOptions& o, const data::SeriesLayout& layout) {
  using Center = nn::ReversibleNormOptions::Center;
  const bool revin = o.norm == Norm::revin;
  const int64_t common = std::gcd(o.window, layout.season > 1 ? layout.season : o.horizon);
  return {.columns = static_cast<int64_t>(layout.columns.size()),
          .window = o.window,
          .horizon = o.horizon,
          .segment = o.segment > 0 ? o.segment : common,
          .hidden = o.hidden,
          .calendar = layout.inputs,
          .known = layout.known,
          .linear = o.linear,
          .dropout = o.dropout,
          .decoder = o.decoder,
          .norm = {.center = o.norm == Norm::last ? Center::last : Center::mean, .scale = revin, .affine = revin}};
}

Rng seeded(const TrainOptions& o) { return Rng(static_cast<uint64_t>(o.training.seed)); }

auto in_order(const Windows& windows, int64_t batch = 256) {
  auto batches = data::batches(windows, {.size = batch, .shuffle = false});
  batches.start(0);
  return batches;
}

std::filesystem::path layout_file(const std::filesystem::path& folder) { return folder / "series.json"; }
std::filesystem::path ended_file(const std::filesystem::path& folder) { return folder / "baselines.safetensors"; }

}  // namespace

Forecaster::Forecaster(TrainOptions o, data::SeriesLayout given)
    : options(std::move(o)),
      layout(std::move(given)),
      net([&] {
        Rng rng = seeded(options);
        return nn::SegmentGru(model_options(options, layout), rng);
      }()),
      line(options.window, options.horizon) {}

Tensor Forecaster::forecast(Method method, const data::SeriesWindow& b) const {
  switch (method) {
    case linear:
      return line.forward(b.past);
    case seasonal:
      return metrics::seasonal_naive_forecast(b.past, options.horizon, layout.season);
    case naive:
      return metrics::naive_forecast(b.past, options.horizon);
    default:
      return forward(b);
  }
}

Windows Forecaster::windows(const Prepared& p, int64_t begin, int64_t end, int64_t every) const {
  return data::windows(p.scaled, begin, end, {.past = options.window, .ahead = options.horizon, .every = every});
}

void Forecaster::fit_line(const Prepared& p) {
  auto train = in_order(windows(p, 0, p.split.train, options.every));
  while (const auto b = train.next()) line.add(b->past, b->future, b->future_known);
  double best = std::numeric_limits<double>::infinity(), chosen = 1;
  for (const double ridge : {1e-6, 1e-4, 1e-3, 1e-2, 1e-1}) {
    line.solve(ridge);
    metrics::ForecastErrors errors;
    auto valid = in_order(windows(p, p.split.train, p.split.train + p.split.valid));
    while (const auto b = valid.next()) errors.add(line.forward(b->past), b->future, b->future_known);
    if (errors.count() > 0 && errors.mse() < best) best = errors.mse(), chosen = ridge;
  }
  line.solve(chosen);
  if (net.linear_part) net.linear_part->weight.assign(line.weight());
}

void Forecaster::calibrate(const Prepared& p) {
  const NoGrad off;
  metrics::ConformalIntervals errors;
  auto valid = in_order(windows(p, p.split.train, p.split.train + p.split.valid));
  while (const auto b = valid.next()) errors.add(forward(*b), b->future, b->future_known);
  offsets = errors.offsets(options.level);
}

data::SeriesWindow Forecaster::window_before(const Prepared& p, int64_t now) const {
  const auto cut = [&](const Tensor& x, int64_t to) {
    return x.defined() ? x.rows(now - options.window, to).unsqueeze(0).to(default_device()) : Tensor();
  };
  data::SeriesWindow window;
  window.past = cut(p.scaled.values, now);
  window.past_known = cut(p.scaled.known, now);
  window.calendar = cut(p.scaled.calendar, now + options.horizon);
  return window;
}

metrics::ForecastComparison Forecaster::backtest(const Windows& windows, int64_t batch) const {
  const NoGrad off;
  metrics::ForecastComparison result({"model", "linear", "seasonal naive", "naive"}, layout.columns);
  auto batches = in_order(windows, batch);
  while (const auto b = batches.next()) {
    const Tensor truth = layout.scaler.unscaled(b->future);
    for (const Method method : {model, linear, seasonal, naive}) {
      const Tensor y = forecast(method, *b);
      result.add(method, y, b->future, layout.scaler.unscaled(y), truth, b->future_known);
      if (method == model) result.add_interval(y + offsets[0], y + offsets[1], b->future, b->future_known);
    }
  }
  return result;
}

std::string Forecaster::verdict(const metrics::ForecastComparison& result) const {
  const bool advise = !result.model_wins() && !options.linear;
  return fmt::format("{}{} {:.0f} % intervals held {:.1f} % of the truths.", result.verdict(),
                     advise ? " Train with --linear, or use that baseline." : "", 100 * options.level,
                     100 * result.inside());
}

Prepared read_table(const Forecaster& f, const std::string& path) {
  const TrainOptions& o = f.options;
  Prepared p;
  p.series = data::read_series(path.empty() ? o.data : path, o.table_options(), f.layout);
  p.scaled = f.layout.apply(p.series, o.horizon);
  require<DataError>(p.series.rows() >= o.window, "{}: need the {} rows of a window, got {}", p.series.file, o.window,
                     p.series.rows());
  return p;
}

void write_ended(const Forecaster& f, const std::filesystem::path& folder) {
  tasks::write_last(ended_file(folder), {{"line", f.line.weight()}, {"offsets", f.offsets}});
}

Forecaster load(const tasks::UseOptions& use) {
  begin_use(use);
  TrainOptions o;
  tasks::load_options("forecast", use.model, o.table());
  Forecaster f =
      tasks::make_model(use.model, [&] { return Forecaster(o, data::SeriesLayout::read(layout_file(use.model))); });
  tasks::load_weights(use.model, f.net);
  const std::filesystem::path file = ended_file(use.model);
  require<DataError>(file_exists(file),
                     "{}: need a training that ended, got one that was stopped: train --resume goes on", use.model);
  const nn::TensorFile ended = nn::read_safetensors(file);
  const auto tensor = [&](const char* name, const Shape& shape) {
    const Tensor* found = nn::find(ended.tensors, name);
    require<DataError>(found && found->shape() == shape, "{}: need '{}' {}, got {}", file.string(), name, shape,
                       found ? to_string(found->shape()) : "none");
    return *found;
  };
  f.line.set_weight(tensor("line", {o.horizon, o.window}));
  f.offsets = tensor("offsets", {2, o.horizon, f.net.options.columns});
  return f;
}

}  // namespace grus::tasks::forecast
