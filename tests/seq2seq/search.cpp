#include "seq2seq/search.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/text/vocab.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/softmax.h"
#include "seq2seq/alignment.h"
#include "seq2seq/likelihood.h"
#include "tests/seq2seq/small.h"
#include "tests/support/threads.h"

using namespace grus;
using namespace grus::seq2seq;

namespace {

// The plainest greedy decoder takes one sentence, and the largest logit of what may be said.
std::vector<int32_t> greedy(const Architecture& model, const std::vector<int32_t>& source) {
  const std::vector<std::vector<int32_t>> one = {source};
  const auto decoder = model.decode(pack_tokens(one));
  DecoderState state = decoder->start();
  std::vector<int32_t> words;
  for (int32_t word = data::SOS; words.size() < 2 * source.size() + 10;) {
    Decoder::Step step = decoder->step(Tensor::from(std::vector<int32_t>{word}), state, {0});
    const OutputLayer output = model.output();
    const auto logits = linear(step.rows, output.weight, output.bias).to_vector<float>();
    word = data::EOS;
    for (int32_t v = data::EOS + 1; v < 20; ++v)
      if (logits[static_cast<size_t>(v)] > logits[static_cast<size_t>(word)]) word = v;
    if (word == data::EOS) break;
    words.push_back(word);
    state = step.state;
  }
  return words;
}

// A model that makes <eos> somewhat likely, so that sentences end at different times.
std::unique_ptr<Architecture> talker() {
  auto model = test::small_model();
  for (auto& [name, parameter] : model->module().named_parameters())
    if (name == "output_bias") {
      std::vector<float> bias(20, 0.0f);
      bias[data::EOS] = 0.4f;
      nn::Parameter(parameter).assign(Tensor::from(bias));
    } else {
      nn::Parameter(parameter).assign(parameter.value() * 3.0);
    }
  return model;
}

}  // namespace

TEST_CASE("search: beam 1 is greedy") {
  const auto model = talker();
  const auto sources = test::small_corpus(12).source;
  const auto found = search(*model, sources, {.beam = 1});
  size_t ended = 0;
  for (size_t n = 0; n < sources.size(); ++n) {
    CHECK(found[n][0].ids == greedy(*model, sources[n]));
    ended += found[n][0].finished;
  }
  CHECK(ended > 0);
}

TEST_CASE("search: threads that search batches of their own find what one thread finds") {
  const auto model = talker();
  const auto sources = test::small_corpus(30).source;
  const SearchOptions options{.beam = 4, .n_best = 4, .batch_rows = 36};  // the least that three threads share out
  const auto with_threads = [&](int threads) {
    const test::Threads scope(threads);
    return search(*model, sources, options);
  };
  const auto alone = with_threads(1);
  for (const int count : {2, 3}) {
    const auto shared = with_threads(count);
    for (size_t n = 0; n < sources.size(); ++n) {
      REQUIRE(shared[n].size() == alone[n].size());
      for (size_t k = 0; k < alone[n].size(); ++k) {
        CHECK(shared[n][k].ids == alone[n][k].ids);
        CHECK(std::abs(shared[n][k].score - alone[n][k].score) < 1e-4);
      }
    }
  }
}

TEST_CASE("search: a sentence's result does not depend on its batch") {
  const auto model = talker();
  const auto sources = test::small_corpus(12).source;
  const SearchOptions options{.beam = 4, .n_best = 4, .weights = true};
  const auto together = search(*model, sources, options);
  SearchOptions in_pairs = options;
  in_pairs.batch_rows = 8;
  const auto pairs = search(*model, sources, in_pairs);
  for (size_t n = 0; n < sources.size(); ++n) {
    const auto alone = search(*model, {sources[n]}, options)[0];
    REQUIRE(alone.size() == together[n].size());
    for (size_t k = 0; k < alone.size(); ++k)
      for (const Hypothesis* other : {&together[n][k], &pairs[n][k]}) {
        CHECK(alone[k].ids == other->ids);
        CHECK(std::abs(alone[k].score - other->score) < 1e-4);
        REQUIRE(alone[k].weights.size() == other->weights.size());
        for (size_t i = 0; i < alone[k].weights.size(); ++i)
          CHECK(std::abs(alone[k].weights[i] - other->weights[i]) < 1e-4f);
      }
  }
}

