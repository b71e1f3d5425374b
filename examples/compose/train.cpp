// The command `train`.
#include "training/fit.h"

#include <fmt/format.h>

#include "examples/compose/commands.h"
#include "examples/compose/pictures.h"
#include "examples/support/run.h"
#include "metrics/mean.h"
#include "ops/math/elementwise.h"
#include "tasks/compose/training.h"

namespace grus::tasks::compose {

int train(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  const data::PieceSets sets = read_parts(o);
  const auto seed = static_cast<uint64_t>(o.training.seed);
  auto batches = make_batches(sets.train, o.transpose, {.size = o.training.batch, .seed = seed});
  auto valid = make_batches(sets.valid, 0, {.size = 64, .shuffle = false});
  Rng rng(seed);
  Composer model(o.model, rng);
  const options::Table table = o.table();
  programs::Run run(
      "compose", table, o.training,
      {.title = "Chords",
       .model = fmt::format("{}, {} layers of {} states, {} outputs", programs::name_of(row_of(table, "unit")),
                            o.model.layers, o.model.hidden, text_of(row_of(table, "outputs"))),
       .command = command_line});
  training::FitOptions fit =
      run.begin({.data = {{"train", checksum_of(sets.train)}, {"valid", checksum_of(sets.valid)}}}, batches.batches());
  metrics::Mean nats("nats_a_step");
  fit.validation = training::validation(model, valid, {&nats}, [&](const Composer& m, const Chords& chords) {
    nats.update(loss_of(m, chords).loss, chords.read.lengths.total());
  });
  const auto optimizer = make_optimizer(o.training, model.named_parameters());
  const training::FitResult result = training::fit(model, *optimizer, batches, loss_of, fit);
  if (programs::ends_here(result)) return programs::stopped(result);
  const bool tested = !sets.test.empty();
  const std::vector<data::Piece>& judged = tested ? sets.test : sets.valid;
  const Figures found = figures_of(model, judged, 64);
  report::Figures drawn;
  std::string sections = pictures(found, judged, o.step, drawn);
  sections += sample_section(model, judged.front(), o.step, drawn);
  run.show(sections, drawn);
  fmt::print(
      "{} pieces, {} parameters\n{}: {:.4f} nats a step of {} steps, accuracy {:.2f} %; {}/report.html shows more\n",
      sets.train.size(), model.parameter_count(), tested ? "test" : "validation", found.nats, found.steps,
      100 * found.accuracy, o.training.out);
  return 0;
}

}  // namespace grus::tasks::compose
