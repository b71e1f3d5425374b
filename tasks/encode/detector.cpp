#include "tasks/encode/detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "core/base/error.h"
#include "core/base/pack.h"
#include "metrics/roc_auc.h"
#include "nn/serialize.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "tasks/base/lists.h"
#include "tasks/base/model_files.h"

namespace grus::tasks::encode {
namespace {

nn::WindowAutoencoder made(const TrainOptions& o, const data::SeriesLayout& layout) {
  Rng rng(static_cast<uint64_t>(o.training.seed));
  return nn::WindowAutoencoder({.columns = static_cast<int64_t>(layout.columns.size()),
                                .hidden = o.hidden,
                                .latent = o.latent,
                                .layers = o.layers,
                                .lstm = o.unit == seq2seq::Unit::lstm,
                                .variational = o.variational},
                               rng);
}

std::filesystem::path ended_file(const std::filesystem::path& folder) { return folder / "normal.safetensors"; }

// Reads a table's columns and takes out its labels, where they are wanted.
Readings read(const TrainOptions& o, const std::string& path, std::vector<std::string> columns, bool labels) {
  if (labels && !columns.empty()) columns.push_back(o.label);
  Readings r;
  r.series = data::read_series(
      path, {.date = o.date, .columns = columns, .header = !o.no_header, .missing = tasks::comma_list(o.missing)});
  if (!labels) return r;
  r.labels = data::take_column(r.series, o.label);
  for (size_t row = 0; row < r.labels.size(); ++row)
    require<DataError>(std::isnan(r.labels[row]) || r.labels[row] == 0 || r.labels[row] == 1,
                       "{}: need 0 or 1 in the column '{}' of --label, got {} in row {}", path, o.label, r.labels[row],
                       row + 1);
  return r;
}

}  // namespace

Detector::Detector(TrainOptions o, data::SeriesLayout given)
    : options(std::move(o)), layout(std::move(given)), net(made(options, layout)) {}

Tensor Detector::windows(const Readings& r, int64_t begin, int64_t count) const {
  std::vector<Tensor> all;
  for (int64_t i = begin; i < begin + count; ++i) all.push_back(r.scaled.values.rows(i, i + options.window));
  return stack(all, 0).to(default_device());
}

Tensor Detector::states(const Readings& r, int64_t batch) const {
  const NoGrad off;
  const int64_t count = r.rows() - options.window + 1;
  std::vector<Tensor> all;
  for (int64_t i = 0; i < count; i += batch) all.push_back(net.encode(windows(r, i, std::min(batch, count - i))).z);
  return concat(all, 0);
}

// Windows come one behind another, so that no more of them than cover a row are held at a time.
void Detector::each_row(const Readings& r, int64_t batch, const Visit& visit) const {
  const NoGrad off;
  const size_t width = layout.columns.size(), size = static_cast<size_t>(options.window) * width;
  const int64_t length = options.window, count = r.rows() - length + 1;
  std::deque<std::vector<float>> held;  // those that begin at `row` and before it, the oldest first
  const auto tell = [&](int64_t row) {
    const int64_t newest = std::min(row, count - 1);
    std::vector<const float*> all;
    for (size_t k = 0; k < held.size(); ++k) {
      const int64_t begins = newest - std::ssize(held) + 1 + static_cast<int64_t>(k);
      all.push_back(held[k].data() + static_cast<size_t>(row - begins) * width);
    }
    visit(row, all);
  };
  for (int64_t begin = 0; begin < count; begin += batch) {
    const int64_t some = std::min(batch, count - begin);
    const std::vector<float> y = net(windows(r, begin, some)).y.to_vector<float>();
    for (int64_t b = 0; b < some; ++b) {
      const auto from = y.begin() + b * static_cast<int64_t>(size);
      held.emplace_back(from, from + static_cast<int64_t>(size));
      if (std::ssize(held) > length) held.pop_front();
      tell(begin + b);
    }
  }
  for (int64_t row = count; row < r.rows(); ++row) {
    if (std::ssize(held) > r.rows() - row) held.pop_front();
    tell(row);
  }
}

Scored Detector::score(const Readings& r, int64_t batch) const {
  const size_t width = layout.columns.size();
  Scored scored;
  std::vector<std::pair<double, size_t>> order;
  std::vector<double> errors;
  each_row(r, batch, [&](int64_t row, const std::vector<const float*>& windows) {
    errors.clear(), order.clear();
    for (const float* y : windows)
      for (size_t c = 0; c < width; ++c) errors.push_back(layout.scaler.scaled(r.series.at(row, c), c) - y[c]);
    const std::vector<double> distances = distance.scores(errors);
    for (size_t k = 0; k < windows.size(); ++k) order.emplace_back(distances[k], k);
    // A window with a fault elsewhere errs everywhere, so windows that err little decide.
    const auto chosen = order.begin() + static_cast<int64_t>(order.size() - 1) / 4;
    if (!std::isnan(distances.front())) std::nth_element(order.begin(), chosen, order.end());
    scored.scores.push_back(chosen->first);
    for (size_t c = 0; c < width; ++c) scored.rebuilt.push_back(layout.scaler.unscaled(windows[chosen->second][c], c));
  });
  return scored;
}

void Detector::calibrate(const Readings& r) {
  const size_t width = layout.columns.size();
  const int64_t from = r.split.train, to = from + r.split.valid;
  const auto normal = [&](int64_t row) {
    return row >= from && row < to && (r.labels.empty() || r.labels[static_cast<size_t>(row)] != 1);
  };
  std::vector<double> errors;  // of the window whose middle is nearest
  each_row(r, 256, [&](int64_t row, const std::vector<const float*>& windows) {
    for (size_t c = 0; c < width && normal(row); ++c)
      errors.push_back(layout.scaler.scaled(r.series.at(row, c), c) - windows[windows.size() / 2][c]);
  });
  require<DataError>(errors.size() > width * (width + 1),
                     "{}: need more than {} normal rows in the validation part, got {}", r.series.file, width + 1,
                     errors.size() / width);
  distance = metrics::ErrorDistance(errors, width);
  const Scored scored = score(r);
  std::vector<double> scores;
  for (int64_t row = from; row < to; ++row)
    if (const double s = scored.scores[static_cast<size_t>(row)]; normal(row) && !std::isnan(s)) scores.push_back(s);
  require<DataError>(!scores.empty(), "{}: need numbers in the validation part, got none", r.series.file);
  std::sort(scores.begin(), scores.end());
  alarm = scores[static_cast<size_t>(options.alarm * static_cast<double>(scores.size() - 1))];
}

Readings read_training(const TrainOptions& o, data::SeriesLayout& layout) {
  Readings r = read(o, o.series, tasks::comma_list(o.columns), !o.label.empty());
  r.split = data::split_by_time(o.series, r.rows(), tasks::three_parts("split", o.split));
  require<DataError>(r.split.train >= o.window && r.split.valid >= o.window,
                     "{}: need at least the {} rows of --window for training and for validation, got {} and {} of {}",
                     o.series, o.window, r.split.train, r.split.valid, r.rows());
  layout = data::SeriesLayout::of(r.series, r.split, 1, false, false);
  r.scaled = layout.apply(r.series, 0);
  return r;
}

Readings read_table(const Detector& d, const std::string& path, bool labels) {
  const TrainOptions& o = d.options;
  Readings r = read(o, path.empty() ? o.series : path, d.layout.columns, labels);
  require<DataError>(r.rows() >= o.window, "{}: need the {} rows of a window, got {}", r.series.file, o.window,
                     r.rows());
  r.scaled = d.layout.apply(r.series, 0);
  return r;
}

std::pair<int64_t, int64_t> rows_of(const Readings& r, Part part) {
  const data::TimeSplit& s = r.split;
  if (part == Part::all) return {0, r.rows()};
  return part == Part::test ? std::pair(s.train + s.valid, s.rows()) : std::pair(s.train, s.train + s.valid);
}

void write_ended(const Detector& d, const std::filesystem::path& folder) {
  tasks::write_last(ended_file(folder),
                    {{"distance", d.distance.tensor()}, {"alarm", Tensor::from(std::vector<double>{d.alarm})}});
}

Detector load_detector(const tasks::UseOptions& use) {
  begin_use(use);
  TrainOptions o;
  tasks::load_options("encode", use.model, o.table());
  require<UsageError>(!o.is_text(), "--model: need a model of series, got {}, which is one of lines", use.model);
  Detector d = tasks::make_model(use.model, [&] {
    return Detector(o, data::SeriesLayout::read(std::filesystem::path(use.model) / "series.json"));
  });
  tasks::load_weights(use.model, d.net);
  const std::filesystem::path file = ended_file(use.model);
  require<DataError>(file_exists(file),
                     "{}: need a training that ended, got one that was stopped: train --resume goes on", use.model);
  const nn::TensorFile ended = nn::read_safetensors(file);
  const Tensor *distance = nn::find(ended.tensors, "distance"), *alarm = nn::find(ended.tensors, "alarm");
  const auto columns = static_cast<int64_t>(d.layout.columns.size());
  require<DataError>(
      distance && distance->shape() == Shape({columns + 1, columns}) && distance->dtype() == DType::f64 && alarm &&
          alarm->shape() == Shape({1}) && alarm->dtype() == DType::f64,
      "{}: need 'distance' ({}, {}) and 'alarm' (1) f64, got others", file.string(), columns + 1, columns);
  d.distance = metrics::ErrorDistance::of(*distance);
  d.alarm = alarm->to_vector<double>().front();
  return d;
}

Tensor loss_of(const nn::WindowAutoencoder& net, const data::SeriesWindow& b, double beta) {
  const nn::Rebuilt out = net(b.future);
  Tensor loss = b.future_known.defined()
                    ? sum(mse_loss(out.y, b.future, Reduction::none) * b.future_known) / (sum(b.future_known) + 1e-9)
                    : mse_loss(out.y, b.future);
  if (out.kl.defined()) loss = loss + mean(out.kl) * (beta / static_cast<double>(b.future.dim(1) * b.future.dim(2)));
  return loss;
}

Found found_in(const Detector& d, const Readings& r, const Scored& scored, int64_t begin, int64_t end) {
  Found found;
  for (int64_t row = begin; row < end; ++row) {
    const double score = scored.scores[static_cast<size_t>(row)];
    const double label = r.labels.empty() ? std::nan("") : r.labels[static_cast<size_t>(row)];
    const bool fault = label == 1;
    if (fault && (found.spans.empty() || found.spans.back().second != row)) found.spans.emplace_back(row, row);
    if (fault) found.spans.back().second = row + 1;
    if (std::isnan(score)) continue;
    found.alarms += score > d.alarm;
    if (std::isnan(label)) continue;
    found.faults += fault, found.normal += !fault;
    found.right += fault && score > d.alarm;
    found.scores.push_back(score);
    found.labels.push_back(fault);
  }
  found.auc = std::nan("");
  if (found.faults == 0 || found.normal == 0) return found;
  metrics::RocAuc auc;
  auc.update(found.scores, found.labels);
  found.auc = auc.value();
  return found;
}

std::string text_of(const Found& f) {
  const int64_t rows = f.faults + f.normal;
  if (rows == 0) return fmt::format("{} rows above the alarm\n", f.alarms);
  std::string text = std::isnan(f.auc) ? "" : fmt::format("area under the curve {:.4f}\n", f.auc);
  const auto share = [](int64_t part, int64_t all) {
    return all > 0 ? fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(all)) : "none";
  };
  return text + fmt::format("alarms at {} of {} rows with a fault, false ones at {} of {} others\n",
                            share(f.right, f.faults), f.faults, share(f.alarms - f.right, f.normal), f.normal);
}

}  // namespace grus::tasks::encode
