// The command `train` on lines of text.
#include <fmt/format.h>

#include <algorithm>

#include "examples/encode/commands.h"
#include "examples/encode/pictures.h"
#include "examples/support/program.h"
#include "examples/support/run.h"
#include "seq2seq/packed_batches.h"
#include "tasks/encode/lines.h"
#include "training/annealing.h"
#include "training/fit.h"

namespace grus::tasks::encode {
namespace {

std::vector<std::string> first(const std::vector<std::string>& lines, size_t most) {
  return {lines.begin(), lines.begin() + static_cast<int64_t>(std::min(lines.size(), most))};
}

}  // namespace

int train_text(TrainOptions& o, const std::string& command_line) {
  LineParts parts = read_lines(o);
  const data::CodecOptions pieces{.kind = o.tokenizer, .size = o.vocab, .min_count = o.min_count};
  TextModel model(o, data::Codec::learn({parts.train}, pieces, complain));
  limit_lines(parts, o, model.codec, complain);
  const std::vector<std::vector<int32_t>> ids = model.ids(parts.train);
  seq2seq::PackedBatches batches({ids, ids}, {.batch_tokens = 0,
                                              .batch_sentences = o.training.batch,
                                              .seed = static_cast<uint64_t>(o.training.seed),
                                              .source_marks = seq2seq::source_marks});
  programs::Run run(
      "encode", o.table(), o.training,
      {.title = "Sentences to states and back", .model = model.net.description(), .command = command_line});
  const auto write = [&](const std::filesystem::path& folder) {
    model.codec.save((folder / "pieces").string());
    std::vector<std::string> names = {"pieces.vocab"};
    if (data::is_trained_kind(o.tokenizer)) names.emplace_back("pieces.model");
    return names;
  };
  training::FitOptions fit =
      run.begin({.data = {{"text", checksum_of(parts.train)}, {"valid", checksum_of(parts.valid)}}, .write = write},
                batches.batches());
  training::Annealing kl(o.kl, o.anneal);
  fit.callbacks.push_back(&kl);
  const std::vector<std::string> judged = first(parts.valid, 500);
  fit.validation = validation(model, judged);
  const auto optimizer = make_optimizer(o.training, model.net.named_parameters());
  const auto loss = [&kl](const seq2seq::Autoencoder& net, const seq2seq::PackedBatch& batch) {
    seq2seq::AutoencoderLoss of = net.loss(batch, kl());
    return training::Loss(std::move(of.loss), static_cast<double>(batch.labels.numel()), std::move(of.nll_sum));
  };
  const training::FitResult result = training::fit(model.net, *optimizer, batches, loss, fit);
  if (programs::ends_here(result)) return programs::stopped(result);
  const bool tested = !parts.test.empty();
  const TextFigures unseen = figures_of(model, tested ? parts.test : judged),
                    seen = figures_of(model, first(parts.train, 1000));
  report::Figures figures;
  const std::string sections = pictures(model, unseen, figures);
  run.show(sections, figures);
  fmt::print(
      "word for word: {:.1f} % of {} lines never seen ({}), {:.1f} % of {} lines of the training\n"
      "{} lines, {} pieces, {} parameters; {}/report.html has walks and a map\n",
      100 * unseen.exact, unseen.lines.size(), tested ? "test" : "validation", 100 * seen.exact, seen.lines.size(),
      parts.train.size(), model.codec.size(), model.net.parameter_count(), o.training.out);
  return 0;
}

}  // namespace grus::tasks::encode
