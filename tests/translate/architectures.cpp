// Properties of every architecture in the list, and of the papers' recipes.
#include "seq2seq/architecture.h"

#include <doctest/doctest.h>

#include <cmath>

#include "examples/seq2seq/resolve.h"
#include "examples/seq2seq/train.h"
#include "examples/translate/commands.h"
#include "nn/serialize.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "optim/clip.h"
#include "seq2seq/likelihood.h"
#include "seq2seq/trainer.h"
#include "seq2seq/translator.h"
#include "tests/seq2seq/small.h"

using namespace grus;
using namespace grus::seq2seq;
using grus::test::message_of;

namespace {

ModelOptions recipe_of(std::string_view arch, bool paper = false) {
  TrainOptions options;
  options.model.arch = arch;
  use_recipe(options);
  if (paper) use_paper_recipe(options);
  return options.model;
}

ModelOptions small_of(std::string_view arch) {
  ModelOptions options = recipe_of(arch);
  options.embedding = options.hidden = options.readout_size = 16;
  options.dropout = 0;
  return options;
}

PackedBatch small_batch(size_t pairs) {
  std::vector<int64_t> all(pairs);
  for (size_t i = 0; i < pairs; ++i) all[i] = static_cast<int64_t>(i);
  return to_device(data::make_batch(test::small_corpus(pairs), all, source_marks));
}

/// A model trained on one pair by the program's own command.
struct OnePair {
  test::Folder folder;
  std::string pair = "der hund schläft .\tthe dog sleeps .\n", one = folder.file("one.tsv", pair),
              many = folder.file("many.tsv", pair + pair + pair + pair + pair + pair + pair + pair);
  Given flags(std::string_view arch, const std::string& out, Given more = {}) const {
    Given given = {{"arch", std::string(arch)},
                   {"train", many},
                   {"valid", one},
                   {"out", folder.path(out)},
                   {"tokenizer", "space"},
                   {"emb", "24"},
                   {"hidden", "24"},
                   {"lr", "0.01"},
                   {"warmup", "3"},
                   {"average", "0.9"},
                   {"epochs", "8"},
                   {"patience", "0"},
                   {"dropout", "0"},
                   {"save-every", "0"},
                   {"select", "perplexity"},
                   {"batch", "1"}};
    given.insert(given.end(), more.begin(), more.end());
    return given;
  }
};

}  // namespace

TEST_CASE("architectures: each learns a pair by heart, is saved, loaded and used, and scores it higher than another") {
  for (const ArchitectureKind* kind : architecture_kinds()) {
    CAPTURE(kind->name);
    const OnePair t;
    REQUIRE(run_training(resolve_options(t.flags(kind->name, "m")), "", 0) == 0);
    const SavedModel saved = ModelFolder(t.folder.path("m")).load();
    CHECK(saved.model->name() == kind->name);
    for (const int64_t beam : {1, 5})
      CHECK(translate_best(*saved.model, saved.codecs, {"der hund schläft ."}, {.beam = beam}) ==
            std::vector<std::string>{"the dog sleeps ."});
    const auto ids = [&](const char* target) {
      return data::EncodedCorpus{saved.codecs.source.encode(std::vector<std::string>{"der hund schläft ."}),
                                 saved.codecs.target.encode(std::vector<std::string>{target})};
    };
    CHECK(log_probabilities(*saved.model, ids("the dog sleeps ."))[0] >
          log_probabilities(*saved.model, ids("dog the sleeps ."))[0]);
  }
}

