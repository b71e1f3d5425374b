// Errors of all methods on windows one behind another, and what is said of them.
#include <fmt/format.h>

#include <algorithm>

#include "core/thread/recording.h"
#include "data/batch/batches.h"
#include "examples/forecast/forecaster.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::forecast {
namespace {

/// Returns the first baseline with the least error.
size_t best_baseline(const Backtest& r) {
  size_t best = linear;
  for (size_t m = linear; m < method_count; ++m)
    if (r.scaled[m].mse() < r.scaled[best].mse()) best = m;
  return best;
}

}  // namespace

Backtest backtest(const Forecaster& f, const Windows& windows) {
  const NoGrad off;
  Backtest result;
  result.windows = windows.size();
  auto batches = data::batches(windows, {.size = 256, .shuffle = false});
  batches.start(0);
  double inside = 0, all = 0;
  while (const auto b = batches.next()) {
    const Tensor truth = f.layout.scaler.unscaled(b->future);
    for (size_t m = 0; m < method_count; ++m) {
      const Tensor y = f.forecast(static_cast<Method>(m), *b);
      result.scaled[m].add(y, b->future, b->future_known);
      result.plain[m].add(f.layout.scaler.unscaled(y), truth, b->future_known);
      if (m != model) continue;
      const Tensor left_over = b->future - y;
      Tensor hit = logical_and(left_over >= f.offsets[0], left_over <= f.offsets[1]).to(DType::f32);
      if (b->future_known.defined()) hit = hit * b->future_known;
      inside += sum(hit).item();
      all += b->future_known.defined() ? sum(b->future_known).item() : static_cast<double>(y.numel());
    }
  }
  result.inside = all > 0 ? inside / all : 0;
  return result;
}

std::string table_of(const Backtest& r, const Forecaster& f) {
  constexpr size_t most_columns = 7;
  const size_t columns = std::min(f.layout.columns.size(), most_columns);
  std::string out = fmt::format("{:16} {:>8} {:>8}", "", "MSE", "MAE");
  for (size_t c = 0; c < columns; ++c) out += fmt::format(" {:>10.10}", f.layout.columns[c]);
  for (size_t m = 0; m < method_count; ++m) {
    out += fmt::format("\n{:16} {:8.4f} {:8.4f}", method_names[m], r.scaled[m].mse(), r.scaled[m].mae());
    for (size_t c = 0; c < columns; ++c) out += fmt::format(" {:10.4g}", r.plain[m].rmse(static_cast<int64_t>(c)));
  }
  return out + fmt::format("\n(MSE and MAE in deviations of the training part; columns: RMSE in their own units{})\n",
                           columns < f.layout.columns.size() ? ", the first seven" : "");
}

std::string verdict_of(const Backtest& r, const Forecaster& f) {
  const size_t best = best_baseline(r);
  const double own = r.scaled[model].mse(), other = r.scaled[best].mse();
  std::string text = fmt::format("On {} forecasts of {} row{} the model {} {}: MSE {:.4f} against {:.4f}.", r.windows,
                                 f.options.horizon, f.options.horizon == 1 ? "" : "s",
                                 own < other ? "beats all baselines, the best of which is" : "LOSES to",
                                 method_names[best], own, other);
  if (own >= other && !f.options.linear) text += " Train with --linear, or use that baseline.";
  std::string columns;
  int64_t lost = 0;
  for (int64_t c = 0; c < f.net.options.columns; ++c) {
    size_t least = model;
    for (size_t m = linear; m < method_count; ++m)
      if (r.plain[m].mse(c) < r.plain[least].mse(c)) least = m;
    if (least == model) continue;
    columns +=
        fmt::format("{}{} ({})", ++lost > 1 ? ", " : "", f.layout.columns[static_cast<size_t>(c)], method_names[least]);
  }
  if (lost > 0 && f.net.options.columns > 1) text += fmt::format(" A baseline is better on {}.", columns);
  return text + fmt::format(" {:.0f} % intervals held {:.1f} % of the truths.", 100 * f.options.level, 100 * r.inside);
}

}  // namespace grus::forecast
