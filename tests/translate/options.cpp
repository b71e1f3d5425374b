#include "seq2seq/option_table.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "examples/seq2seq/resolve.h"
#include "seq2seq/architecture.h"
#include "seq2seq/metrics.h"
#include "seq2seq/options_json.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::seq2seq;
using grus::test::message_of;

TEST_CASE("options: a value out of range is an error that names the flag") {
  TrainOptions o;
  CHECK(message_of<UsageError>([&] { set_option(o, "hidden", "-3"); }) ==
        "--hidden: need a whole number from 1 to 65536, got '-3'");
  CHECK(message_of<UsageError>([&] { set_option(o, "dropout", "1.5"); }) ==
        "--dropout: need a number from 0 to below 1, got '1.5'");
  CHECK(message_of<UsageError>([&] { set_option(o, "dropout", "nan"); }) ==
        "--dropout: need a number from 0 to below 1, got 'nan'");
  CHECK(message_of<UsageError>([&] { set_option(o, "epochs", "ten"); }) ==
        "--epochs: need a whole number from 1 to 1000000, got 'ten'");
  CHECK(message_of<UsageError>([&] { set_option(o, "tie", "some"); }) ==
        "--tie: need all or output or none, got 'some'");
  CHECK(message_of<UsageError>([&] { set_option(o, "leyers", "2"); }) == "--leyers: there is no such option");
}

TEST_CASE("options: every default lies within its own limits") {
  TrainOptions o;
  for (const Option& option : option_table(o)) CHECK_NOTHROW(set_option(o, option.flag, text_of(option)));
}

TEST_CASE("options: a word sets the enumerator that it names, and comes back") {
  const auto with = [](std::string_view flag, std::string_view word) {
    TrainOptions o;
    set_option(o, flag, word);
    CHECK(text_of(o, flag) == word);
    return o;
  };
  CHECK(with("decoder", "single").model.decoder == DecoderCell::single);
  CHECK(with("unit", "lstm").model.unit == Unit::lstm);
  CHECK(with("context", "first").model.context == ModelOptions::Context::first);
  CHECK(with("source-order", "reversed").model.source_order == SourceOrder::reversed);
  CHECK(with("readout", "maxout").model.readout == ModelOptions::Readout::maxout);
  CHECK(with("readout", "none").model.readout == ModelOptions::Readout::none);
  CHECK(with("readout-state", "new").model.readout_state == ReadoutState::after);
  CHECK(with("readout-state", "previous").model.readout_state == ReadoutState::before);
  CHECK(with("initial-state", "backward").model.initial_state == ModelOptions::InitialState::backward);
  CHECK(with("initial-state", "zeros").model.initial_state == ModelOptions::InitialState::zeros);
  CHECK(with("reset", "before").model.reset == Reset::before);
  CHECK(with("update", "replace").model.update == Update::replace);
  CHECK(with("tie", "output").model.tie == Tie::output);
  CHECK(with("tie", "none").model.tie == Tie::none);
  CHECK(with("weights", "paper").model.weights == FirstWeights::paper);
  CHECK(with("optimizer", "adamw").optimizer == OptimizerKind::adamw);
  CHECK(with("optimizer", "sgd").optimizer == OptimizerKind::sgd);
  CHECK(with("schedule", "inverse-sqrt").schedule == ScheduleKind::inverse_sqrt);
  CHECK(with("schedule", "halving").schedule == ScheduleKind::halving);
  CHECK(with("select", "perplexity").metrics == "perplexity");  // its former name
  CHECK(with("loss-per", "sentence").loss_per == LossPer::sentence);
  CHECK(with("precision", "bf16").precision == Precision::bf16);
}

TEST_CASE("options: what JSON says comes back") {
  TrainOptions o, back;
  use_paper_recipe(o);
  o.train_source = "a b";
  o.learning_rate = 0.1;
  apply_json(back, nlohmann::json::parse(to_json(o).dump()), "f");
  CHECK(to_json(back) == to_json(o));
  CHECK(back.learning_rate == 0.1);
  CHECK(message_of<DataError>([&] {
          apply_json(back, {{"emb", "wide"}}, "f.json");
        }) == "f.json: --emb: need a whole number from 1 to 65536, got 'wide'");
}

TEST_CASE("options: flags go over the configuration, which goes over the recipe") {
  const test::Folder folder;
  const std::string file = folder.file("c.json", R"({"hidden": 100, "emb": 10})");
  const Given given = {{"paper", "true"}, {"config", file}, {"emb", "20"},
                       {"train", "t"},    {"valid", "v"},   {"out", "o"}};
  const TrainOptions o = resolve_options(given);
  CHECK(o.model.embedding == 20);
  CHECK(o.model.hidden == 100);
  CHECK(o.model.readout == ModelOptions::Readout::maxout);
}

