#include "examples/classify/model.h"

#include "core/base/checksum.h"
#include "data/text/vocab.h"
#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/sampling.h"
#include "ops/math/shape.h"
#include "ops/sequence/attention.h"
#include "ops/sequence/sequence.h"

namespace grus::classify {
namespace {

int64_t size_of_state(const ModelOptions& o) { return o.hidden * (o.bidirectional ? 2 : 1); }

// Returns the mean of each sequence's rows, (B, F); a sequence without rows has zeros.
Tensor mean_of_rows(const Tensor& rows, const Lengths& lengths) {
  const Tensor counts = cast(lengths.lengths_tensor(), rows.dtype()).reshape({lengths.batch(), 1});
  return sum(unpack(rows, lengths), {0}) / maximum(counts, Tensor::full({1, 1}, 1, rows.dtype()));
}

}  // namespace

Text with_ngrams(std::vector<int32_t> ids, const ModelOptions& options) {
  if (ids.empty()) ids.push_back(data::UNK);
  std::vector<int32_t> grams;
  for (int64_t n = 2; n <= options.ngrams; ++n)
    for (size_t i = 0; i + static_cast<size_t>(n) <= ids.size(); ++i) {
      const std::string_view bytes(reinterpret_cast<const char*>(&ids[i]), static_cast<size_t>(n) * sizeof ids[i]);
      grams.push_back(static_cast<int32_t>(crc32c(bytes) % static_cast<uint32_t>(options.buckets)));
    }
  return {std::move(ids), std::move(grams)};
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
  if (o.pool == Pool::attention) {
    key = child("key", nn::Linear(size_of_state(o), o.hidden, rng));
    query = param("query", nn::init::normal({o.hidden}, 0, 0.1, rng));
  }
  if (o.ngrams > 1) {
    grams = child("grams", nn::Embedding({.count = o.buckets, .width = o.embedding}, rng));
    grams->weight.assign(nn::init::normal({o.buckets, o.embedding}, 0, 0.1, rng));
  }
}

Output Classifier::states(const Tensor& x, const Lengths& lengths) const {
  return gru    ? gru->forward_packed(x, lengths)
         : lstm ? lstm->forward_packed(x, lengths)
                : rnn->forward_packed(x, lengths);
}

Classifier::Answer Classifier::pooled(const Output& out, const Lengths& lengths) const {
  const int64_t batch = lengths.batch();
  const Tensor real = cast(lengths.mask(), out.y.dtype());  // (B, T)
  const Tensor even = real / sum(real, {1}, true);
  if (options.pool == Pool::attention) {
    std::vector<int64_t> all(static_cast<size_t>(batch));
    for (size_t b = 0; b < all.size(); ++b) all[b] = static_cast<int64_t>(b);
    const Tensor zeros = Tensor::zeros({batch, options.hidden}, out.y.dtype());
    const AttentionOutput looked =
        additive_attention(zeros, {(*key)(out.y), out.y, lengths}, attention_rows(lengths, all), query);
    return {looked.context, looked.weights};
  }
  if (options.pool == Pool::mean) return {mean_of_rows(out.y, lengths), even};
  if (options.pool == Pool::last) {
    const Tensor& h = out.state.h;  // (L D, B, H)
    if (!options.bidirectional) return {h[-1], even};
    return {concat({h[-2], h[-1]}, 1), even};
  }
  // What a piece counts for is the share of features that are largest there.
  const Tensor padding = logical_not(lengths.mask()).transpose(0, 1).reshape({lengths.steps(), batch, 1});
  const Tensor y = masked_fill(unpack(out.y, lengths), padding, -1e9);
  const Tensor top = amax(y, {0});
  return {top, mean(cast(equal(y.detach(), top.detach()), y.dtype()), {2}).transpose(0, 1)};
}

Classifier::Answer Classifier::forward(const Texts& texts) const {
  const auto& [pieces, ngrams] = texts;
  Tensor ids = pieces.rows;
  if (is_training() && options.word_dropout > 0)
    ids = ids * cast(bernoulli(Tensor::full(ids.shape(), 1 - options.word_dropout)), ids.dtype());  // <unk> is 0
  static_assert(data::UNK == 0);
  const Tensor x = drop_words_(embedding(ids), pieces.lengths);
  Answer answer = pooled(states(x, pieces.lengths), pieces.lengths);
  if (grams) answer.scores = concat({answer.scores, mean_of_rows((*grams)(ngrams.rows), ngrams.lengths)}, 1);
  answer.scores = output(drop_(answer.scores));
  return answer;
}

}  // namespace grus::classify
