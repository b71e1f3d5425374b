// What ranks share out beside training: validation and decoding.
#include <doctest/doctest.h>

#include "seq2seq/likelihood.h"
#include "seq2seq/translator.h"
#include "tests/parallel/thread_ranks.h"
#include "tests/seq2seq/small.h"

using namespace grus;
using namespace grus::seq2seq;
using parallel::Communicator;

TEST_CASE("search: parts of the batches together are the whole, each in its batch's bits") {
  const auto model = test::small_model();
  const auto sources = test::small_corpus(30).source;
  const SearchOptions options{.beam = 2, .batch_rows = 8};
  const auto whole = search(*model, sources, options);
  for (const int64_t parts : {1, 2, 3, 20}) {
    std::vector<size_t> found(sources.size());
    for (int64_t part = 0; part < parts; ++part) {
      SearchOptions own = options;
      own.part = part;
      own.parts = parts;
      const auto some = search(*model, sources, own);
      REQUIRE(some.size() == whole.size());
      for (size_t n = 0; n < some.size(); ++n) {
        if (some[n].empty()) continue;
        ++found[n];
        CHECK(some[n][0].ids == whole[n][0].ids);
        CHECK(some[n][0].score == whole[n][0].score);
      }
    }
    CHECK(found == std::vector<size_t>(sources.size(), 1));
  }
}

TEST_CASE("likelihood: ranks share the batches out, and all get the bits of one rank") {
  const auto model = test::small_model();
  const data::EncodedCorpus corpus = test::small_corpus(40);
  const Likelihood alone = likelihood(*model, corpus, 30);
  for (const int size : {2, 3, 5}) {
    std::vector<Likelihood> all(static_cast<size_t>(size));
    test::run_ranks(size, [&](Communicator& ranks) {
      all[static_cast<size_t>(ranks.rank())] = likelihood(*model, corpus, ranks, 30);
    });
    for (const Likelihood& one : all) {
      CHECK(one.nll == alone.nll);
      CHECK(one.tokens == alone.tokens);
    }
  }
}

TEST_CASE("translate_best: ranks share the sentences out, and all get all translations of one rank") {
  std::vector<std::string> lines;
  for (int n = 0; n < 25; ++n) {
    std::string line;
    for (int word = 0; word <= (n * 5) % 7; ++word) line += (word ? " w" : "w") + std::to_string((n + word * word) % 9);
    lines.push_back(line);
  }
  lines[3] = "";  // a line without words has an empty translation
  const data::Codec codec = data::Codec::learn({lines}, {.kind = "space", .size = 0, .min_count = 1}, {});
  const Codecs codecs{codec, codec, true};
  Rng rng(1);
  const auto model = make_architecture(test::small_options(), codecs.sizes(), rng);
  model->module().eval();
  const SearchOptions options{.beam = 2, .batch_rows = 8};
  const std::vector<std::string> alone = translate_best(*model, codecs, lines, options);
  CHECK(alone[3].empty());
  for (const int size : {2, 3}) {
    std::vector<std::vector<std::string>> all(static_cast<size_t>(size));
    test::run_ranks(size, [&](Communicator& ranks) {
      all[static_cast<size_t>(ranks.rank())] = translate_best(*model, codecs, lines, options, ranks);
    });
    for (const std::vector<std::string>& one : all) CHECK(one == alone);
  }
}