TEST_CASE(
    "architectures: attention of other units, scores and depths learns a pair by heart, and is saved and loaded") {
  const std::vector<Given> models = {{{"unit", "lstm"}, {"layers", "2"}, {"forget-bias", "1"}},
                                     {{"attention-score", "dot"}, {"dec-layers", "3"}, {"residual", "true"}},
                                     {{"attention-score", "general"}, {"unit", "lstm"}, {"precision", "bf16"}}};
  for (const Given& more : models) {
    const OnePair t;
    const PrecisionScope products(options::find(more, "precision") ? Precision::bf16 : Precision::f32);
    REQUIRE(run_training(resolve_options(t.flags("bahdanau", "m", more)), "", 0) == 0);
    const SavedModel saved = ModelFolder(t.folder.path("m")).load();
    CAPTURE(saved.model->description());
    const auto found =
        seq2seq::translate(*saved.model, saved.codecs, {"der hund schläft ."}, {.beam = 3, .weights = true});
    CHECK(found[0][0].text == "the dog sleeps .");
    CHECK(found[0][0].alignment.source.size() == 4);
    CHECK(found[0][0].alignment.weights.size() == 20);
    const auto prefix = saved.codecs.target.encode(std::vector<std::string>{"dog the"});
    CHECK(seq2seq::translate(*saved.model, saved.codecs, {"der hund schläft ."}, {.beam = 2, .prefixes = prefix})[0][0]
              .text.starts_with("dog the"));
    CHECK(seq2seq::translate(*saved.model, saved.codecs, {"der hund schläft ."},
                             {.n_best = 2, .sample = CategoricalOptions{}})[0]
              .size() == 2);
  }
}

TEST_CASE("architectures: gradients reach every parameter that is not frozen, with the paper's recipe too") {
  for (const ArchitectureKind* kind : architecture_kinds())
    for (const bool paper : {false, true}) {
      if (paper && kind->name == "bahdanau") continue;  // its v starts from zeros, which stops the gradients behind it
      ModelOptions options = recipe_of(kind->name, paper);
      options.embedding = options.hidden = 16;
      options.encoder = options.attention = 16;
      options.readout_size = 16;
      const auto model = test::small_model(options);
      Tape tape;
      tape.backward(loss_of(*model, small_batch(6), 0.1).loss);
      for (const auto& [name, parameter] : model->module().named_parameters()) {
        CAPTURE(kind->name);
        CAPTURE(name);
        if (!parameter.requires_grad()) continue;
        REQUIRE(parameter.grad().defined());
        CHECK(sum(abs(parameter.grad())).item() > 0);
      }
    }
}

TEST_CASE("architectures: a pair's probability is the same alone and in a batch; a search does not see its batch") {
  for (const ArchitectureKind* kind : architecture_kinds()) {
    CAPTURE(kind->name);
    const auto model = test::small_model(small_of(kind->name));
    const data::EncodedCorpus corpus = test::small_corpus(9);
    const std::vector<double> together = log_probabilities(*model, corpus);
    const auto found = search(*model, corpus.source, {.beam = 3, .n_best = 3});
    for (size_t n = 0; n < 9; ++n) {
      CHECK(log_probabilities(*model, {{corpus.source[n]}, {corpus.target[n]}})[0] ==
            doctest::Approx(together[n]).epsilon(1e-5));
      const auto alone = search(*model, {corpus.source[n]}, {.beam = 3, .n_best = 3})[0];
      REQUIRE(alone.size() == found[n].size());
      CHECK(alone[0].ids == found[n][0].ids);
      // The search must give a translation the probability that teacher forcing gives it.
      if (alone[0].finished)
        CHECK(log_probabilities(*model, {{corpus.source[n]}, {alone[0].ids}})[0] ==
              doctest::Approx(alone[0].log_probability).epsilon(1e-4));
    }
  }
}

TEST_CASE("architectures: a decoder's own words feed the encoder-decoders as they feed Bahdanau's") {
  for (const ArchitectureKind* kind : architecture_kinds()) {
    const auto model = test::small_model(small_of(kind->name));
    const PackedBatch batch = small_batch(5);
    CHECK(with_own_words(*model, batch, 1).inputs.ids.to_vector<int32_t>() == batch.inputs.ids.to_vector<int32_t>());
    CHECK(with_own_words(*model, batch, 0).inputs.ids.numel() == batch.inputs.ids.numel());
  }
}

TEST_CASE("architectures: a reversed source is read from its last word on") {
  ModelOptions options = small_of("sutskever");
  const auto backward = test::small_model(options);
  options.source_order = SourceOrder::forward;
  const auto forward = test::small_model(options);
  const data::EncodedCorpus corpus = test::small_corpus(7);
  data::EncodedCorpus turned = corpus;
  for (auto& sentence : turned.source) std::reverse(sentence.begin(), sentence.end());
  CHECK(log_probabilities(*backward, corpus) == log_probabilities(*forward, turned));
  CHECK(log_probabilities(*backward, corpus) != log_probabilities(*forward, corpus));
}

