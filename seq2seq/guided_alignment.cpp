#include "seq2seq/guided_alignment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/checksum.h"
#include "core/base/error.h"
#include "data/pairs/word_aligner.h"
#include "data/read/line_reader.h"
#include "seq2seq/alignment.h"

namespace grus::seq2seq {
namespace {

/// One side of a pair: its pieces, and the word that each belongs to.
struct PairSide {
  std::vector<std::string> pieces;
  std::vector<size_t> word_of;

  PairSide(const data::Codec& codec, const std::string& line)
      : pieces(codec.tokenizer().tokenize(line)), word_of(words_of(pieces)) {}
  int64_t words() const { return word_of.empty() ? 0 : static_cast<int64_t>(word_of.back()) + 1; }
  std::vector<std::string> texts() const {
    std::vector<std::string> all(static_cast<size_t>(words()));
    for (size_t i = 0; i < pieces.size(); ++i) all[word_of[i]] += pieces[i];
    return all;
  }
};

data::Links in_pieces(const data::Links& links, const PairSide& source, const PairSide& target) {
  data::Links all;
  for (const data::Link& link : links)
    for (size_t s = 0; s < source.word_of.size(); ++s)
      for (size_t t = 0; t < target.word_of.size(); ++t)
        if (source.word_of[s] == static_cast<size_t>(link.source) &&
            target.word_of[t] == static_cast<size_t>(link.target))
          all.push_back({static_cast<int32_t>(s), static_cast<int32_t>(t)});
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<data::Links> read_links(const std::string& file, const data::ParallelCorpus& train, const Codecs& codecs) {
  data::LineReader lines(file);
  std::vector<data::Links> links;
  const auto pairs = static_cast<size_t>(train.size());
  while (const std::optional<std::string_view> line = lines.next()) {
    const size_t n = links.size();
    require<DataError>(n < pairs, "{}:{}: need a line for each of the {} training pairs, got more", lines.name(),
                       lines.number(), pairs);
    const PairSide source(codecs.source, train.source[n]), target(codecs.target, train.target[n]);
    links.push_back(in_pieces(data::parse_links(*line, source.words(), target.words(), lines.name(), lines.number()),
                              source, target));
  }
  require<DataError>(links.size() == pairs, "{}:{}: need a line for each of the {} training pairs, got the file's end",
                     lines.name(), links.size() + 1, pairs);
  return links;
}

// Pairs that are too long for training have no links.
std::vector<data::Links> learn_links(const data::ParallelCorpus& train, const Codecs& codecs, int64_t longest,
                                     const data::Notice& notice) {
  std::vector<PairSide> sources, targets;
  std::vector<std::vector<std::string>> source_words, target_words;
  for (size_t n = 0; n < static_cast<size_t>(train.size()); ++n) {
    sources.emplace_back(codecs.source, train.source[n]);
    targets.emplace_back(codecs.target, train.target[n]);
    const bool left_out = std::ssize(sources[n].pieces) > longest || std::ssize(targets[n].pieces) > longest;
    source_words.push_back(left_out ? std::vector<std::string>() : sources[n].texts());
    target_words.push_back(left_out ? std::vector<std::string>() : targets[n].texts());
  }
  double nats = 0;
  std::vector<data::Links> links =
      data::align_words(source_words, target_words, {}, [&](const std::string&, double now) { nats = now; });
  for (size_t n = 0; n < links.size(); ++n) links[n] = in_pieces(links[n], sources[n], targets[n]);
  if (notice) notice(fmt::format("{} training pairs aligned, perplexity {:.1f}", links.size(), std::exp(nats)));
  return links;
}

}  // namespace

std::vector<data::Links> guided_links(const TrainOptions& options, const data::ParallelCorpus& train,
                                      const Codecs& codecs, const data::Notice& notice) {
  if (options.guided_alignment.empty()) return {};
  if (options.guided_alignment == own_aligner) return learn_links(train, codecs, options.max_length, notice);
  return read_links(options.guided_alignment, train, codecs);
}

std::string sum_of(const std::vector<data::Links>& links) {
  if (links.empty()) return "";
  Crc32 sum;
  for (const data::Links& one : links) sum.add(data::format_links(one) + "\n");
  return checksum_text(sum.value());
}

// Rows of attention stand as the batch's inputs: that of step t says target piece t.
Guide guide_of(const std::vector<data::Links>& links, const data::Batch& batch) {
  const Lengths &sources = batch.source.lengths, &targets = batch.inputs.lengths;
  std::vector<int64_t> places;
  std::vector<float> shares;
  for (size_t b = 0; b < batch.index.size(); ++b) {
    const data::Links& own = links[static_cast<size_t>(batch.index[b])];
    std::vector<int64_t> counts(static_cast<size_t>(targets[static_cast<int64_t>(b)]));
    for (const data::Link& link : own) ++counts[static_cast<size_t>(link.target)];
    for (const data::Link& link : own) {
      const int64_t row = targets.start(link.target) + targets.rank()[b];
      places.push_back(row * sources.longest() + link.source);
      shares.push_back(1.0f / static_cast<float>(counts[static_cast<size_t>(link.target)]));
    }
  }
  return {Tensor::from(places, targets.device()), Tensor::from(shares, targets.device())};
}

}  // namespace grus::seq2seq
