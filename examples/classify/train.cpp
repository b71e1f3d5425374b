// The command `train`.
#include "training/fit.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "data/batch/batches.h"
#include "data/text/unicode.h"
#include "data/text/word_vectors.h"
#include "examples/classify/commands.h"
#include "examples/classify/pictures.h"
#include "examples/support/program.h"
#include "examples/support/run.h"
#include "metrics/f_score.h"
#include "metrics/mean.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"

namespace grus::tasks::classify {
namespace {

using Batch = std::pair<Texts, Tensor>;

struct Parts {
  std::vector<data::LabelledText> train, valid = {}, test = {};
};

// Holds a share out of the rows, with each class's share.
std::vector<data::LabelledText> held_out(std::vector<data::LabelledText>& rows, double share, uint64_t seed) {
  return data::hold_out(rows, share, {.seed = seed, .stratify = data::class_ids(rows, data::classes_of(rows))});
}

Parts read_parts(const TrainOptions& o) {
  Parts parts{.train = data::read_labelled_texts(o.train, o.rows)};
  const auto seed = static_cast<uint64_t>(o.training.seed);
  if (!o.test.empty()) parts.test = data::read_labelled_texts(o.test, o.rows);
  else if (o.hold_test > 0) parts.test = held_out(parts.train, o.hold_test, seed);
  if (!o.valid.empty()) parts.valid = data::read_labelled_texts(o.valid, o.rows);
  else parts.valid = held_out(parts.train, o.hold_valid, seed + 1);
  const size_t classes = data::classes_of(parts.train).size();
  require<DataError>(classes > 1, "{}: need texts of at least two classes, got {}", o.train, classes);
  return parts;
}

std::string checksum_of(const std::vector<data::LabelledText>& rows) {
  return tasks::checksum_of(rows, [](const auto& row) { return fmt::format("{}\t{}\n", row.label, row.text); });
}

Reader make_reader(const TrainOptions& o, const std::vector<data::LabelledText>& rows) {
  std::vector<std::string> texts;
  for (const data::LabelledText& row : rows) texts.push_back(row.text);
  if (!o.cased)
    for (std::string& text : texts) text = data::lower_case(text);
  const data::CodecOptions options{.kind = o.tokenizer, .size = o.vocab, .min_count = o.min_count};
  data::Codec codec = data::Codec::learn({texts}, options, complain);
  if (o.vectors_words > 0) {
    std::vector<std::string> more = data::read_word_vectors(o.vectors, o.vectors_words).words;
    // A word with capitals is no piece where texts lose theirs: nothing would find its vector.
    if (!o.cased) std::erase_if(more, [](const std::string& word) { return data::lower_case(word) != word; });
    codec = codec.extended({more});
  }
  return {std::move(codec), data::classes_of(rows), o.model, o.max_length, o.cased};
}

auto make_batches(const Reader& reader, const std::vector<data::LabelledText>& rows, data::BatchOptions options) {
  using Example = std::pair<Text, int64_t>;
  const std::vector<int64_t> labels = data::class_ids(rows, reader.classes);
  std::vector<Example> examples;
  for (size_t i = 0; i < rows.size(); ++i) examples.emplace_back(reader.read(rows[i].text), labels[i]);
  const auto collated = [](std::vector<Example> some) -> Batch {
    std::vector<Text> texts;
    std::vector<int64_t> classes;
    for (Example& example : some) {
      texts.push_back(std::move(example.first));
      classes.push_back(example.second);
    }
    return {collate(texts), data::collate(classes)};
  };
  return data::batches(data::Dataset(std::move(examples)), std::move(options), collated);
}

void use_vectors(const TrainOptions& o, const Reader& reader, Committee& model) {
  if (o.vectors.empty()) return;
  const data::FoundVectors found = data::find_word_vectors(o.vectors, reader.codec.vocab());
  require<DataError>(found.vectors.dim(1) == o.model.embedding, "{}: need vectors of --emb {}, got {} numbers",
                     o.vectors, o.model.embedding, found.vectors.dim(1));
  const Tensor known = cast(found.found, DType::f32).reshape({found.vectors.dim(0), 1});
  for (Classifier& member : model.members)
    member.embedding.weight.assign(found.vectors + member.embedding.weight.value().detach() * (1 - known));
  fmt::print("{} of {} words have a vector in {}\n", reader.codec.size() - data::special_count - found.unknown,
             reader.codec.size() - data::special_count, o.vectors);
}

}  // namespace

int train(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  const Parts parts = read_parts(o);
  const Reader reader = make_reader(o, parts.train);
  const auto classes = std::ssize(reader.classes);
  auto batches = make_batches(
      reader, parts.train,
      {.size = o.training.batch, .bucket = 50 * o.training.batch, .seed = static_cast<uint64_t>(o.training.seed)});
  auto valid = make_batches(reader, parts.valid, {.size = 256, .bucket = 100000, .shuffle = false});
  data::class_ids(parts.test, reader.classes);  // a class that training lacks is told now
  Rng rng(static_cast<uint64_t>(o.training.seed));
  Committee model(o.model, reader.codec.size(), classes, rng);
  if (!o.training.resume) use_vectors(o, reader, model);

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