TEST_CASE("architectures: what another one would read, or nobody can make, is refused in one line") {
  const auto refused = [](Given more) {
    Given given = {{"out", "o"}, {"train", "t"}, {"valid", "v"}};
    given.insert(given.end(), more.begin(), more.end());
    return message_of<UsageError>([&] { resolve_options(given); });
  };
  CHECK(refused({{"arch", "transformer"}}) ==
        "--arch: need bahdanau or rnn-encdec or sutskever or mindspore-gru or ascend-gru or keras-listing or "
        "pytorch-listing, got 'transformer'");
  CHECK(refused({{"arch", "sutskever"}, {"attention", "8"}}) == "--attention: not an option of --arch sutskever");
  CHECK(refused({{"context", "first"}}) == "--context: not an option of --arch bahdanau");
  CHECK(refused({{"arch", "sutskever"}, {"enc-layers", "2"}}) == "--enc-layers: not an option of --arch sutskever");
  CHECK(refused({{"layers", "2"}, {"enc-layers", "2"}, {"dec-layers", "3"}}) ==
        "--layers: need a side without its own, got --enc-layers 2 and --dec-layers 3");
  CHECK(refused({{"attention-score", "dot"}, {"encoder", "100"}}) ==
        "--encoder: need half of --hidden (512) because of --attention-score dot, got 100");
  CHECK(refused({{"attention-score", "general"}, {"attention", "100"}}) ==
        "--attention: need --attention-score additive with it, got general");
  CHECK(refused({{"attention-score", "cosine"}}) == "--attention-score: need additive or dot or general, got 'cosine'");
  CHECK(refused({{"guided-alignment", "auto"}, {"arch", "rnn-encdec"}}) ==
        "--guided-alignment: need a model with attention, got --arch rnn-encdec");
  CHECK(refused({{"guided-alignment-weight", "1"}}) ==
        "--guided-alignment-weight: need --guided-alignment FILE or auto with it, got ");
  CHECK(refused({{"residual", "true"}}) == "--residual: need two layers on a side, got one on each");
  CHECK(refused({{"forget-bias", "1"}}) == "--forget-bias: need --unit lstm with it, got gru");
  CHECK(refused({{"unit", "lstm"}, {"reset", "before"}}) == "--reset: need --unit gru with it, got lstm");
  CHECK(refused({{"arch", "rnn-encdec"}, {"initial-state", "mean"}}) ==
        "--initial-state: need summary, states or zeros for --arch rnn-encdec, got mean");
  CHECK(refused({{"arch", "rnn-encdec"}, {"initial-state", "zeros"}, {"context", "first"}}) ==
        "--initial-state: need one that tells the decoder of the source, or --context every, got zeros");
  CHECK(refused({{"arch", "sutskever"}, {"hidden", "32"}}) ==
        "--hidden: need --emb (256) because of --tie all without a readout, got 32");
  CHECK(refused({{"readout", "none"}}) == "--readout: need tanh or maxout for --arch bahdanau, got none");
}

