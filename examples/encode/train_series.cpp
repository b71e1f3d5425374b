// The command `train`, and what it does on a table.
#include <fmt/format.h>

#include "core/base/checksum.h"
#include "data/batch/batches.h"
#include "data/read/text.h"
#include "examples/encode/commands.h"
#include "examples/encode/pictures.h"
#include "examples/support/run.h"
#include "metrics/regression.h"
#include "training/annealing.h"
#include "training/fit.h"
#include "training/validation.h"

namespace grus::tasks::encode {

int train_series(TrainOptions& o, const std::string& command_line) {
  data::SeriesLayout layout;
  const Readings r = read_training(o, layout);
  Detector d(o, layout);
  const auto part = [&](int64_t begin, int64_t end, int64_t every) {
    return data::windows(r.scaled, begin, end, {.past = 0, .ahead = o.window, .every = every});
  };
  const auto [from, to] = rows_of(r, Part::valid);
  auto batches = data::batches(part(0, r.split.train, o.every),
                               {.size = o.training.batch, .seed = static_cast<uint64_t>(o.training.seed)});
  auto valid = data::batches(part(from, to, 1), {.size = 256, .shuffle = false});
  programs::Run run("encode", o.table(), o.training,
                    {.title = "Windows to states and back",
                     .model = fmt::format("{} of {} states, a code of {} for {} rows{}",
                                          o.unit == seq2seq::Unit::lstm ? "LSTM" : "GRU", o.hidden, o.latent, o.window,
                                          o.variational ? ", variational" : ""),
                     .command = command_line});
  const auto write = [&d](const std::filesystem::path& folder) {
    d.layout.write(folder / "series.json");
    return std::vector<std::string>{"series.json"};
  };
  training::FitOptions fit =
      run.begin({.data = {{"series", checksum_text(std::string_view(data::read_whole_file(o.series)))}},
                 .write = write,
                 .last = "normal.safetensors"},
                batches.batches());
  training::Annealing kl(o.kl, o.anneal);
  fit.callbacks.push_back(&kl);
  metrics::RootMeanSquaredError rmse;
  fit.validation = training::validation(d.net, valid, {&rmse}, [&](const auto& net, const data::SeriesWindow& b) {
    rmse.update(net(b.future).y, b.future, b.future_known);
  });
  const auto optimizer = make_optimizer(o.training, d.net.named_parameters());
  const auto loss = [&kl](const nn::WindowAutoencoder& net, const data::SeriesWindow& b) {
    return training::Loss(loss_of(net, b, kl()), static_cast<double>(b.future.dim(0)));
  };
  const training::FitResult result = training::fit(d.net, *optimizer, batches, loss, fit);
  if (programs::ends_here(result)) return programs::stopped(result);
  d.calibrate(r);
  write_ended(d, o.training.out);
  const Scored scored = d.score(r);
  const bool tested = r.split.test > 0;
  const auto [begin, end] = rows_of(r, tested ? Part::test : Part::valid);
  report::Figures figures;
  const std::string sections = pictures(d, r, scored, begin, end, figures);
  run.show(sections, figures);
  fmt::print("{}: {}{}/report.html draws them\n", tested ? "test" : "validation",
             text_of(found_in(d, r, scored, begin, end)), o.training.out);
  return 0;
}

int train(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  return o.is_text() ? train_text(o, command_line) : train_series(o, command_line);
}

}  // namespace grus::tasks::encode
