#include "data/pairs/batch.h"

#include <doctest/doctest.h>

#include "core/base/error.h"

using namespace grus;
using namespace grus::data;

TEST_CASE("batch: ids are packed place by place, longest sequence first, with their marks and without padding") {
  const std::vector<std::vector<int32_t>> rows{{5}, {6, 7, 8}, {9, 10}};
  const PackedIds both = pack_ids(rows, {.sos = true, .eos = true});
  CHECK(both.ids == std::vector<int32_t>{SOS, SOS, SOS, 6, 9, 5, 7, 10, EOS, 8, EOS, EOS});
  CHECK(both.lengths.lengths() == std::vector<int64_t>{3, 5, 4});
  CHECK(both.tensor().to_vector<int32_t>() == both.ids);
  CHECK(pack_ids(rows, Marks{}).ids == std::vector<int32_t>{6, 9, 5, 7, 10, EOS, 8, EOS, EOS});
  CHECK(pack_ids(rows, {.sos = false, .eos = false}).ids == std::vector<int32_t>{6, 9, 5, 7, 10, 8});
  const std::vector<int64_t> which{2, 0};
  CHECK(pack_ids(rows, which, Marks{}).ids == std::vector<int32_t>{9, 5, 10, EOS, EOS});
}

TEST_CASE("batch: a sentence of no tokens is its marks; no sentences make an empty batch") {
  const std::vector<std::vector<int32_t>> empty{{}}, none;
  CHECK(pack_ids(empty, Marks{}).ids == std::vector<int32_t>{EOS});
  CHECK(pack_ids(empty, {.sos = false, .eos = false}).lengths.longest() == 0);
  CHECK(pack_ids(none, Marks{}).lengths.batch() == 0);
}

TEST_CASE("batch: inputs begin with <sos>, labels end with <eos>, and each label stands where its input stands") {
  const EncodedCorpus corpus{{{4, 5}, {6}, {7, 8, 9}}, {{10}, {11, 12}, {13}}};
  const Batch batch = make_batch(corpus, {2, 1});
  CHECK(batch.index == std::vector<int64_t>{2, 1});
  CHECK(batch.source.ids == std::vector<int32_t>{7, 6, 8, EOS, 9, EOS});
  CHECK(batch.inputs.ids == std::vector<int32_t>{SOS, SOS, 11, 13, 12});
  CHECK(batch.labels == std::vector<int32_t>{11, 13, 12, EOS, EOS});
  CHECK(batch.inputs.lengths.lengths() == std::vector<int64_t>{2, 3});
  CHECK(make_batch(corpus, {1}, {.sos = true, .eos = true}).source.ids == std::vector<int32_t>{SOS, 6, EOS});
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