TEST_CASE("search: scores are the model's own log-probabilities, best first") {
  const auto model = talker();
  const auto sources = test::small_corpus(8).source;
  const auto found = search(*model, sources, {.beam = 5, .n_best = 5, .length_penalty = 0.6});
  for (const auto& hypotheses : found)
    for (size_t k = 0; k < hypotheses.size(); ++k) {
      const Hypothesis& h = hypotheses[k];
      if (k > 0) CHECK(hypotheses[k - 1].score >= h.score);
      const auto words = static_cast<double>(h.ids.size() + (h.finished ? 1 : 0));
      CHECK(h.score == doctest::Approx(h.log_probability / std::pow(words, 0.6)));
    }
}

TEST_CASE("search: a wide beam finds what is at least as likely as greedy's") {
  const auto model = talker();
  const auto sources = test::small_corpus(12).source;
  const auto greedily = search(*model, sources, {.beam = 1, .length_penalty = 0});
  const auto widely = search(*model, sources, {.beam = 50, .length_penalty = 0});
  for (size_t n = 0; n < sources.size(); ++n)
    if (greedily[n][0].finished) CHECK(widely[n][0].log_probability >= greedily[n][0].log_probability - 1e-5);
}

TEST_CASE("search: enough and prune end a search early, and only then") {
  const auto model = talker();
  const auto sources = test::small_corpus(12).source;
  const SearchOptions plain{.beam = 4, .n_best = 4};
  SearchOptions same = plain, few = plain, narrow = plain;
  same.enough = 4;
  same.prune = 1e6;
  few.enough = few.n_best = 1;
  narrow.prune = 1e-9;
  const auto all = search(*model, sources, plain), unchanged = search(*model, sources, same),
             first = search(*model, sources, few), pruned = search(*model, sources, narrow),
             greedily = search(*model, sources, {.beam = 1});
  for (size_t n = 0; n < sources.size(); ++n) {
    REQUIRE(unchanged[n].size() == all[n].size());
    for (size_t k = 0; k < all[n].size(); ++k) CHECK(unchanged[n][k].ids == all[n][k].ids);
    CHECK(all[n].size() == 4);
    CHECK(first[n].size() == 1);
    CHECK(first[n][0].score <= all[n][0].score);
    CHECK(pruned[n][0].ids == greedily[n][0].ids);  // only the best extension of a step is left
  }
}

TEST_CASE("search: an empty sentence gives an empty one, a limit holds, and weights are those of a softmax") {
  const auto model = test::small_model();
  const auto found = search(*model, {{}, {5, 6, 7}, {}}, {.beam = 3, .max_length = 4, .weights = true});
  CHECK(found[0][0].ids.empty());
  CHECK(found[2][0].ids.empty());
  const Hypothesis& h = found[1][0];
  CHECK(h.ids.size() <= 4);
  REQUIRE(h.weights.size() == (h.ids.size() + (h.finished ? 1 : 0)) * 3);
  for (size_t t = 0; t < h.weights.size(); t += 3)
    CHECK(h.weights[t] + h.weights[t + 1] + h.weights[t + 2] == doctest::Approx(1));
  for (const int32_t id : h.ids) CHECK(id > data::EOS);
}

TEST_CASE("search: what is given begins every hypothesis, at its log-probability, and the rest is found behind it") {
  const auto model = talker();
  const auto sources = test::small_corpus(12).source;
  std::vector<std::vector<int32_t>> prefixes(sources.size());
  for (size_t n = 0; n < sources.size(); n += 2) prefixes[n].assign(n % 3 + 1, static_cast<int32_t>(5 + n));
  prefixes[4].assign(60, 7);  // longer than any limit
  const auto free = search(*model, sources, {.beam = 3, .n_best = 3});
  const auto found = search(*model, sources, {.beam = 3, .n_best = 3, .prefixes = prefixes});
  for (size_t n = 0; n < sources.size(); ++n)
    for (size_t k = 0; k < found[n].size(); ++k) {
      const Hypothesis& h = found[n][k];
      REQUIRE(h.ids.size() >= prefixes[n].size());
      CHECK(std::equal(prefixes[n].begin(), prefixes[n].end(), h.ids.begin()));
      if (prefixes[n].empty()) CHECK(h.ids == free[n][k].ids);
      if (h.finished)
        CHECK(h.log_probability ==
              doctest::Approx(log_probabilities(*model, {{sources[n]}, {h.ids}})[0]).epsilon(1e-4));
    }
  CHECK(found[4][0].ids.size() >= 60);
  const auto greedily = search(*model, sources, {.beam = 1});
  for (size_t n = 0; n < sources.size(); ++n) prefixes[n].assign(greedily[n][0].ids.begin(), greedily[n][0].ids.end());
  const auto again = search(*model, sources, {.beam = 1, .max_length = 3, .prefixes = prefixes});
  for (size_t n = 0; n < sources.size(); ++n) CHECK(again[n][0].ids == greedily[n][0].ids);
  CHECK(test::message_of<UsageError>([&] { search(*model, {{5}}, {.prefixes = prefixes}); }) ==
        "[search] need a prefix for each of 1 sources, got 12");
}

