#include "examples/forecast/forecaster.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/thread/recording.h"
#include "data/batch/batches.h"
#include "data/read/number.h"
#include "examples/support/model_files.h"
#include "metrics/conformal.h"
#include "nn/init.h"
#include "nn/serialize.h"

namespace grus::forecast {
namespace {

nn::SegmentGruOptions model_options(const TrainOptions& o, const Layout& layout) {
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

auto in_order(const Windows& windows) {
  auto batches = data::batches(windows, {.size = 256, .shuffle = false});
  batches.start(0);
  return batches;
}

std::filesystem::path layout_file(const std::filesystem::path& folder) { return folder / "series.safetensors"; }
std::filesystem::path interval_file(const std::filesystem::path& folder) { return folder / "intervals.safetensors"; }

Tensor f64(const std::vector<double>& values) { return Tensor::from(values, Device("cpu")); }

}  // namespace

Forecaster::Forecaster(TrainOptions o, Layout given)
    : options(std::move(o)),
      layout(std::move(given)),
      net([&] {
        Rng rng = seeded(options);
        return nn::SegmentGru(model_options(options, layout), rng);
      }()),
      line(options.window, options.horizon) {}

Tensor Forecaster::forward(const data::SeriesWindow& b) const {
  const Tensor known = !layout.known ? Tensor() : b.past_known.defined() ? b.past_known : ones_like(b.past);
  return net(b.past, layout.inputs > 0 ? b.calendar : Tensor(), known);
}

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

Prepared Forecaster::read(const std::string& path) const {
  const std::string& from = path.empty() ? options.data : path;
  Prepared p;
  try {
    p.series = read_table(options, from, layout.columns);
  } catch (const UsageError&) {
    const data::Series all = read_table(options, from, {});
    fail<DataError>("{}: need the columns of this model, {}, got {}", from,
                    printable(fmt::format("{}", fmt::join(layout.columns, ", "))),
                    printable(fmt::format("{}", fmt::join(all.columns, ", "))));
  }
  const std::string got = p.series.dates ? p.series.dates->step_text() : "";
  require<DataError>(layout.inputs == 0 || got == layout.step, "{}: need a date every {} as in training, got {}", from,
                     layout.step, got.empty() ? "none" : "one every " + got);
  require<DataError>(p.series.rows() >= options.window, "{}: need the {} rows of a window, got {}", from,
                     options.window, p.series.rows());
  p.scaled = data::model_series(p.series, layout.scaler, options.horizon);
  if (options.no_calendar) p.scaled.calendar = Tensor();
  return p;
}

std::vector<std::string> write_layout(const Forecaster& f, const std::filesystem::path& folder) {
  const Layout& l = f.layout;
  nn::Metadata words = {{"step", l.step},
                        {"season", std::to_string(l.season)},
                        {"inputs", std::to_string(l.inputs)},
                        {"known", l.known ? "1" : "0"}};
  for (size_t c = 0; c < l.columns.size(); ++c) words[fmt::format("column {}", c)] = l.columns[c];
  nn::write_safetensors(
      layout_file(folder),
      {{"mean", f64(l.scaler.mean)}, {"deviation", f64(l.scaler.deviation)}, {"line", f.line.weight()}}, words);
  return {layout_file(folder).filename().string()};
}

void write_intervals(const Forecaster& f, const std::filesystem::path& folder) {
  nn::write_safetensors(interval_file(folder), {{"offsets", f.offsets}});
}

Forecaster load(const programs::UseOptions& use) {
  begin_use(use);
  TrainOptions o;
  programs::load_options("forecast", use.model, o.table());
  const nn::TensorFile file = nn::read_safetensors(layout_file(use.model), Device("cpu"));
  const auto tensor = [](const nn::TensorFile& of, const std::filesystem::path& path, const char* name) {
    const Tensor* found = nn::find(of.tensors, name);
    require<DataError>(found != nullptr, "{}: need a tensor '{}', got none", path.string(), name);
    return *found;
  };
  const auto number = [&](const char* name) {
    const auto at = file.metadata.find(name);
    const auto value = at == file.metadata.end() ? std::nullopt : data::parse_number(at->second);
    require<DataError>(value.has_value(), "{}: need a number '{}', got none", layout_file(use.model).string(), name);
    return static_cast<int64_t>(*value);
  };
  Layout layout;
  layout.season = number("season"), layout.inputs = number("inputs"), layout.known = number("known") != 0;
  layout.scaler = {.log = o.log,
                   .mean = tensor(file, layout_file(use.model), "mean").to_vector<double>(),
                   .deviation = tensor(file, layout_file(use.model), "deviation").to_vector<double>()};
  if (const auto at = file.metadata.find("step"); at != file.metadata.end()) layout.step = at->second;
  for (size_t c = 0; c < layout.scaler.mean.size(); ++c) {
    const auto at = file.metadata.find(fmt::format("column {}", c));
    layout.columns.push_back(at == file.metadata.end() ? std::to_string(c + 1) : at->second);
  }
  const nn::init::Skip skip;
  Forecaster f(o, layout);
  f.line.set_weight(tensor(file, layout_file(use.model), "line").to(default_device()));
  programs::load_weights(use.model, f.net);
  require<DataError>(std::filesystem::exists(interval_file(use.model)),
                     "{}: need a training that ended, got one that was stopped: train --resume goes on", use.model);
  f.offsets = tensor(nn::read_safetensors(interval_file(use.model)), interval_file(use.model), "offsets");
  require<DataError>(f.offsets.shape() == Shape({2, o.horizon, f.net.options.columns}),
                     "{}: need offsets (2, {}, {}), got {}", interval_file(use.model).string(), o.horizon,
                     f.net.options.columns, f.offsets.shape());
  return f;
}

}  // namespace grus::forecast