TEST_CASE("architectures: weights of another architecture, or another one to go on from, are refused in one line") {
  const OnePair t;
  const Given once = {{"epochs", "1"}};
  REQUIRE(run_training(resolve_options(t.flags("rnn-encdec", "cho", once)), "", 0) == 0);
  REQUIRE(run_training(resolve_options(t.flags("sutskever", "lstm", once)), "", 0) == 0);
  const std::string weights = ModelFolder(t.folder.path("lstm")).weights();
  std::filesystem::copy_file(ModelFolder(t.folder.path("cho")).weights(), weights,
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(message_of<DataError>([&] { ModelFolder(t.folder.path("lstm")).load(); }) ==
        weights + ": need weights of --arch sutskever as in config.json, got those of rnn-encdec");
  const std::string cho = t.folder.path("cho");
  CHECK(message_of<UsageError>([&] {
          resolve_options(t.flags("sutskever", "n", {{"init-from", cho}}));
        }) == "--arch: need rnn-encdec as in " + cho + ", got sutskever");
  CHECK(message_of<DataError>([&] {
          translate::AttendOptions options;
          options.use.model = cho;
          options.out = t.folder.path("a.svg");
          translate::attend(options);
        }) == cho + ": need a model with attention, got --arch rnn-encdec");
}

TEST_CASE("rnn-encdec: --paper has the paper's number of parameters, and trains 50 steps with its own optimizer") {
  TrainOptions options;
  options.model.arch = "rnn-encdec";
  use_recipe(options);
  use_paper_recipe(options);
  Rng rng(1);
  const auto model = make_architecture(options.model, {15000, 15000}, rng);
  CHECK(model->module().parameter_count() == 18280000);  // worked out in tests/seq2seq/encoder_decoder.cpp
  CHECK(model->description() == "Cho et al. 2014, 1 layer of GRU, 100/1000, the paper's sizes");
  const nn::Parameters parameters = model->module().named_parameters();
  const auto optimizer = make_optimizer(options, parameters);
  const PackedBatch batch = small_batch(4);
  double first = 0, last = 0;
  for (int step = 0; step < 50; ++step) {
    Tape tape;
    const BatchLoss loss = loss_of(*model, batch, options.label_smoothing);
    last = loss.loss.item();
    if (step == 0) first = last;
    tape.backward(loss.loss);
    optimizer->step(optim::clip_scale(parameters, options.clip).scale);
    optimizer->zero_grad();
  }
  CHECK(first == doctest::Approx(std::log(15000)).epsilon(0.01));
  CHECK(last < 0.9 * first);
}

TEST_CASE("sutskever: the paper's sizes have its 32 million recurrent connections a side") {
  // 4 layers, 4 gates, 1000 x (1000 + 1000); with 160,000 and 80,000 words and a full output matrix: 384 million.
  const ModelOptions options = recipe_of("sutskever", true);
  const int64_t a_side = options.layers * 4 * options.hidden * (options.embedding + options.hidden);
  CHECK(a_side == 32000000);
  CHECK(2 * a_side + (160000 + 80000) * options.embedding + 80000 * options.hidden == 384000000);
  ModelOptions small = options;
  small.embedding = small.hidden = 10;
  Rng rng(1);
  const int64_t biases = 2 * 4 * (2 * 4 * 10) + 20;
  CHECK(make_architecture(small, {20, 20}, rng)->module().parameter_count() ==
        2 * (4 * 4 * 10 * 20) + 2 * 20 * 10 + 20 * 10 + biases);
}

TEST_CASE("schedule: halving begins after as many epochs as it is told, and goes on from there") {
  TrainOptions options;
  options.schedule = ScheduleKind::halving;
  options.warmup = 0;
  const optim::Schedule factor = make_schedule(options, 800, 100);
  CHECK(factor(0) == 1);
  CHECK(factor(499) == 1);
  CHECK(factor(500) == 0.5);
  CHECK(factor(549) == 0.5);
  CHECK(factor(550) == 0.25);
  CHECK(factor(749) == 1.0 / 32);
}

TEST_CASE("training: a loss a sentence is the loss a token times the words of a sentence") {
  const OnePair t;
  const auto first_gradient = [&](const char* per) {
    const TrainOptions options = resolve_options(t.flags("rnn-encdec", per,
                                                         {{"loss-per", per},
                                                          {"optimizer", "sgd"},
                                                          {"lr", "1"},
                                                          {"beta1", "0"},
                                                          {"clip", "0"},
                                                          {"average", "0"},
                                                          {"warmup", "0"},
                                                          {"epochs", "1"},
                                                          {"schedule", "constant"},
                                                          {"label-smoothing", "0"},
                                                          {"max-steps", "1"}}));
    const Corpora corpora = read_corpora(options);
    TrainOptions own = options;
    const Codecs codecs = learn_codecs(own, corpora.train, [](std::string_view) {});
    Rng rng(1);
    const auto model = make_architecture(options.model, codecs.sizes(), rng);
    ModelFolder(options.out).prepare(1000);
    const Tensor before = model->output().bias.detach() + 0.0;
    Trainer(options, *model, codecs, corpora).run();
    return (model->output().bias.detach() - before).to_vector<float>();
  };
  const std::vector<float> token = first_gradient("token"), sentence = first_gradient("sentence");
  for (size_t i = 0; i < token.size(); ++i) CHECK(sentence[i] == doctest::Approx(5 * token[i]).epsilon(1e-4));
}