TEST_CASE("options: a flag that another one's value leaves unread is refused, and says which") {
  const auto message = [](Given given) {
    given.insert(given.end(), {{"out", "o"}, {"train", "t"}, {"valid", "v"}, {"tie", "none"}});
    return message_of<UsageError>([&] { resolve_options(given); });
  };
  CHECK(message({{"halve-after", "3"}}) == "--halve-after: need --schedule halving with it, got cosine");
  CHECK(message({{"halve-every", "3"}, {"schedule", "constant"}}) ==
        "--halve-every: need --schedule halving with it, got constant");
  CHECK(message({{"beta2", "0.5"}, {"optimizer", "adadelta"}}) ==
        "--beta2: need --optimizer adam, adamw or rmsprop with it, got adadelta");
  CHECK(message({{"beta1", "0.5"}, {"optimizer", "rmsprop"}}) ==
        "--beta1: need --optimizer adam, adamw, adadelta or sgd with it, got rmsprop");
  CHECK(message({{"epsilon", "0.5"}, {"optimizer", "sgd"}}) ==
        "--epsilon: need --optimizer adam, adamw, adadelta or rmsprop with it, got sgd");
  CHECK(message({{"batch-tokens", "10"}, {"batch", "2"}}) == "--batch-tokens: need --batch 0 with it, got 2");
  CHECK(message({{"min-count", "2"}, {"tokenizer", "unigram"}}) ==
        "--min-count: need --tokenizer word, space or char with it, got unigram");
  CHECK(message({{"forget-bias", "1"}, {"arch", "rnn-encdec"}}) == "--forget-bias: need --unit lstm with it, got gru");
  CHECK(message({{"reset", "after"}, {"arch", "sutskever"}}) == "--reset: need --unit gru with it, got lstm");
  CHECK(message({{"readout-size", "9"}, {"arch", "sutskever"}}) ==
        "--readout-size: need --readout tanh or maxout with it, got none");
  CHECK(message({{"halve-after", "3"}, {"schedule", "halving"}, {"beta2", "0.5"}, {"batch-tokens", "9"}}) ==
        "nothing thrown");
  CHECK(message({{"min-count", "2"}, {"tokenizer", "word"}}) == "nothing thrown");
}

TEST_CASE("options: what each side has of its own must fit it, and be read") {
  const auto message = [](Given given, const char* tie = "none") {
    given.insert(given.end(), {{"out", "o"}, {"train", "t"}, {"valid", "v"}, {"tie", tie}});
    return message_of<UsageError>([&] { resolve_options(given); });
  };
  CHECK(message({{"tokenizer-src", "char"}, {"tokenizer-tgt", "space"}, {"vocab-tgt", "phones.txt"}}) ==
        "nothing thrown");
  CHECK(message({{"tokenizer-src", "letters"}}).starts_with("--tokenizer-src: need one of "));
  CHECK(message({{"vocab-src", "99999999999"}}) ==
        "--vocab-src: need a size from 0 to 10000000, or a file of symbols, got '99999999999'");
  CHECK(message({{"vocab-tgt", "p.txt"}, {"tokenizer", "unigram"}}) ==
        "--vocab-tgt: need --tokenizer-tgt word, space or char for the symbols of p.txt, got unigram");
  CHECK(message({{"vocab-tgt", "p.txt"}}) ==
        "--vocab-tgt: need --tokenizer-tgt word, space or char for the symbols of p.txt, got none");
  for (const char* flag : {"tokenizer-src", "tokenizer-tgt"})
    CHECK(message({{flag, "char"}}, "all") ==
          fmt::format("--{}: need --tie output or none with it, got all, for which one vocabulary serves both sides",
                      flag));
  CHECK(message({{"tokenizer", "word"}, {"vocab-src", "9"}}, "all").starts_with("--vocab-src: need --tie output"));
  CHECK(message({{"tokenizer", "word"}, {"vocab-tgt", "9"}}, "all").starts_with("--vocab-tgt: need --tie output"));
  CHECK(message({{"tokenizer", "word"}, {"tokenizer-src", "char"}, {"tokenizer-tgt", "space"}}) ==
        "--tokenizer: need a side without its own, got --tokenizer-src char and --tokenizer-tgt space");
  CHECK(message({{"tokenizer", "word"}, {"vocab", "9"}, {"vocab-src", "8"}, {"vocab-tgt", "7"}}) ==
        "--vocab: need a side without its own, got --vocab-src 8 and --vocab-tgt 7");
  CHECK(message({{"tokenizer-src", "char"}, {"tokenizer-tgt", "space"}, {"min-count", "2"}}) == "nothing thrown");
  CHECK(message({{"tokenizer", "char"}, {"vocab-src", "a"}, {"vocab-tgt", "b"}, {"min-count", "2"}})
            .starts_with("--min-count: need "));
}

TEST_CASE("options: validation figures are a list of known ones") {
  const auto message = [](const char* list) { return message_of<UsageError>([&] { metric_names(list); }); };
  CHECK(metric_names("chrf,bleu,perplexity") == std::vector<std::string>{"chrf", "bleu", "perplexity"});
  CHECK(message("bleu,ter") == "--metrics: need some of bleu, chrf, perplexity with commas, each once, got 'bleu,ter'");
  for (const char* bad : {"", "bleu,", "bleu,bleu", "BLEU", "bleu chrf"})
    CHECK(message(bad).starts_with("--metrics: need some of "));
}

TEST_CASE("options: files that do not go together are named") {
  const auto message = [](Given given) { return message_of<UsageError>([&] { resolve_options(given); }); };
  CHECK(message({{"out", "o"}}) == "--train-src: need --train-src and --train-tgt, or --train, got none");
  CHECK(message({{"train", "t"}, {"valid", "v"}}) == "--out: need a folder for the model, got none");
  CHECK(message({{"out", "o"}, {"train-src", "t"}}) == "--train-src: need --train-tgt with it, got one of the two");
  CHECK(message({{"out", "o"}, {"train", "t"}, {"valid", "v"}, {"freeze", "encoder.*"}}) ==
        "--freeze: need --init-from with it, got none");
  CHECK(message({{"out", "o"}, {"train", "t"}, {"valid", "v"}, {"readout-size", "8"}}) ==
        "--readout-size: need --emb (256) because of --tie all, got 8");
}
