#include "data/batch.h"

#include <doctest/doctest.h>

#include "core/base/error.h"

using namespace grus;
using namespace grus::data;

TEST_CASE("batch: sequences are time-major, ended and padded") {
  const Sequences s = make_sequences({{5, 6, 7}, {8}}, Marks{});
  CHECK(s.length == 4);
  CHECK(s.batch == 2);
  CHECK(s.tokens == std::vector<int32_t>{5, 8, 6, EOS, 7, PAD, EOS, PAD});
  CHECK(s.lengths == std::vector<int64_t>{4, 2});
  CHECK(s.at(1, 0) == 6);
  CHECK(make_sequences({{5}}, {.sos = true, .eos = false}).tokens == std::vector<int32_t>{SOS, 5});
}

TEST_CASE("batch: a sentence of no tokens is its marks; no sentences make an empty batch") {
  CHECK(make_sequences({{}}, Marks{}).tokens == std::vector<int32_t>{EOS});
  CHECK(make_sequences(std::vector<std::vector<int32_t>>{{}}, {.sos = false, .eos = false}).length == 0);
  CHECK(make_sequences({}, Marks{}).batch == 0);
}

TEST_CASE("batch: targets stand between <sos> and <eos>, and real tokens are counted") {
  const EncodedCorpus corpus{{{4, 5}, {6}, {7, 8, 9}}, {{10}, {11, 12}, {13}}};
  const Batch batch = make_batch(corpus, {2, 1});
  CHECK(batch.index == std::vector<int64_t>{2, 1});
  CHECK(batch.source.tokens == std::vector<int32_t>{7, 6, 8, EOS, 9, PAD, EOS, PAD});
  CHECK(batch.target.tokens == std::vector<int32_t>{SOS, SOS, 13, 11, EOS, 12, PAD, EOS});
  CHECK(batch.source_tokens == 6);
  CHECK(batch.target_tokens == 7);
  CHECK(make_batch(corpus, {1}, {.sos = true, .eos = true}).source.tokens == std::vector<int32_t>{SOS, 6, EOS});
}

TEST_CASE("batch: a pair that is not there is an error") {
  CHECK_THROWS_AS(make_batch({{{4}}, {{5}}}, {1}), UsageError);
  CHECK_THROWS_AS(make_batch({{{4}}, {}}, {0}), UsageError);
}

TEST_CASE("batch: a corpus is encoded side by side") {
  const ParallelCorpus corpus{{"a b", "b"}, {"x", "y x"}};
  const Codec source = Codec::learn({corpus.source}, {.kind = "space"});
  const Codec target = Codec::learn({corpus.target}, {.kind = "space"});
  const EncodedCorpus ids = encode(corpus, source, target);
  CHECK(ids.source == std::vector<std::vector<int32_t>>{{5, 4}, {4}});
  CHECK(ids.target == std::vector<std::vector<int32_t>>{{4}, {5, 4}});
}
