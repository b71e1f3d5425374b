// The sequence autoencoder: its decoder against teacher forcing, its codes, its loss, and a training.
#include "seq2seq/autoencoder.h"

#include <doctest/doctest.h>

#include "data/text/vocab.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "optim/adam.h"
#include "seq2seq/packed_batches.h"
#include "seq2seq/search.h"
#include "tests/seq2seq/small.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::seq2seq;
using test::message_of;

namespace {

AutoencoderOptions small(Unit unit = Unit::gru, int64_t layers = 1, bool variational = false) {
  return {.words = 20,
          .embedding = 12,
          .hidden = 16,
          .latent = 8,
          .layers = layers,
          .unit = unit,
          .variational = variational};
}

Autoencoder made(const AutoencoderOptions& options) {
  Rng rng(1);
  Autoencoder model(options, rng);
  model.eval();
  return model;
}

data::EncodedCorpus copies(size_t count) {
  const auto lines = test::small_corpus(count).source;
  return {lines, lines};
}

PackedBatch batch_of(const data::EncodedCorpus& corpus) {
  PackedBatches batches(corpus, {.batch_tokens = 100000, .shuffle = false, .source_marks = source_marks});
  batches.start(0);
  return *batches.next();
}

}  // namespace

TEST_CASE("autoencoder: the decoder's steps are the rows of teacher forcing") {
  for (const Unit unit : {Unit::gru, Unit::lstm})
    for (const int64_t layers : {1, 2}) {
      const Autoencoder model = made(small(unit, layers));
      const std::vector<std::vector<int32_t>> lines = {{4, 9, 13}};
      const PackedBatch batch = batch_of({lines, lines});
      const Tensor rows = model.forward_rows(batch.source, batch.inputs).rows;
      const auto decoder = model.decode(batch.source);
      DecoderState state = decoder->start();
      const std::vector<int32_t> words = {data::SOS, 4, 9, 13};
      for (int64_t t = 0; t < 4; ++t) {
        Decoder::Step step =
            decoder->step(Tensor::from(std::vector<int32_t>{words[static_cast<size_t>(t)]}), state, {0});
        CHECK(test::gap(step.rows, rows.rows(t, t + 1)) < 1e-5);
        state = step.state;
      }
    }
}

TEST_CASE("autoencoder: what is searched from a line is what is searched from its code") {
  const Autoencoder model = made(small());
  const auto lines = copies(12).source;
  const SearchOptions options{.beam = 3, .max_length = 12};
  const auto from_lines = search(model, lines, options);
  const auto from_codes =
      search(model.decode(model.summary(pack_tokens(lines))), model.output(), std::ssize(lines), options);
  REQUIRE(from_codes.size() == lines.size());
  for (size_t i = 0; i < lines.size(); ++i) CHECK(from_codes[i].front().ids == from_lines[i].front().ids);
  CHECK(message_of<UsageError>([&] {
          (void)search(model.decode(pack_tokens(lines)), model.output(), std::ssize(lines), {});
        }) == "[search] need a max_length for codes without words, got 0");
}

TEST_CASE("autoencoder: a line's code does not depend on the lines beside it") {
  const Autoencoder model = made(small(Unit::lstm));
  const auto lines = copies(9).source;
  const Tensor all = model.summary(pack_tokens(lines));
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::vector<std::vector<int32_t>> one = {lines[i]};
    CHECK(test::gap(model.summary(pack_tokens(one)), all.rows(static_cast<int64_t>(i), static_cast<int64_t>(i) + 1)) <
          1e-5);
  }
}

TEST_CASE("autoencoder: the loss is the likelihood's mean, and the divergence a word by its weight") {
  const data::EncodedCorpus corpus = copies(10);
  const PackedBatch batch = batch_of(corpus);
  const Autoencoder plain = made(small()), deep = made(small(Unit::gru, 1, true));
  const Likelihood known = likelihood(plain, corpus);
  CHECK(plain.loss(batch, 1).loss.item() ==
        doctest::Approx(known.nll / static_cast<double>(known.tokens)).epsilon(1e-4));
  CHECK_FALSE(plain.loss(batch, 1).kl_sum.defined());
  const AutoencoderLoss off = deep.loss(batch, 0), half = deep.loss(batch, 0.5);
  CHECK(half.loss.item() - off.loss.item() ==
        doctest::Approx(0.5 * half.kl_sum.item() / static_cast<double>(known.tokens)).epsilon(1e-3));
}

TEST_CASE("autoencoder: word dropout hides words from the decoder in training, never the first sign") {
  AutoencoderOptions options = small();
  options.word_dropout = 0.99;
  Autoencoder model = made(options);
  const std::vector<std::vector<int32_t>> lines = {{4, 9, 13, 7, 8, 5}}, other = {{4, 10, 11, 12, 6, 14}};
  const PackedBatch batch = batch_of({lines, lines}), swapped = batch_of({lines, other});
  const auto gap = [&] {
    manual_seed(2);
    const Tensor a = model.forward_rows(batch.source, batch.inputs).rows;
    manual_seed(2);
    return test::gap(a, model.forward_rows(batch.source, swapped.inputs).rows);
  };
  CHECK(gap() > 1e-3);
  model.train();
  CHECK(gap() < 1e-6);  // every word of both is hidden by this seed
  model.embedding.weight.assign(model.embedding.weight.value().detach());
  manual_seed(2);
  const Tensor before = model.forward_rows(batch.source, batch.inputs).rows.rows(0, 1);
  std::vector<float> table = model.embedding.weight.value().to_vector<float>();
  for (size_t k = 0; k < 12; ++k) table[static_cast<size_t>(data::SOS) * 12 + k] += 1;
  model.embedding.weight.assign(Tensor::from(table, {20, 12}));
  manual_seed(2);
  CHECK(test::gap(before, model.forward_rows(batch.source, batch.inputs).rows.rows(0, 1)) > 1e-3);
}

TEST_CASE("autoencoder: learns to bring lines back from their codes alone") {
  Rng rng(4);
  Autoencoder model({.words = 20, .embedding = 16, .hidden = 32, .latent = 16}, rng);
  const data::EncodedCorpus corpus = copies(12);
  const PackedBatch batch = batch_of(corpus);
  optim::Adam optimizer(model.named_parameters(), {.lr = 0.01});
  for (int step = 0; step < 200; ++step) {
    Tape tape;
    const AutoencoderLoss loss = model.loss(batch, 0);
    tape.backward(loss.loss);
    optimizer.step();
    optimizer.zero_grad();
  }
  model.eval();
  const auto found = search(model, corpus.source, {.beam = 1});
  size_t same = 0;
  for (size_t i = 0; i < found.size(); ++i) same += found[i].front().ids == corpus.source[i];
  CHECK(same == found.size());
}

TEST_CASE("autoencoder: options that make no model are named") {
  AutoencoderOptions options = small();
  options.latent = 0;
  CHECK(message_of<UsageError>([&] { Autoencoder{options}; }) ==
        "[Autoencoder] need words, embedding, hidden, latent and layers of at least 1, got 20, 12, 16, 0 and 1");
  options = small();
  options.word_dropout = 1;
  CHECK(message_of<UsageError>([&] { Autoencoder{options}; }) == "[Autoencoder] need dropouts in [0, 1), got 1");
}
