// The command `train`.
#include "training/fit.h"

#include <fmt/format.h>

#include "examples/classify/commands.h"
#include "examples/classify/pictures.h"
#include "examples/support/program.h"
#include "examples/support/run.h"
#include "metrics/f_score.h"
#include "metrics/mean.h"
#include "ops/loss/loss.h"
#include "tasks/classify/training.h"

namespace grus::tasks::classify {

int train(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  const Parts parts = read_parts(o);
  const Reader reader = make_reader(o, parts.train, complain);
  const auto classes = std::ssize(reader.classes);
  auto batches = make_batches(
      reader, parts.train,
      {.size = o.training.batch, .bucket = 50 * o.training.batch, .seed = static_cast<uint64_t>(o.training.seed)});
  auto valid = make_batches(reader, parts.valid, {.size = 256, .bucket = 100000, .shuffle = false});
  data::class_ids(parts.test, reader.classes);  // a class that training lacks is told now
  Rng rng(static_cast<uint64_t>(o.training.seed));
  Committee model(o.model, reader.codec.size(), classes, rng);
  if (!o.training.resume && !o.vectors.empty())
    fmt::print("{} of {} words have a vector in {}\n", use_vectors(o, reader, model),
               reader.codec.size() - data::special_count, o.vectors);

  const options::Table table = o.table();
  programs::Run run(
      "classify", table, o.training,
      {.title = "Text to class",
       .model = fmt::format("{} of {} states in {}, {} pooling, {} classes", programs::name_of(row_of(table, "unit")),
                            o.model.hidden, o.model.bidirectional ? "both directions" : "one direction",
                            text_of(row_of(table, "pool")), classes),
       .command = command_line});
  training::FitOptions fit =
      run.begin({.data = {{"train", checksum_of(parts.train)}, {"valid", checksum_of(parts.valid)}},
                 .write = [&](const std::filesystem::path& folder) { return save_reader(reader, folder); }},
                batches.batches());
  metrics::Accuracy accuracy({.classes = classes});
  metrics::FScore f1({.classes = classes});
  metrics::Mean loss_mean;
  const auto update = [&](const Committee& m, const Batch& b) {
    const Tensor scores = m(b.first).scores;
    accuracy.update(scores, b.second);
    f1.update(scores, b.second);
    loss_mean.update(cross_entropy(scores, b.second), scores.dim(0));
  };
  fit.validation = training::validation(model, valid, {&accuracy, &f1, &loss_mean}, update);
  const auto optimizer = make_optimizer(o.training, model.named_parameters());
  const auto loss = [&](const Committee& m, const Batch& b) {
    return training::Loss(m.loss(b.first, b.second, o.label_smoothing), static_cast<double>(b.second.dim(0)));
  };
  const training::FitResult result = training::fit(model, *optimizer, batches, loss, fit);
  if (programs::ends_here(result)) return programs::stopped(result);
  const bool tested = !parts.test.empty();
  const Figures found = figures_of(model, reader, tested ? parts.test : parts.valid, 256);
  report::Figures drawn;
  const std::string sections = pictures(found, reader, drawn);
  run.show(sections, drawn);
  fmt::print(
      "{} texts, {} pieces, {} parameters\n{} accuracy {:.4f}, macro F1 {:.4f} of {} texts; {}/report.html shows "
      "more\n",
      parts.train.size(), reader.codec.size(), model.parameter_count(), tested ? "test" : "validation", found.accuracy,
      found.f1, found.rows.size(), o.training.out);
  return 0;
}

}  // namespace grus::tasks::classify
