#include "tasks/classify/model.h"

#include <map>

#include "core/base/checksum.h"
#include "data/read/text.h"
#include "data/text/vocab.h"
#include "nn/init.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/sampling.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/sequence/sequence.h"

namespace grus::tasks::classify {
namespace {

int64_t size_of_state(const ModelOptions& o) { return o.hidden * (o.bidirectional ? 2 : 1); }

// Returns the mean of each sequence's rows, (B, F); a sequence without rows has zeros.
Tensor mean_of_rows(const Tensor& rows, const Lengths& lengths) {
  const Tensor counts = cast(lengths.lengths_tensor(), rows.dtype()).reshape({lengths.batch(), 1});
  return sum(unpack(rows, lengths), {0}) / maximum(counts, Tensor::full({1, 1}, 1, rows.dtype()));
}

int32_t bucket_of(const void* bytes, size_t count, const ModelOptions& options) {
  const uint32_t hash = crc32c({static_cast<const char*>(bytes), count});
  return static_cast<int32_t>(hash % static_cast<uint32_t>(options.buckets));
}

// Returns the n-grams of the letters of <piece>, its ends marked.
std::vector<int32_t> spelling(const std::string& piece, const ModelOptions& options) {
  const std::string marked = "<" + piece + ">";
  const std::vector<std::string_view> letters = data::split_code_points(marked);
  std::vector<int32_t> grams;
  for (size_t n = 3; n <= static_cast<size_t>(options.subwords); ++n)
    for (size_t i = 0; i + n <= letters.size(); ++i) {
      const char* begin = letters[i].data();
      const std::string_view last = letters[i + n - 1];
      grams.push_back(bucket_of(begin, static_cast<size_t>(last.data() + last.size() - begin), options));
    }
  if (grams.empty()) grams.push_back(bucket_of(marked.data(), marked.size(), options));
  return grams;
}

}  // namespace

Text text_of(std::vector<int32_t> ids, const std::vector<std::string>& pieces, const ModelOptions& options) {
  if (ids.empty()) ids.push_back(data::UNK);
  Text text;
  for (int64_t n = 2; n <= options.ngrams; ++n)
    for (size_t i = 0; i + static_cast<size_t>(n) <= ids.size(); ++i)
      text.ngrams.push_back(bucket_of(&ids[i], static_cast<size_t>(n) * sizeof ids[i], options));
  for (size_t i = 0; options.subwords > 0 && i < ids.size(); ++i)
    text.spellings.push_back(spelling(i < pieces.size() ? pieces[i] : "", options));
  text.pieces = std::move(ids);
  return text;
}

Texts collate(const std::vector<Text>& texts) {
  std::vector<std::vector<int32_t>> pieces, ngrams, spellings;
  std::vector<std::vector<int64_t>> which;
  std::map<std::vector<int32_t>, int64_t> known;
  for (const Text& text : texts) {
    pieces.push_back(text.pieces);
    ngrams.push_back(text.ngrams);
    which.emplace_back();
    for (const std::vector<int32_t>& one : text.spellings) {
      const auto [at, is_new] = known.emplace(one, std::ssize(known));
      if (is_new) spellings.push_back(one);
      which.back().push_back(at->second);
    }
  }
  return {data::collate(pieces), data::collate(ngrams), data::collate(spellings), data::collate(which).rows};
}

Classifier::Classifier(const ModelOptions& o, int64_t words, int64_t classes, Rng& rng)
    : options(o),
      embedding(child("embedding", nn::Embedding({.count = words, .width = o.embedding}, rng))),
      output(child("output", nn::Linear(size_of_state(o) + (o.ngrams > 1 ? o.embedding : 0), classes, rng))),
      drop_words_(child("drop_words", nn::LockedDropout(o.dropout))),
      drop_(child("drop", nn::Dropout(o.dropout))) {
  const auto layers = [&](auto made) {
    made.input = o.embedding;
    made.hidden = o.hidden;
    made.layers = o.layers;
    made.bidirectional = o.bidirectional;
    made.dropout = o.layers > 1 ? o.dropout : 0;
    return made;
  };
  embedding.weight.assign(nn::init::normal({words, o.embedding}, 0, 0.1, rng));
  if (o.unit == Unit::gru) gru = child("gru", nn::Gru(layers(nn::GruOptions{}), rng));
  if (o.unit == Unit::lstm) lstm = child("lstm", nn::Lstm(layers(nn::LstmOptions{}), rng));
  if (o.unit == Unit::rnn) rnn = child("rnn", nn::Rnn(layers(nn::RnnOptions{}), rng));
  pooling =
      child("pooling",
            nn::StatePooling(
                {.states = size_of_state(o), .keys = o.hidden, .bidirectional = o.bidirectional, .pool = o.pool}, rng));
  const auto hashed = [&](const char* name) {
    nn::Embedding table = child(name, nn::Embedding({.count = o.buckets, .width = o.embedding}, rng));
    table.weight.assign(nn::init::normal({o.buckets, o.embedding}, 0, 0.1, rng));
    return table;
  };
  if (o.ngrams > 1) grams = hashed("grams");
  if (o.subwords > 0) letters = hashed("letters");
}

Output Classifier::states(const Tensor& x, const Lengths& lengths) const {
  return gru    ? gru->forward_packed(x, lengths)
         : lstm ? lstm->forward_packed(x, lengths)
                : rnn->forward_packed(x, lengths);
}

Classifier::Answer Classifier::forward(const Texts& texts) const {
  const Lengths& lengths = texts.pieces.lengths;
  Tensor ids = texts.pieces.rows;
  static_assert(data::UNK == 0);
  if (is_training() && options.word_dropout > 0)
    ids = ids * cast(bernoulli(Tensor::full(ids.shape(), 1 - options.word_dropout)), ids.dtype());
  Tensor x = embedding(ids);
  if (letters)
    x = x + gather_rows(mean_of_rows((*letters)(texts.spellings.rows), texts.spellings.lengths), texts.spelling_of);
  const auto [state, weights] = (*pooling)(states(drop_words_(x, lengths), lengths), lengths);
  const Tensor features =
      grams ? concat({state, mean_of_rows((*grams)(texts.ngrams.rows), texts.ngrams.lengths)}, 1) : state;
  return {output(drop_(features)), weights};
}

Committee::Committee(const ModelOptions& options, int64_t words, int64_t classes, Rng& rng) {
  std::vector<Classifier> made;
  for (int64_t m = 0; m < options.members; ++m) made.emplace_back(options, words, classes, rng);
  members = child("members", std::move(made));
  if (!options.freeze_vectors) return;
  for (size_t m = 1; m < members.size(); ++m) tie(members[0].embedding.weight, members[m].embedding.weight);
  members[0].embedding.weight.set_requires_grad(false);
}

Classifier::Answer Committee::forward(const Texts& texts) const {
  Classifier::Answer all;
  const double share = 1.0 / static_cast<double>(members.size());
  for (const Classifier& member : members) {
    const Classifier::Answer one = member(texts);
    const Tensor p = softmax(one.scores) * share, weights = one.weights * share;
    all = all.scores.defined() ? Classifier::Answer{all.scores + p, all.weights + weights}
                               : Classifier::Answer{p, weights};
  }
  all.scores = log(all.scores);
  return all;
}

Tensor Committee::loss(const Texts& texts, const Tensor& labels, double label_smoothing) const {
  Tensor sum;
  for (const Classifier& member : members) {
    const Tensor one = cross_entropy(member(texts).scores, labels, {.label_smoothing = label_smoothing});
    sum = sum.defined() ? sum + one : one;
  }
  return sum * (1.0 / static_cast<double>(members.size()));
}

}  // namespace grus::tasks::classify
