#include "tasks/classify/training.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "data/text/unicode.h"
#include "data/text/word_vectors.h"
#include "ops/math/elementwise.h"
#include "tasks/base/model_files.h"

namespace grus::tasks::classify {
namespace {

// Holds a share out of the rows, with each class's share.
std::vector<data::LabelledText> held_out(std::vector<data::LabelledText>& rows, double share, uint64_t seed) {
  return data::hold_out(rows, share, {.seed = seed, .stratify = data::class_ids(rows, data::classes_of(rows))});
}

}  // namespace

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

Reader make_reader(const TrainOptions& o, const std::vector<data::LabelledText>& rows, const data::Notice& notice) {
  std::vector<std::string> texts;
  for (const data::LabelledText& row : rows) texts.push_back(row.text);
  if (!o.cased)
    for (std::string& text : texts) text = data::lower_case(text);
  const data::CodecOptions options{.kind = o.tokenizer, .size = o.vocab, .min_count = o.min_count};
  data::Codec codec = data::Codec::learn({texts}, options, notice);
  if (o.vectors_words > 0) {
    std::vector<std::string> more = data::read_word_vectors(o.vectors, o.vectors_words).words;
    // A word with capitals is no piece where texts lose theirs: nothing would find its vector.
    if (!o.cased) std::erase_if(more, [](const std::string& word) { return data::lower_case(word) != word; });
    codec = codec.extended({more});
  }
  return {std::move(codec), data::classes_of(rows), o.model, o.max_length, o.cased};
}

int64_t use_vectors(const TrainOptions& o, const Reader& reader, Committee& model) {
  const data::FoundVectors found = data::find_word_vectors(o.vectors, reader.codec.vocab());
  require<DataError>(found.vectors.dim(1) == o.model.embedding, "{}: need vectors of --emb {}, got {} numbers",
                     o.vectors, o.model.embedding, found.vectors.dim(1));
  const Tensor known = cast(found.found, DType::f32).reshape({found.vectors.dim(0), 1});
  for (Classifier& member : model.members)
    member.embedding.weight.assign(found.vectors + member.embedding.weight.value().detach() * (1 - known));
  return reader.codec.size() - data::special_count - found.unknown;
}

data::Batches<Batch> make_batches(const Reader& reader, const std::vector<data::LabelledText>& rows,
                                  data::BatchOptions options) {
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

}  // namespace grus::tasks::classify
