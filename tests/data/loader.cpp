#include "data/pairs/loader.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/checksum.h"
#include "core/base/error.h"
#include "data/batch/shuffle.h"
#include "tests/data/files.h"
#include "tests/data/numbers.h"

using namespace grus;
using namespace grus::data;
using test::flat;
using test::message_of;
using test::sorted;
using test::up_to;

namespace {

// Pair i has a source of 1 + i * 7 % 23 tokens and a target of 1 + i * 5 % 19, of ids that tell the pair.
EncodedCorpus pairs(int64_t count) {
  EncodedCorpus corpus;
  for (int64_t i = 0; i < count; ++i) {
    corpus.source.emplace_back(static_cast<size_t>(1 + i * 7 % 23), static_cast<int32_t>(4 + i));
    corpus.target.emplace_back(static_cast<size_t>(1 + i * 5 % 19), static_cast<int32_t>(4 + i));
  }
  return corpus;
}

Plan walk(Loader& loader) {
  Plan seen;
  while (const auto batch = loader.next()) seen.push_back(batch->index);
  return seen;
}

}  // namespace

TEST_CASE("loader: every epoch visits each pair once") {
  for (const bool shuffle : {true, false})
    for (const int64_t bucket : {0, 1, 30, 1000}) {
      Loader loader(pairs(101), {.batch_tokens = 90, .shuffle = shuffle, .bucket = bucket});
      for (int64_t epoch = 0; epoch < 3; ++epoch) {
        loader.start(epoch);
        CHECK(sorted(flat(walk(loader))) == up_to(101));
        CHECK_FALSE(loader.next().has_value());
      }
    }
}

TEST_CASE("loader: a batch holds no more padded tokens than asked, and is filled") {
  const EncodedCorpus corpus = pairs(500);
  const Loader loader(corpus, {.batch_tokens = 200});
  const Plan plan = loader.plan(0);
  for (const auto& index : plan) {
    const Batch batch = make_batch(corpus, index);
    CHECK(std::max(batch.source.lengths.longest(), batch.inputs.lengths.longest()) * batch.size() <= 200);
  }
  CHECK(plan.size() < 60);  // 500 pairs, 13 tokens each or so
}

TEST_CASE("loader: a batch holds no more sentences than asked") {
  const Loader loader(pairs(50), {.batch_tokens = 0, .batch_sentences = 8, .bucket = 0});
  const Plan plan = loader.plan(0);
  CHECK(plan.size() == 7);
  for (size_t i = 0; i < 6; ++i) CHECK(plan[i].size() == 8);
}

TEST_CASE("loader: drop_last leaves the smaller batch of an epoch out") {
  const Loader loader(pairs(50), {.batch_tokens = 0, .batch_sentences = 8, .bucket = 0, .drop_last = true});
  const Plan plan = loader.plan(0);
  CHECK(plan.size() == 6);
  for (const auto& batch : plan) CHECK(batch.size() == 8);
}

TEST_CASE("loader: a pair longer than the limit of a batch is a batch of its own") {
  const Loader loader({{{4}, {4, 5, 6, 7, 8, 9}, {4}}, {{4}, {5}, {6}}},
                      {.batch_tokens = 4, .shuffle = false, .bucket = 0});
  CHECK(loader.plan(0) == Plan{{0}, {1}, {2}});
}

TEST_CASE("loader: within a bucket batches are of like lengths") {
  const EncodedCorpus corpus = pairs(400);
  const auto padding = [&](int64_t bucket) {
    int64_t padded = 0, real = 0;
    for (const auto& index : Loader(corpus, {.batch_tokens = 200, .bucket = bucket}).plan(0)) {
      const Batch batch = make_batch(corpus, index);
      padded += batch.inputs.lengths.longest() * batch.size();
      real += batch.inputs.lengths.total();
    }
    return static_cast<double>(padded) / static_cast<double>(real);
  };
  CHECK(padding(400) < 1.05);
  CHECK(padding(0) > 1.3);
}

TEST_CASE("loader: the order depends on seed and epoch and on nothing else") {
  const LoaderOptions options{.batch_tokens = 100, .seed = 7};
  const Loader loader(pairs(200), options);
  CHECK(loader.plan(3) == Loader(pairs(200), options).plan(3));
  CHECK(loader.plan(3) != loader.plan(4));
  LoaderOptions other = options;
  other.seed = 8;
  CHECK(loader.plan(3) != Loader(pairs(200), other).plan(3));
}

TEST_CASE("loader: the batches of an epoch are those that saved trainings were in the middle of") {
  const EncodedCorpus corpus = pairs(700);
  const auto digest = [&corpus](const LoaderOptions& options, int64_t epoch) {
    Loader loader(corpus, options);
    loader.start(epoch);
    std::string text;
    while (const auto batch = loader.next()) {
      text += fmt::format("{}|{}|", fmt::join(batch->index, " "), fmt::join(batch->source.ids, " "));
      text += fmt::format("{}|{}\n", fmt::join(batch->inputs.ids, " "), fmt::join(batch->labels, " "));
    }
    return checksum_text(text);
  };
  CHECK(digest({}, 0) == "crc32:1cc7be21");
  CHECK(digest({.batch_tokens = 150, .bucket = 120, .seed = 9, .source_marks = {.sos = true}}, 3) == "crc32:a8c075a9");
  CHECK(digest({.batch_tokens = 300, .batch_sentences = 7, .shuffle = false, .bucket = 64}, 1) == "crc32:adcfdb1f");
  CHECK(digest({.batch_tokens = 0,
                .batch_sentences = 32,
                .bucket = 0,
                .seed = 2,
                .max_length = 9,
                .overlong = Overlong::skip},
               2) == "crc32:95e62d52");
}

