// The rows behind a table, as numbers and as the lines of `run`.
#include <fmt/format.h>

#include "core/thread/recording.h"
#include "examples/forecast/forecaster.h"
#include "ops/math/elementwise.h"

namespace grus::forecast {

NextRows next_rows(const Forecaster& f, const Prepared& p) {
  const NoGrad off;
  const Tensor y = f.forward(f.window_before(p, p.series.rows()));
  const auto numbers = [&](const Tensor& x) { return f.layout.scaler.unscaled(x).to_vector<float>(); };
  return {numbers(y), numbers(y + f.offsets[0]), numbers(y + f.offsets[1])};
}

std::string said(const Forecaster& f, const Prepared& p) {
  const NextRows next = next_rows(f, p);
  const int64_t rows = p.series.rows(), columns = f.net.options.columns;
  std::string lines = p.series.dates ? "date" : "row";
  for (const std::string& name : f.layout.columns) lines += fmt::format(",{0},{0}_low,{0}_high", name);
  lines += "\n";
  for (int64_t h = 0; h < f.options.horizon; ++h) {
    lines += p.series.dates ? p.series.dates->text_at(rows + h) : fmt::format("{}", rows + h + 1);
    for (int64_t c = 0; c < columns; ++c) {
      const auto at = static_cast<size_t>(h * columns + c);
      lines += fmt::format(",{:.6g},{:.6g},{:.6g}", next.forecast[at], next.low[at], next.high[at]);
    }
    lines += "\n";
  }
  return lines;
}

}  // namespace grus::forecast
