// The command `train`.
#include "training/fit.h"

#include <fmt/format.h>

#include "examples/listen/commands.h"
#include "examples/listen/pictures.h"
#include "examples/support/run.h"
#include "tasks/listen/training.h"

namespace grus::tasks::listen {

int train(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  require_sound();
  const Parts parts = read_parts(o);
  const Hearing hearing = make_hearing(o, parts.train);
  const auto seed = static_cast<uint64_t>(o.training.seed);
  auto batches = make_batches(hearing, parts.train, &o.change, {.size = o.training.batch, .seed = seed});
  auto valid = make_batches(hearing, parts.valid, nullptr, {.size = 256, .shuffle = false});
  for (const data::Recording& one : parts.test) label_of(one, hearing);  // an unknown word is told now
  Rng rng(seed);
  Recogniser model(o.model, hearing.outputs(), rng);

  const options::Table table = o.table();
  const bool words = o.model.target == Target::words;
  programs::Run run(
      "listen", table, o.training,
      {.title = "Words in sound",
       .model = fmt::format("bidirectional GRU, {} layers of {} states, {} {}", o.model.layers, o.model.hidden,
                            hearing.outputs() - (words ? 0 : 1), words ? "words" : "letters"),
       .command = command_line});
  training::FitOptions fit =
      run.begin({.data = {{"train", checksum_of(parts.train)}, {"valid", checksum_of(parts.valid)}},
                 .write = [&](const std::filesystem::path& folder) { return save_hearing(hearing, folder); }},
                batches.batches());
  Judge judge(hearing);
  fit.validation = training::validation(model, valid, judge.figures(),
                                        [&](const Recogniser& m, const Batch& b) { judge.update(m, b); });
  fit.watch = "valid_" + judge.loss.name();
  const auto optimizer = make_optimizer(o.training, model.named_parameters());
  const auto loss = [&](const Recogniser& m, const Batch& b) {
    return training::Loss(loss_of(m, m(b.sounds).scores, b), static_cast<double>(b.lengths.size()));
  };
  const training::FitResult result = training::fit(model, *optimizer, batches, loss, fit);
  if (programs::ends_here(result)) return programs::stopped(result);
  const bool tested = !parts.test.empty();
  const Figures found = figures_of(model, hearing, tested ? parts.test : parts.valid, 256);
  report::Figures drawn;
  const std::string sections = pictures(found, hearing, drawn);
  run.show(sections, drawn);
  fmt::print("{} recordings, {} words, {} parameters\n{} {}; {}/report.html shows more\n", parts.train.size(),
             hearing.words.size(), model.parameter_count(), tested ? "test" : "validation", in_words(found, hearing),
             o.training.out);
  return 0;
}

}  // namespace grus::tasks::listen
