// The command `train` on lines of text.
#include <fmt/format.h>

#include <numeric>
#include <unordered_set>

#include "core/base/error.h"
#include "data/batch/dataset.h"
#include "data/read/text.h"
#include "examples/encode/commands.h"
#include "examples/encode/pictures.h"
#include "examples/support/program.h"
#include "examples/support/run.h"
#include "seq2seq/packed_batches.h"
#include "training/annealing.h"
#include "training/fit.h"

namespace grus::tasks::encode {
namespace {

struct Parts {
  std::vector<std::string> train, valid = {}, test = {};
};

// Returns the different lines that are not blank.
std::vector<std::string> distinct_lines(const std::string& file) {
  std::vector<std::string> lines;
  std::unordered_set<std::string> seen;
  for (std::string& line : data::read_lines(file))
    if (!data::split_spaces(line).empty() && seen.insert(line).second) lines.push_back(std::move(line));
  require<DataError>(!lines.empty(), "{}: need lines with words, got none", file);
  return lines;
}

// Leaves out lines that are too long for the model.
void limit(std::vector<std::string>& lines, const TrainOptions& o, const std::string& file, const data::Codec& codec) {
  const auto gone = std::erase_if(
      lines, [&](const std::string& line) { return std::ssize(codec.tokenizer().tokenize(line)) > o.max_length; });
  require<DataError>(!lines.empty(), "{}: need lines of at most {} pieces (--max-length), got none", file,
                     o.max_length);
  if (gone > 0)
    complain(fmt::format("{}: {} lines of more than {} pieces are left out (--max-length)", file, gone, o.max_length));
}

data::Codec learn(const TrainOptions& o, const std::vector<std::string>& lines) {
  return data::Codec::learn({lines}, {.kind = o.tokenizer, .size = o.vocab, .min_count = o.min_count}, complain);
}

Parts read_parts(const TrainOptions& o) {
  Parts parts{.train = distinct_lines(o.text)};
  if (!o.test.empty()) parts.test = distinct_lines(o.test);
  if (!o.valid.empty()) parts.valid = distinct_lines(o.valid);
  else parts.valid = data::hold_out(parts.train, o.hold, {.seed = static_cast<uint64_t>(o.training.seed)});
  return parts;
}

std::string checksum_of(const std::vector<std::string>& lines) {
  return tasks::checksum_of(lines, [](const std::string& line) { return line + "\n"; });
}

// Judges by lines that are brought back, a variational model by what it trains for.
training::Validation validation(const TextModel& model, const std::vector<std::string>& lines) {
  const bool variational = model.options.variational;
  const auto measure = [&model, &lines, variational]() -> std::vector<training::Figure> {
    const TextFigures found = figures_of(model, lines);
    const double words = found.nats;
    std::vector<training::Figure> figures = {{"valid_exact", found.exact, true}, {"valid_loss", words}};
    if (variational) figures.push_back({"valid_kl", found.kl});
    return figures;
  };
  return {measure, variational ? std::vector<std::string>{"valid_exact", "valid_loss", "valid_kl"}
                               : std::vector<std::string>{"valid_exact", "valid_loss"}};
}

std::vector<std::string> first(const std::vector<std::string>& lines, size_t most) {
  return {lines.begin(), lines.begin() + static_cast<int64_t>(std::min(lines.size(), most))};
}

}  // namespace

int train_text(TrainOptions& o, const std::string& command_line) {
  Parts parts = read_parts(o);
  TextModel model(o, learn(o, parts.train));
  limit(parts.train, o, o.text, model.codec);
  limit(parts.valid, o, o.valid.empty() ? o.text : o.valid, model.codec);
  if (!parts.test.empty()) limit(parts.test, o, o.test, model.codec);
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
