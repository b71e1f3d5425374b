#include "nn/segment_gru.h"

#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"

namespace grus::nn {
namespace {

SegmentGruOptions checked(const SegmentGruOptions& o) {
  require<UsageError>(o.columns > 0 && o.window > 0 && o.horizon > 0 && o.segment > 0 && o.hidden > 1,
                      "[SegmentGru] need columns, a window, a horizon and a segment of at least 1 and 2 hidden units, "
                      "got {}, {}, {}, {} and {}",
                      o.columns, o.window, o.horizon, o.segment, o.hidden);
  require<UsageError>(o.window % o.segment == 0, "[SegmentGru] need a segment that divides the window of {}, got {}",
                      o.window, o.segment);
  require<UsageError>(o.calendar >= 0, "[SegmentGru] need calendar inputs of at least 0, got {}", o.calendar);
  return o;
}

/// x (B, n S, C) -> (n, B, C, S)
Tensor segments_of(const Tensor& x, int64_t size) {
  return x.reshape({x.dim(0), x.dim(1) / size, size, x.dim(2)}).permute({1, 0, 3, 2});
}

/// y (m, B, C, S) -> (B, m S, C)
Tensor joined(const Tensor& y) { return y.permute({1, 0, 3, 2}).reshape({y.dim(1), y.dim(0) * y.dim(3), y.dim(2)}); }

}  // namespace

SegmentGru::SegmentGru(SegmentGruOptions given, Rng& rng)
    : options(checked(given)),
      norm(child("norm", ReversibleNorm(options.columns, options.norm))),
      embed(child("embed", Linear(options.segment, options.hidden, rng))),
      gru(child("gru", Gru({.input = options.hidden, .hidden = options.hidden}, rng))),
      dropout(child("dropout", Dropout(options.dropout))),
      output(child("output", Linear(options.hidden, options.segment, rng))) {
  const int64_t hidden = options.hidden;
  if (options.known) known_embed.emplace(child("known_embed", Linear(options.segment, hidden, rng, {.bias = false})));
  if (options.calendar > 0)
    calendar_embed.emplace(child("calendar_embed", Linear(options.calendar, hidden, rng, {.bias = false})));
  if (options.decoder == SegmentGruOptions::Decoder::direct) {
    place = param("place", init::normal({segments_ahead(), hidden / 2}, 0, 1, rng));
    column = param("column", init::normal({options.columns, hidden - hidden / 2}, 0, 1, rng));
  }
  if (!options.linear) return;
  linear_part.emplace(child("linear_part", Linear(options.window, options.horizon, rng, {.bias = false})));
  output.weight.assign(init::zeros(output.weight.shape()));
  output.bias.assign(init::zeros(output.bias.shape()));
}

Tensor SegmentGru::embedded(const Tensor& z, const Tensor& dates) const {
  const Tensor e = relu(embed(z));
  return dates.defined() ? e + dates : e;
}

/// h (B C, hidden), dates (m, B, 1, hidden) -> (m, B, C, S)
Tensor SegmentGru::direct(const Tensor& h, const Tensor& dates) const {
  const int64_t m = segments_ahead(), c = options.columns, batch = h.dim(0) / c, hidden = options.hidden;
  const Tensor places = broadcast_to(place->reshape({m, 1, hidden / 2}), {m, c, hidden / 2});
  const Tensor columns = broadcast_to(column->reshape({1, c, hidden - hidden / 2}), {m, c, hidden - hidden / 2});
  Tensor q = concat({places, columns}, 2).reshape({m, 1, c, hidden});
  q = dates.defined() ? q + dates : broadcast_to(q, {m, batch, c, hidden});
  const Tensor from = broadcast_to(h.reshape({1, batch * c, hidden}), {m, batch * c, hidden});
  const Tensor y = gru(q.reshape({1, m * batch * c, hidden}), State(from.reshape({1, m * batch * c, hidden}))).state.h;
  return output(dropout(y)).reshape({m, batch, c, options.segment});
}

/// last, the last segment of the past (1, B, C, S), is read already.
Tensor SegmentGru::autoregressive(const Tensor& last, Tensor h, const Tensor& dates) const {
  const int64_t batch = last.dim(1), c = options.columns, hidden = options.hidden;
  std::vector<Tensor> all;
  for (int64_t j = 0; j < segments_ahead(); ++j) {
    const Tensor y = output(dropout(h)).reshape({1, batch, c, options.segment});
    all.push_back(y);
    const Tensor x = embedded(y, dates.defined() ? dates.rows(j, j + 1) : Tensor()).reshape({1, batch * c, hidden});
    h = gru(x, State(h.reshape({1, batch * c, hidden}))).state.h.reshape({batch * c, hidden});
  }
  return concat(all, 0);
}

Tensor SegmentGru::forward(const Tensor& past, const Tensor& calendar, const Tensor& known) const {
  const auto& o = options;
  require(past.rank() == 3 && past.dim(1) == o.window && past.dim(2) == o.columns,
          "[SegmentGru] need a past (B, {}, {}), got {}", o.window, o.columns, past.shape());
  const int64_t batch = past.dim(0), n = o.window / o.segment, m = segments_ahead();
  require<UsageError>(calendar.defined() == (o.calendar > 0) && known.defined() == o.known,
                      "[SegmentGru] need a calendar and what is known exactly where the options have them");
  const Normed normed = norm(past);
  Tensor dates;  // (n + m, B, 1, hidden), from the first step of each segment
  if (o.calendar > 0) {
    require(calendar.shape() == Shape({batch, o.window + o.horizon, o.calendar}),
            "[SegmentGru] need a calendar ({}, {}, {}), got {}", batch, o.window + o.horizon, o.calendar,
            calendar.shape());
    dates = (*calendar_embed)(slice(calendar, 1, 0, std::nullopt, o.segment)).permute({1, 0, 2}).unsqueeze(2);
  }
  const Tensor z = segments_of(normed.x, o.segment);
  Tensor e = embedded(z, dates.defined() ? dates.rows(0, n) : Tensor());
  if (o.known) {
    require(known.shape() == past.shape(), "[SegmentGru] need known {}, got {}", past.shape(), known.shape());
    e = e + (*known_embed)(segments_of(known, o.segment));
  }
  const Tensor h = gru(e.reshape({n, batch * o.columns, o.hidden})).state.h[0];
  const Tensor ahead = dates.defined() ? dates.rows(n, n + m) : Tensor();
  const bool all_at_once = o.decoder == SegmentGruOptions::Decoder::direct;
  Tensor y =
      slice(joined(all_at_once ? direct(h, ahead) : autoregressive(z.rows(n - 1, n), h, ahead)), 1, 0, o.horizon);
  if (linear_part) {
    const Tensor last = slice(normed.x, 1, o.window - 1);
    y = y + last + (*linear_part)((normed.x - last).transpose(1, 2)).transpose(1, 2);
  }
  return norm.inverse(y, normed);
}

}  // namespace grus::nn
