// The command `train`.
#include <fmt/format.h>

#include "core/base/error.h"
#include "examples/pronounce/commands.h"
#include "examples/pronounce/pictures.h"
#include "examples/support/run.h"
#include "tasks/pronounce/training.h"
#include "training/fit.h"

namespace grus::tasks::pronounce {
int train(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  const Dictionary all = read_dictionary(o.dictionary, o.stress);
  const Parts parts = split_dictionary(all, o.hold_valid, o.hold_test, static_cast<uint64_t>(o.split_seed));
  Speakers speakers;
  speakers.push_back(make_speaker(learn_codecs(all, o.phones), o.sizes, static_cast<uint64_t>(o.training.seed)));
  const Speaker& speaker = speakers.front();
  seq2seq::PackedBatches batches = make_batches(o, speaker.codecs, parts.train);
  programs::Run run("pronounce", o.table(), o.training,
                    {.title = "Letters to phones", .model = speaker.model->description(), .command = command_line});
  training::FitOptions fit =
      run.begin({.data = {{"dictionary", checksum_of(all)}},
                 .write = [&](const std::filesystem::path& folder) { return save_codecs(speaker.codecs, folder); }},
                batches.batches());
  fmt::print("{} words, {} pronunciations to learn from; {} letters, {} phones, {} parameters\n", parts.train.size(),
             batches.pairs(), speaker.codecs.source.size() - data::special_count,
             speaker.codecs.target.size() - data::special_count, speaker.model->module().parameter_count());
  std::fflush(stdout);
  fit.validation = validation(speakers, parts.valid);
  const auto optimizer = make_optimizer(o.training, speaker.model->module().named_parameters());
  const auto loss = [&](const nn::ModuleBase&, const seq2seq::PackedBatch& batch) {
    seq2seq::BatchLoss of = loss_of(*speaker.model, batch, o.label_smoothing);
    return training::Loss(std::move(of.loss), static_cast<double>(batch.labels.numel()), std::move(of.nll_sum));
  };
  const training::FitResult result = training::fit(speaker.model->module(), *optimizer, batches, loss, fit);
  if (programs::ends_here(result)) return programs::stopped(result);
  const Judgement found = judge(speakers, parts.test, {});
  report::Figures drawn;
  const std::string sections = pictures(speakers, parts.test, found, drawn);
  run.show(sections, drawn);
  fmt::print("{}; {}/report.html shows which\n", summary(found), o.training.out);
  return 0;
}

}  // namespace grus::tasks::pronounce
