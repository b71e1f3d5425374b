#include "tasks/pronounce/training.h"

#include <fmt/format.h>

#include "tasks/base/model_files.h"

namespace grus::tasks::pronounce {

seq2seq::PackedBatches make_batches(const TrainOptions& o, const seq2seq::Codecs& codecs, const Dictionary& words) {
  return {data::encode(pairs_of(words), codecs.source, codecs.target),
          {.batch_tokens = 0,
           .batch_sentences = o.training.batch,
           .seed = static_cast<uint64_t>(o.training.seed),
           .source_marks = seq2seq::source_marks}};
}

std::string checksum_of(const Dictionary& dictionary) {
  return tasks::checksum_of(dictionary, [](const Entry& entry) {
    std::string text;
    for (const std::string& one : entry.pronunciations) text += fmt::format("{}\t{}\n", entry.word, one);
    return text;
  });
}

training::Validation validation(const Speakers& speakers, const Dictionary& words) {
  const auto measure = [&speakers, &words]() -> std::vector<training::Figure> {
    const Judgement found = judge(speakers, words, {.beam = 1});
    return {{"valid_phone_error", found.phone_error()}, {"valid_word_error", found.word_error()}};
  };
  return {measure, {"valid_phone_error", "valid_word_error"}};
}

}  // namespace grus::tasks::pronounce
