#include "seq2seq/guided_alignment.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/text/sentencepiece.h"
#include "optim/adam.h"
#include "optim/clip.h"
#include "seq2seq/alignment.h"
#include "tests/seq2seq/slopes.h"

using namespace grus;
using namespace grus::seq2seq;
using data::Link;
using data::Links;

namespace {

/// Links each target word of a small corpus to one source word, its mirror image, or to the last one.
std::vector<Links> mirrored(const data::EncodedCorpus& corpus) {
  std::vector<Links> links;
  for (size_t n = 0; n < corpus.source.size(); ++n) {
    const auto words = static_cast<int32_t>(corpus.source[n].size());
    Links own;
    for (int32_t t = 0; t < static_cast<int32_t>(corpus.target[n].size()); ++t)
      own.push_back({std::max(0, words - 1 - t), t});
    std::sort(own.begin(), own.end());
    links.push_back(own);
  }
  return links;
}

data::Batch whole_batch(const data::EncodedCorpus& corpus) {
  std::vector<int64_t> all(corpus.source.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  return data::make_batch(corpus, all, source_marks);
}

PackedBatch guided(const data::EncodedCorpus& corpus, const std::vector<Links>& links) {
  const data::Batch batch = whole_batch(corpus);
  PackedBatch packed = to_device(batch);
  packed.guide = guide_of(links, batch);
  return packed;
}

struct Text {
  test::Folder folder;
  data::ParallelCorpus train{{"a b c", "b a", "c"}, {"A B C", "B A", "C"}};
  TrainOptions options;
  Codecs codecs;
  Text() : codecs(codecs_of(train)) {}
  static Codecs codecs_of(const data::ParallelCorpus& train) {
    const auto learn = [](const std::vector<std::string>& lines) {
      return data::Codec::learn({lines}, {.kind = "space", .size = 0});
    };
    return {learn(train.source), learn(train.target), false};
  }
  std::vector<Links> of(const std::string& lines) {
    options.guided_alignment = folder.file("links", lines);
    return guided_links(options, train, codecs);
  }
  std::string refused(const std::string& lines) {
    return test::message_of<DataError>([&] { of(lines); });
  }
};

}  // namespace

TEST_CASE("guided alignment: the loss is the cross entropy of the attention against links, shared by a word's links") {
  const data::EncodedCorpus corpus = test::small_corpus(6);
  std::vector<Links> links = mirrored(corpus);
  links[2].clear();                     // a pair without links costs nothing
  links[4] = {{0, 0}, {1, 0}, {1, 1}};  // one word with two links, others with one or none
  REQUIRE(corpus.source[4].size() >= 2);
  REQUIRE(corpus.target[4].size() >= 2);
  for (const nn::Score score : {nn::Score::additive, nn::Score::dot}) {
    ModelOptions options = test::small_options();
    options.score = score;
    const auto model = test::small_model(options);
    const std::vector<std::vector<float>> weights = forced_weights(*model, corpus);
    double expected = 0, tokens = 0;
    for (size_t n = 0; n < links.size(); ++n) {
      const auto width = static_cast<int32_t>(corpus.source[n].size());
      REQUIRE(weights[n].size() == corpus.source[n].size() * (corpus.target[n].size() + 1));
      tokens += static_cast<double>(corpus.target[n].size() + 1);
      for (const Link& link : links[n]) {
        const auto same = [&](const Link& other) { return other.target == link.target; };
        const auto share = 1.0 / static_cast<double>(std::count_if(links[n].begin(), links[n].end(), same));
        expected -= share * std::log(double{weights[n][static_cast<size_t>(link.target * width + link.source)]} + 1e-6);
      }
    }
    const PackedBatch batch = guided(corpus, links);
    const BatchLoss with = loss_of(*model, batch, 0.1, 0.5),
                    without = loss_of(*model, to_device(whole_batch(corpus)), 0.1);
    CHECK(with.alignment_loss.item() == doctest::Approx(expected / tokens).epsilon(1e-5));
    CHECK(with.loss.item() == doctest::Approx(without.loss.item() + 0.5 * expected / tokens).epsilon(1e-5));
    CHECK(with.nll_sum.item() == without.nll_sum.item());
    CHECK_FALSE(without.alignment_loss.defined());
  }
}

TEST_CASE("guided alignment: a batch without links costs nothing") {
  const data::EncodedCorpus corpus = test::small_corpus(3);
  const auto model = test::small_model();
  const PackedBatch batch = guided(corpus, std::vector<Links>(3));
  const double alone = loss_of(*model, to_device(whole_batch(corpus)), 0.1).loss.item();
  Tape tape;
  const BatchLoss loss = loss_of(*model, batch, 0.1, 0.5);
  CHECK(loss.alignment_loss.item() == 0);
  tape.backward(loss.loss);
  CHECK(loss.loss.item() == alone);
}

TEST_CASE("guided alignment: its gradients are slopes, through the loop that is one op and through plain ops") {
  const data::EncodedCorpus corpus = test::small_corpus(6);
  const PackedBatch batch = guided(corpus, mirrored(corpus));
  for (const nn::Score score : {nn::Score::additive, nn::Score::general}) {
    ModelOptions options = test::small_options();
    options.score = score;
    options.layers = 2;
    const auto model = test::small_model(options);
    test::check_slopes(*model, [&] { return loss_of(*model, batch, 0.1, 2).loss; });
  }
}

TEST_CASE("guided alignment: attention goes where the links point, and stays there") {
  const data::EncodedCorpus corpus = test::small_corpus(9);
  const std::vector<Links> links = mirrored(corpus);
  const PackedBatch batch = guided(corpus, links);
  for (const nn::Score score : {nn::Score::additive, nn::Score::general}) {
    ModelOptions options = test::small_options();
    options.score = score;
    const auto share_found = [&](double weight) {
      const auto model = test::small_model(options);
      const nn::Parameters parameters = model->module().named_parameters();
      optim::Adam adam(parameters, {.lr = 0.01});
      for (int step = 0; step < 100; ++step) {
        Tape tape;
        tape.backward(loss_of(*model, batch, 0, weight).loss);
        adam.step(optim::clip_scale(parameters, 1).scale);
        adam.zero_grad();
      }
      const auto weights = forced_weights(*model, corpus);
      size_t found = 0, all = 0;
      for (size_t n = 0; n < links.size(); ++n)
        for (const Link& link : links[n]) {
          const auto width = static_cast<int64_t>(corpus.source[n].size());
          const auto row = weights[n].begin() + link.target * width;
          found += std::max_element(row, row + width) - row == link.source;
          ++all;
        }
      return static_cast<double>(found) / static_cast<double>(all);
    };
    CHECK(share_found(1) > 0.95);
    CHECK(share_found(0) < 0.7);
  }
}

TEST_CASE("guided alignment: a file has a line a pair, and its links stand in their sentences") {
  Text text;
  const std::vector<Links> links = text.of("2-0 0-1 0-1\n\n0-0\n");
  REQUIRE(links.size() == 3);
  CHECK(links[0] == Links{{0, 1}, {2, 0}});
  CHECK(links[1].empty());
  CHECK(links[2] == Links{{0, 0}});
  const std::string file = text.options.guided_alignment;
  CHECK(text.refused("0-0\n0-0\n") == file + ":3: need a line for each of the 3 training pairs, got the file's end");
  CHECK(text.refused("\n\n\n\n") == file + ":4: need a line for each of the 3 training pairs, got more");
  CHECK(text.refused("0-0\n0-2\n0-0\n") == file + ":2: need places in sentences of 2 and 2 words, got 0-2");
  CHECK(text.refused("0-0\n0:1\n0-0\n") == file + ":2: need links such as 0-0 1-2, got '0:1'");
  CHECK(sum_of(links) != sum_of({links[0], links[2], links[1]}));
  CHECK(sum_of({}).empty());
}

TEST_CASE("guided alignment: pieces of a word have the links of the word") {
  CHECK(words_of({"▁a", "b", "<", "▁c", "<unk>", "<eos>"}) == std::vector<size_t>{0, 0, 0, 1, 2, 3});
  CHECK(words_of({"a", "b"}) == std::vector<size_t>{0, 1});
  if (!data::sentencepiece_available()) return;
  std::vector<std::string> source, target;
  for (int n = 0; n < 30; ++n) {
    source.emplace_back("der hund schlaft");
    target.emplace_back("dogs sleep");
  }
  const auto learn = [](const std::vector<std::string>& lines) {
    return data::Codec::learn({lines}, {.kind = "bpe", .size = 18});
  };
  const Codecs codecs{learn(source), learn(target), false};
  const data::ParallelCorpus train{{source[0]}, {target[0]}};
  const test::Folder folder;
  TrainOptions options;
  options.guided_alignment = folder.file("links", "1-0\n");
  const Links links = guided_links(options, train, codecs)[0];
  const auto pieces = [&](const data::Codec& codec, const std::string& line, size_t word) {
    const auto words = words_of(codec.tokenizer().tokenize(line));
    return std::count(words.begin(), words.end(), word);
  };
  CHECK(pieces(codecs.source, source[0], 1) > 1);
  CHECK(std::ssize(links) == pieces(codecs.source, source[0], 1) * pieces(codecs.target, target[0], 0));
  options.guided_alignment = folder.file("links", "3-0\n");
  CHECK(test::message_of<DataError>([&] { guided_links(options, train, codecs); }) ==
        options.guided_alignment + ":1: need places in sentences of 3 and 2 words, got 3-0");
}

TEST_CASE("guided alignment: auto links the words that stand for one another") {
  Text text;
  text.train = {};
  for (size_t n = 0; n < 40; ++n) {
    std::string source, target;
    for (size_t i = 0; i < 3; ++i) {
      const char letter = static_cast<char>('a' + (n * 7 + i * 3 + n / 5) % 10);
      source += (i ? " " : "") + std::string(1, letter);
      target = std::string(1, static_cast<char>(letter - 32)) + (i ? " " : "") + target;
    }
    text.train.source.push_back(source);
    text.train.target.push_back(target);
  }
  text.codecs = Text::codecs_of(text.train);
  text.options.guided_alignment = own_aligner;
  std::string told;
  const std::vector<Links> links =
      guided_links(text.options, text.train, text.codecs, [&](std::string_view line) { told = line; });
  for (const Links& own : links) CHECK(own == Links{{0, 2}, {1, 1}, {2, 0}});
  CHECK(told.starts_with("40 training pairs aligned, perplexity "));
  text.options.max_length = 2;
  for (const Links& own : guided_links(text.options, text.train, text.codecs)) CHECK(own.empty());
}
