// Models together: searching, judging one another's translations, compared on a page.
#include "examples/seq2seq/model_flags.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/read/text.h"
#include "examples/seq2seq/resolve.h"
#include "examples/seq2seq/train.h"
#include "examples/translate/commands.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/softmax.h"
#include "seq2seq/likelihood.h"
#include "tests/seq2seq/small.h"
#include "tests/support/well_formed.h"

using namespace grus;
using namespace grus::seq2seq;
using grus::test::contains;
using grus::test::message_of;

namespace {

/// Returns the probabilities (N, V) of the target words under teacher forcing.
Tensor probabilities(const Architecture& model, const PackedBatch& batch) {
  const OutputLayer output = model.output();
  return softmax(linear(model.forward_rows(batch.source, batch.inputs).rows, output.weight, output.bias));
}

/// Folders hold two quickly trained models of other architectures on the same text, and a third with other words.
struct Folders {
  test::Folder folder;
  std::string text = folder.file("text.tsv", "a b\tA B\nc\tC\nb a c\tB A C\n"),
              other = folder.file("other.tsv", "a b\tX Y\nc\tZ\n");
  std::string bahdanau = train_model("bahdanau", text), cho = train_model("rnn-encdec", text),
              stranger = train_model("sutskever", other);

  std::string train_model(const std::string& arch, const std::string& file) {
    const std::string out = folder.path(arch);
    const Given given = {{"arch", arch},         {"train", file}, {"valid", file}, {"test", file}, {"out", out},
                         {"tokenizer", "space"}, {"emb", "8"},    {"hidden", "8"}, {"epochs", "1"}};
    REQUIRE(run_training(resolve_options(given), "", 0) == 0);
    return out;
  }
};

}  // namespace

TEST_CASE("ensemble: a model with itself finds what it finds alone") {
  const auto model = test::small_model();
  const data::EncodedCorpus corpus = test::small_corpus(6);
  const Searcher twice[] = {{model.get(), &corpus.source}, {model.get(), &corpus.source}};
  const SearchOptions options{.beam = 3, .n_best = 3, .weights = true};
  const auto alone = search(*model, corpus.source, options), together = search(twice, options);
  for (size_t n = 0; n < alone.size(); ++n) {
    REQUIRE(alone[n].size() == together[n].size());
    CHECK(alone[n][0].ids == together[n][0].ids);
    CHECK(alone[n][0].log_probability == doctest::Approx(together[n][0].log_probability).epsilon(1e-5));
    CHECK(alone[n][0].weights.size() == together[n][0].weights.size());
  }
}

TEST_CASE("ensemble: a word's probability is the mean of the models', whatever their architectures") {
  ModelOptions other = test::small_options();
  other.arch = "rnn-encdec", other.initial_state = ModelOptions::InitialState::summary;
  other.readout = ModelOptions::Readout::maxout;
  const auto a = test::small_model(), b = test::small_model(other, 2);
  const data::EncodedCorpus corpus = test::small_corpus(6);
  const Searcher both[] = {{a.get(), &corpus.source}, {b.get(), &corpus.source}};
  const auto found = search(both, {.beam = 4, .max_length = 4});
  for (size_t n = 0; n < found.size(); ++n) {
    const Hypothesis& h = found[n][0];
    const PackedBatch batch = to_device(data::make_batch({{corpus.source[n]}, {h.ids}}, {0}, source_marks));
    const Tensor mean = (probabilities(*a, batch) + probabilities(*b, batch)) * 0.5;
    const std::vector<float> p = mean.to_vector<float>();
    const std::vector<int32_t> labels = batch.labels.to_vector<int32_t>();
    double log_p = 0;
    for (size_t t = 0; t < h.ids.size() + h.finished; ++t)
      log_p += std::log(static_cast<double>(p[t * 20 + static_cast<size_t>(labels[t])]));
    CHECK(h.log_probability == doctest::Approx(log_p).epsilon(1e-4));
  }
}

