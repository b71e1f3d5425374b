// Text: what a protocol learns words from, and the pairs that it trains on.
#include "core/base/error.h"
#include "data/batch/shuffle.h"
#include "data/read/text.h"
#include "seq2seq/protocols/protocol.h"

namespace grus::seq2seq {
namespace {

// Letters of a line stand in arrays of one width, which is filled up with spaces.
void fill_with_spaces(std::vector<std::string>& lines, int64_t letters) {
  for (std::string& line : lines) {
    const int64_t missing = letters - std::ssize(data::split_code_points(line));
    if (missing > 0) line.append(static_cast<size_t>(missing), ' ');
  }
}

void require_space_first(const data::Codec& codec, int32_t id, const char* side) {
  const std::vector<int32_t> space = codec.encode(" ");
  require<DataError>(space == std::vector<int32_t>{id},
                     "[protocol] need a {} text whose commonest letter is the space, got '{}'", side,
                     codec.size() > id ? codec.vocab().piece(id) : "none");
}

}  // namespace

Corpora read_texts(const TrainOptions& options) {
  const Protocol* protocol = protocol_of(options);
  return protocol && protocol->read ? protocol->read(options) : read_corpora(options);
}

data::ParallelCorpus vocabulary_text(const TrainOptions& options, const Corpora& corpora) {
  data::ParallelCorpus text = corpora.train;
  const Protocol* protocol = protocol_of(options);
  if (protocol && protocol->vocabulary_of_all_splits)
    for (const data::ReferenceCorpus* split : {&corpora.test, &corpora.valid})
      for (size_t n = 0; n < split->source.size(); ++n) {
        text.source.push_back(split->source[n]);
        text.target.push_back(split->references[n].front());
      }
  if (protocol) {
    fill_with_spaces(text.source, protocol->source_letters);
    fill_with_spaces(text.target, protocol->target_letters);
  }
  return text;
}

data::EncodedCorpus training_pairs(const TrainOptions& options, const data::ParallelCorpus& text,
                                   const Codecs& codecs) {
  data::EncodedCorpus pairs = data::encode(text, codecs.source, codecs.target);
  const Protocol* protocol = protocol_of(options);
  if (!protocol) return pairs;
  require<DataError>(!protocol->random_batches || pairs.size() >= options.batch_sentences,
                     "--train: need {} pairs at least, which are a batch of --protocol {}, got {}",
                     options.batch_sentences, protocol->name, pairs.size());
  if (protocol->first_letter > 0) {
    require_space_first(codecs.source, protocol->first_letter, "source");
    require_space_first(codecs.target, protocol->first_letter, "target");
  }
  if (protocol->draws == 0) return pairs;
  data::SplitMix random(static_cast<uint64_t>(options.seed), 0);
  data::EncodedCorpus drawn;
  for (int64_t n = 0; n < protocol->draws; ++n) {
    const auto pair = static_cast<size_t>(random.below(static_cast<uint64_t>(pairs.size())));
    drawn.source.push_back(pairs.source[pair]);
    drawn.target.push_back(pairs.target[pair]);
  }
  return drawn;
}

}  // namespace grus::seq2seq
