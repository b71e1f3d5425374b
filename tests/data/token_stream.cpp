#include "data/batch/token_stream.h"

#include <doctest/doctest.h>

#include <numeric>

#include "core/base/error.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;
using Ids = std::vector<int32_t>;

namespace {

Ids counted_ids(size_t count) {
  Ids ids(count);
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

}  // namespace

TEST_CASE("token streams: each stream goes on where its last window ended, and targets are one id further") {
  TokenStreams streams(counted_ids(12), {.streams = 2, .steps = 2});  // 5 inputs a stream, id 11 left over
  CHECK(streams.batches() == 3);
  CHECK(streams.unused() == 2);
  const StreamWindow first = *streams.next();
  CHECK(first.first);
  CHECK(first.inputs.shape() == Shape{2, 2});
  CHECK(first.inputs.to_vector<int32_t>() == Ids{0, 5, 1, 6});
  CHECK(first.targets.to_vector<int32_t>() == Ids{1, 6, 2, 7});
  const StreamWindow second = *streams.next();
  CHECK_FALSE(second.first);
  CHECK(second.inputs.to_vector<int32_t>() == Ids{2, 7, 3, 8});
  const StreamWindow last = *streams.next();
  CHECK(last.inputs.to_vector<int32_t>() == Ids{4, 9});
  CHECK(last.targets.to_vector<int32_t>() == Ids{5, 10});
  CHECK_FALSE(streams.next().has_value());
}

TEST_CASE("token streams: a last window of fewer steps can be left out") {
  TokenStreams streams(counted_ids(12), {.streams = 2, .steps = 2, .keep_last = false});
  CHECK(streams.batches() == 2);
  CHECK(streams.unused() == 4);
  CHECK(TokenStreams(counted_ids(9), {.streams = 2, .steps = 2, .keep_last = false}).batches() == 2);
  CHECK(TokenStreams(counted_ids(9), {.streams = 2, .steps = 2}).batches() == 2);
}

TEST_CASE("token streams: from a saved position on come the windows that an uninterrupted epoch has") {
  TokenStreams whole(counted_ids(50), {.streams = 3, .steps = 4}), resumed(counted_ids(50), {.streams = 3, .steps = 4});
  for (int i = 0; i < 2; ++i) CHECK(whole.next().has_value());
  resumed.start(0, whole.position());
  while (const auto window = whole.next()) {
    const auto again = resumed.next();
    REQUIRE(again.has_value());
    CHECK(again->inputs.to_bytes() == window->inputs.to_bytes());
    CHECK_FALSE(again->first);
  }
  CHECK_FALSE(resumed.next().has_value());
  resumed.start(1);
  CHECK(resumed.next()->first);
  CHECK(message_of<UsageError>([&] { resumed.start(0, 6); }) == "[token_streams] need a window from 0 to 4, got 6");
  CHECK_THROWS_AS(resumed.start(0, -1), UsageError);
  CHECK_THROWS_AS(resumed.start(-1), UsageError);
}

TEST_CASE("token streams: other ids or options have another fingerprint") {
  const auto print = [](Ids ids, StreamOptions options) { return TokenStreams(std::move(ids), options).fingerprint(); };
  const std::string one = print(counted_ids(50), {.streams = 3, .steps = 4});
  CHECK(one == print(counted_ids(50), {.streams = 3, .steps = 4}));
  CHECK(one != print(counted_ids(50), {.streams = 3, .steps = 5}));
  CHECK(one != print(counted_ids(50), {.streams = 3, .steps = 4, .keep_last = false}));
  Ids other = counted_ids(50);
  std::swap(other[3], other[4]);
  CHECK(one != print(other, {.streams = 3, .steps = 4}));
}

TEST_CASE("token streams: ids too few for one window are refused") {
  CHECK(message_of<DataError>([] { TokenStreams(counted_ids(4), {.streams = 4, .steps = 2}); }) ==
        "[token_streams] need an id more than 4 streams of 1, got 4 ids");
  CHECK(message_of<DataError>([] { TokenStreams(counted_ids(8), {.streams = 4, .steps = 2, .keep_last = false}); }) ==
        "[token_streams] need an id more than 4 streams of 2, got 8 ids");
  CHECK_THROWS_AS(TokenStreams({}, {}), DataError);
  CHECK(message_of<UsageError>([] { TokenStreams(counted_ids(4), {.streams = 0}); }) ==
        "[token_streams] need streams and steps of at least 1, got 0 and 35");
}

TEST_CASE("read_tokens: lines become ids, each with its end") {
  const Folder folder;
  const Codec codec(space_tokenizer(), Vocab({"a", "b"}));
  CHECK(read_tokens(test::gzip(folder, "a.gz", "a b\r\n\nb x"), codec) == Ids{4, 5, EOS, EOS, 5, UNK, EOS});
  CHECK(message_of<DataError>([&] { read_tokens(folder.file("b", ""), codec); }) ==
        folder.path("b") + ": need text, got an empty file");
  CHECK(message_of<DataError>([&] { read_tokens(folder.file("b", "a\n\xff"), codec); }) ==
        folder.path("b") + ":2: invalid UTF-8 at byte 1");
}