TEST_CASE("ensemble: folders and weights that do not fit are refused in one line") {
  const Folders f;
  CHECK(message_of<DataError>([&] { load_translator(f.bahdanau + "," + f.stranger); }) ==
        f.stranger + ": need the target vocabulary of the first model to search together, got another");
  CHECK(message_of<UsageError>([&] { load_translator(f.bahdanau + ","); }) ==
        "--model: need DIR or DIR,DIR, got '" + f.bahdanau + ",'");
  for (const std::string bad : {"", "=1", "dir", "dir=", "dir=1x", "dir=nan"})
    CHECK(message_of<UsageError>([&] { load_translator(f.bahdanau, {bad}); }) ==
          "--rescore: need DIR=WEIGHT, got '" + bad + "'");
}

TEST_CASE("translator: lines that nobody can translate are refused in one line, and nothing is recorded") {
  const Folders f;
  const Translator translator(f.bahdanau);
  CHECK(translator(std::vector<std::string>{"a b", ""}) == std::vector<std::string>{translator("a b"), translator("")});
  CHECK(message_of<DataError>([&] {
          translator(std::string(longest_line + 1, 'a'));
        }).starts_with("lines:1: need a line of at most 65536 bytes"));
  CHECK(message_of<DataError>([&] {
          translator(std::vector<std::string>{"a", "b\xff"});
        }) == "lines:2: invalid UTF-8 at byte 2");
  CHECK(message_of<UsageError>([] { Translator(std::vector<std::filesystem::path>{}); }) ==
        "[Translator] need a model's folder, got none");
  Tape tape;
  translator("a b");
  CHECK(tape.size() == 0);
}

TEST_CASE(
    "rescore: a judge adds its weighted log-probability under the same length's share, and orders the beam anew") {
  const Folders f;
  const Translator plain(f.bahdanau), weighed = load_translator(f.bahdanau, {f.stranger + "=0.75"}),
                                      same = load_translator(f.bahdanau, {f.cho + "=0"});
  const std::vector<std::string> lines{"a b", "", "c b a"};
  const SearchOptions all{.beam = 3, .n_best = 3, .length_penalty = 0.6};
  const auto before = plain.n_best(lines, all), after = weighed.n_best(lines, all), zero = same.n_best(lines, all);
  const SavedModel judge = ModelFolder(f.stranger).load();
  for (size_t n = 0; n < lines.size(); ++n) {
    REQUIRE(after[n].size() == before[n].size());
    for (size_t k = 0; k < before[n].size(); ++k) {
      CHECK(zero[n][k].text == before[n][k].text);
      if (k > 0) CHECK(after[n][k - 1].score >= after[n][k].score);
      if (lines[n].empty()) continue;
      const Translation& t = after[n][k];
      const double log_p = log_probabilities(
          *judge.model, {{judge.codecs.source.encode(lines[n])}, {judge.codecs.target.encode(t.text)}})[0];
      const auto was = std::find_if(before[n].begin(), before[n].end(), [&](const Translation& b) {
        return b.text == t.text && b.log_probability == t.log_probability;
      });
      REQUIRE(was != before[n].end());
      const double penalty = was->score / was->log_probability;
      CHECK(t.score == doctest::Approx((t.log_probability + 0.75 * log_p) * penalty).epsilon(1e-6));
    }
  }
  CHECK(weighed.n_best(lines, {.beam = 3})[0].size() == 1);
}

TEST_CASE("compare: one page with every model's figures, from the first one's test text or a given one") {
  const Folders f;
  translate::CompareOptions options;
  options.models = {f.bahdanau, f.cho + "/"};
  options.out = f.folder.path("page.html");
  options.use.beam = 2;
  CHECK(translate::compare(options, "translate compare 'a & b'") == 0);
  const std::string page = test::bytes_of(options.out);
  CHECK(test::not_well_formed(page) == "");
  for (const char* text :
       {"<code>bahdanau</code>", "<code>rnn-encdec</code>", "Cho et al. 2014", "1 epoch<", "1–20 words", "21+ words",
        "BLEU by sentence length", "2 models, the same 3 sentences", "a &amp; b"})
    CHECK_MESSAGE(contains(page, text), text);
  const std::string source = f.folder.file("s", "a b c\n"), reference = f.folder.file("r", "A B C\n");
  options.source = source;
  options.references = {reference};
  CHECK(translate::compare(options, "") == 0);
  CHECK(contains(test::bytes_of(options.out), "the same 1 sentence<"));
}