TEST_CASE("search: samples follow from the seed and the sentence's number, whatever the batch") {
  const auto model = talker();
  const auto sources = test::small_corpus(12).source;
  const SearchOptions options{
      .n_best = 4, .weights = true, .sample = CategoricalOptions{.temperature = 1.5}, .seed = 3};
  const auto all = search(*model, sources, options);
  SearchOptions small = options, other = options;
  small.batch_rows = 8;
  other.seed = 4;
  const auto in_pairs = search(*model, sources, small), seeded = search(*model, sources, other);
  size_t differ = 0;
  for (size_t n = 0; n < sources.size(); ++n) {
    SearchOptions alone = options;
    alone.first = n;
    const auto one = search(*model, {sources[n]}, alone)[0];
    REQUIRE(all[n].size() == 4);
    for (size_t k = 0; k < 4; ++k) {
      CHECK(all[n][k].ids == in_pairs[n][k].ids);
      CHECK(all[n][k].ids == one[k].ids);
      differ += all[n][k].ids != seeded[n][k].ids;
      CHECK(all[n][k].weights.size() == (all[n][k].ids.size() + (all[n][k].finished ? 1 : 0)) * sources[n].size());
      if (all[n][k].finished)
        CHECK(all[n][k].log_probability ==
              doctest::Approx(log_probabilities(*model, {{sources[n]}, {all[n][k].ids}})[0]).epsilon(1e-4));
    }
  }
  CHECK(differ > 24);
}

TEST_CASE("search: draws are as likely as the model says, and the likeliest at temperature 0 or of one") {
  const auto model = talker();
  const std::vector<std::vector<int32_t>> source{{5, 9}};
  const auto drawn = search(*model, source, {.n_best = 4000, .max_length = 1, .sample = CategoricalOptions{}})[0];
  const double p = std::exp(log_probabilities(*model, {source, {{}}})[0]);  // of an <eos> at once
  const auto ended = std::count_if(drawn.begin(), drawn.end(), [](const Hypothesis& h) { return h.finished; });
  const double share = static_cast<double>(ended) / 4000, deviation = std::sqrt(p * (1 - p) / 4000);
  CHECK(std::abs(share - p) < 0.02 + 4 * deviation);  // <unk>, <pad> and <sos> are never drawn, which p knows not
  const auto sources = test::small_corpus(6).source;
  const auto greedily = search(*model, sources, {.beam = 1});
  const auto cold = search(*model, sources, {.sample = CategoricalOptions{.temperature = 0}}),
             single = search(*model, sources, {.sample = CategoricalOptions{.top_k = 1}});
  for (size_t n = 0; n < sources.size(); ++n) {
    CHECK(cold[n][0].ids == greedily[n][0].ids);
    CHECK(single[n][0].ids == greedily[n][0].ids);
  }
}

TEST_CASE("alignment: hard links are those of whole words, and the end has none") {
  const Alignment pieces{{"▁ab", "c", "▁d"},
                         {"▁x", "▁y", "z", "<eos>"},
                         {0.2f, 0.4f, 0.4f,  // a word's pieces are added
                          0.1f, 0.1f, 0.8f, 0.6f, 0.1f, 0.3f, 0.0f, 0.0f, 1.0f}};
  CHECK(data::format_links(hard_links(pieces)) == "0-0 1-1");
  CHECK(hard_links({}).empty());
  const Alignment characters{{"a", "b"}, {"X", "Y", "Z"}, {0.5f, 0.5f, 0.1f, 0.9f, 1, 0}};
  CHECK(data::format_links(hard_links(characters)) == "0-0 0-2 1-1");
}
