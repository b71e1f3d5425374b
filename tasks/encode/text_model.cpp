#include "tasks/encode/text_model.h"

#include "core/base/error.h"
#include "data/pairs/loader.h"
#include "data/read/text.h"
#include "metrics/edit_distance.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "seq2seq/packed_batches.h"
#include "seq2seq/search.h"
#include "tasks/base/model_files.h"

namespace grus::tasks::encode {
namespace {

seq2seq::AutoencoderOptions sizes_of(const TrainOptions& o, int64_t words) {
  return {.words = words,
          .embedding = o.embedding,
          .hidden = o.hidden,
          .latent = o.latent,
          .layers = o.layers,
          .unit = o.unit,
          .bidirectional = o.bidirectional,
          .variational = o.variational,
          .dropout = o.dropout,
          .word_dropout = o.word_dropout};
}

seq2seq::Autoencoder made(const TrainOptions& o, int64_t words) {
  Rng rng(static_cast<uint64_t>(o.training.seed));
  return seq2seq::Autoencoder(sizes_of(o, words), rng);
}

}  // namespace

TextModel::TextModel(const TrainOptions& o, data::Codec given)
    : options(o), codec(std::move(given)), net(made(o, codec.size())) {}

std::vector<int32_t> TextModel::ids(const std::string& line, std::string_view where) const {
  std::vector<int32_t> all = codec.encode(line);
  require<DataError>(std::ssize(all) <= options.max_length,
                     "{}: need a line of at most {} pieces (--max-length), got {}", where, options.max_length,
                     all.size());
  if (all.empty()) all.push_back(data::UNK);
  return all;
}

std::vector<std::vector<int32_t>> TextModel::ids(const std::vector<std::string>& lines) const {
  std::vector<std::vector<int32_t>> all;
  for (size_t i = 0; i < lines.size(); ++i) all.push_back(ids(lines[i], fmt::format("line {}", i + 1)));
  return all;
}

Tensor TextModel::states(const std::vector<std::vector<int32_t>>& ids, int64_t batch) const {
  const NoGrad off;
  std::vector<Tensor> all;
  for (size_t begin = 0; begin < ids.size(); begin += static_cast<size_t>(batch)) {
    const size_t count = std::min(ids.size() - begin, static_cast<size_t>(batch));
    all.push_back(net.summary(seq2seq::pack_tokens(std::span(ids).subspan(begin, count))));
  }
  return all.empty() ? Tensor::zeros({0, options.latent}) : concat(all, 0);
}

std::vector<std::string> TextModel::say(const Tensor& states) const {
  std::vector<std::string> texts;
  for (const auto& best : seq2seq::search(net.decode(states), net.output(), states.dim(0),
                                          {.beam = 4, .length_penalty = 0, .max_length = options.max_length}))
    texts.push_back(codec.decode(best.front().ids));
  return texts;
}

TextModel load_text(const tasks::UseOptions& use) {
  begin_use(use);
  TrainOptions o;
  tasks::load_options("encode", use.model, o.table());
  require<UsageError>(o.is_text(), "--model: need a model of lines, got {}, which is one of series", use.model);
  const std::string pieces = (std::filesystem::path(use.model) / "pieces").string();
  TextModel model = tasks::make_model(use.model, [&] { return TextModel(o, data::Codec::load(o.tokenizer, pieces)); });
  tasks::load_weights(use.model, model.net);
  return model;
}

TextFigures figures_of(const TextModel& model, const std::vector<std::string>& lines) {
  const NoGrad off;
  TextFigures found{.lines = lines};
  const std::vector<std::vector<int32_t>> ids = model.ids(lines);
  found.said = model.say(model.states(ids));
  metrics::EditErrorRate errors;
  int64_t right = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::vector<std::string> read = model.codec.tokenizer().tokenize(lines[i]),
                                   said = model.codec.tokenizer().tokenize(found.said[i]);
    errors.update(std::span<const std::string>(said), std::span<const std::string>(read));
    found.same.push_back(said == read);
    right += said == read;
  }
  double nats = 0, kl = 0;
  int64_t words = 0;
  seq2seq::PackedBatches batches({ids, ids}, {.shuffle = false, .source_marks = seq2seq::source_marks});
  batches.start(0);
  while (const auto batch = batches.next()) {
    const seq2seq::AutoencoderLoss loss = model.net.loss(*batch, 1);
    nats += loss.nll_sum.item(), words += batch->labels.numel();
    if (loss.kl_sum.defined()) kl += loss.kl_sum.item();
  }
  const auto count = static_cast<double>(lines.size());
  found.exact = static_cast<double>(right) / count;
  found.word_error = errors.value();
  found.nats = nats / static_cast<double>(words);
  found.kl = kl / count;
  return found;
}

std::vector<std::string> walk(const TextModel& model, const std::string& from, const std::string& to, int64_t steps) {
  const Tensor ends = model.states({model.ids(from, "the first line"), model.ids(to, "the second line")});
  std::vector<Tensor> path;
  for (int64_t i = 0; i < steps; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(steps - 1);
    path.push_back(ends.rows(0, 1) * (1 - share) + ends.rows(1, 2) * share);
  }
  return model.say(concat(path, 0));
}

}  // namespace grus::tasks::encode