TEST_CASE("loader: the shuffle is the same everywhere") {
  std::vector<int> v = {0, 1, 2, 3, 4, 5, 6, 7};
  SplitMix random(1, 0);
  shuffle(v, random);
  CHECK(v == std::vector<int>{0, 1, 2, 7, 3, 4, 5, 6});  // another program gave these
}

TEST_CASE("loader: the shuffle is fair") {
  int counts[5][5] = {};
  for (uint64_t epoch = 0; epoch < 5000; ++epoch) {
    std::vector<int> v = {0, 1, 2, 3, 4};
    SplitMix random(1, epoch);
    shuffle(v, random);
    for (int i = 0; i < 5; ++i) ++counts[v[static_cast<size_t>(i)]][i];
  }
  for (const auto& row : counts)
    for (const int count : row) CHECK(std::abs(count - 1000) < 150);  // five standard deviations
}

TEST_CASE("loader: file order is file order") {
  Loader loader(pairs(20), {.batch_tokens = 0, .batch_sentences = 6, .shuffle = false, .bucket = 0});
  loader.start(5);
  CHECK(flat(walk(loader)) == up_to(20));
}

TEST_CASE("loader: an epoch goes on from any batch, with and without a thread") {
  for (const int64_t prefetch : {0, 1, 3}) {
    Loader loader(pairs(100), {.batch_tokens = 100, .prefetch = prefetch});
    CHECK_FALSE(loader.next().has_value());  // not started
    loader.start(2);
    Plan whole = walk(loader);
    CHECK(loader.position() == loader.batches());
    for (const int64_t first : {int64_t{0}, int64_t{3}, loader.batches()}) {
      loader.start(2, first);
      CHECK(loader.position() == first);
      CHECK(walk(loader) == Plan(whole.begin() + first, whole.end()));
    }
    loader.start(2);
    loader.next();
    loader.start(2, loader.position());  // in the middle of an epoch
    CHECK(loader.next()->index == whole[1]);
    CHECK_THROWS_AS(loader.start(2, loader.batches() + 1), UsageError);
  }
}

TEST_CASE("loader: what a batch holds is what the corpus has") {
  const EncodedCorpus corpus = pairs(40);
  Loader loader(corpus, {.batch_tokens = 60});
  loader.start(0);
  while (const auto batch = loader.next())
    for (size_t b = 0; b < batch->index.size(); ++b) {
      const auto pair = static_cast<size_t>(batch->index[b]);
      const auto first = [&](const Lengths& lengths) { return static_cast<size_t>(lengths.rank()[b]); };
      CHECK(batch->source.ids[first(batch->source.lengths)] == corpus.source[pair][0]);
      CHECK(batch->labels[first(batch->inputs.lengths)] == corpus.target[pair][0]);
      CHECK(batch->source.lengths.lengths()[b] == static_cast<int64_t>(corpus.source[pair].size()) + 1);
    }
}

TEST_CASE("loader: overlong pairs are cut or skipped, counted and said") {
  const EncodedCorpus corpus{{{4, 5, 6}, {4}, {5}}, {{4}, {4, 5, 6, 7}, {6}}};
  std::string told;
  const Notice notice = [&](std::string_view line) { told = line; };
  LoaderOptions options{.shuffle = false, .bucket = 0, .max_length = 2};
  Loader cut(corpus, options, notice);
  CHECK(told == "2 of 3 sentence pairs cut: longer than 2 tokens");
  CHECK(cut.pairs() == 3);
  CHECK(cut.overlong() == 2);
  cut.start(0);
  CHECK(cut.next()->source.lengths.lengths() == std::vector<int64_t>{3, 2, 2});
  options.overlong = Overlong::skip;
  Loader skip(corpus, options, notice);
  CHECK(told == "2 of 3 sentence pairs skipped: longer than 2 tokens");
  CHECK(flat(skip.plan(0)) == std::vector<int64_t>{2});
  CHECK(message_of<DataError>([&] {
          Loader({{{4, 5, 6}}, {{4}}}, options);
        }) == "[loader] need sentence pairs, got none (of 1, 1 are too long)");
}

TEST_CASE("loader: one pair makes an epoch of one batch") {
  Loader loader({{{4}}, {{5}}}, {});
  loader.start(0);
  CHECK(walk(loader) == Plan{{0}});
}

TEST_CASE("loader: options out of range are errors") {
  CHECK_THROWS_AS(Loader(pairs(1), {.batch_tokens = 0}), UsageError);
  CHECK_THROWS_AS(Loader(pairs(1), {.batch_tokens = -1}), UsageError);
  CHECK_THROWS_AS(Loader(pairs(1), {.max_length = -1}), UsageError);
  CHECK_THROWS_AS(Loader({}, {}), DataError);
}
