// Runs by a protocol: what they refuse, what they keep, and that they go on.
#include "seq2seq/protocols/protocol.h"

#include "tests/translate/small_training.h"

using namespace grus;
using namespace grus::seq2seq;
using namespace grus::seq2seq::test;
using grus::test::message_of;
using grus::training::request_stop;

namespace {

Given by_protocol(const Text& text, const std::string& out, Given more = {}) {
  Given given = {{"protocol", "mindspore-gru"},  {"train", text.train}, {"valid", text.valid},
                 {"out", text.folder.path(out)}, {"epochs", "1"},       {"overwrite", "true"}};
  given.insert(given.end(), more.begin(), more.end());
  return given;
}

}  // namespace

TEST_CASE(
    "protocols: a flag, a file or a recipe that contradicts one is refused in one line, and a run's length is free") {
  const Text text(1);
  const auto message = [&](Given more) {
    return message_of<UsageError>([&] { resolve_options(by_protocol(text, "o", std::move(more))); });
  };
  CHECK(message({{"lr", "0.01"}}) == "--lr: need 0.001 because of --protocol mindspore-gru, got 0.01");
  CHECK(message({{"tokenizer", "char"}}) == "--tokenizer: need space because of --protocol mindspore-gru, got char");
  CHECK(message({{"hidden", "100"}}) == "--hidden: need 512 because of --protocol mindspore-gru, got 100");
  CHECK(message({{"arch", "sutskever"}}) ==
        "--arch: need mindspore-gru because of --protocol mindspore-gru, got sutskever");
  CHECK(message({{"guided-alignment", "auto"}}) ==
        "--guided-alignment: need none because of --protocol mindspore-gru, got auto");
  CHECK(message({{"config", text.folder.file("c.json", R"({"clip": 5})")}}) ==
        "--clip: need 0 because of --protocol mindspore-gru, got 5");
  CHECK(message({{"paper", "true"}}) == "--paper: need no --protocol beside it, got mindspore-gru");
  CHECK(message_of<UsageError>([&] {
          resolve_options({{"protocol", "gru"}, {"train", "t"}, {"valid", "v"}, {"out", "o"}});
        }) == "--protocol: need mindspore-gru or ascend-gru or keras-listing or pytorch-listing, got 'gru'");
  CHECK(message({{"metrics", "chrf,bleu"}}) == "--metrics: need bleu because of --protocol mindspore-gru, got chrf");
  CHECK(message({{"lr", "0.001"}, {"epochs", "2"}, {"seed", "7"}, {"beam", "3"}, {"precision", "bf16"}}) ==
        "nothing thrown");
}

TEST_CASE("protocols: each has its own settings, and takes no others") {
  const Text text(1);
  const auto message = [&](const char* protocol, Given more) {
    Given given = {{"protocol", protocol}, {"train", text.train}, {"out", text.folder.path("o")}};
    given.insert(given.end(), more.begin(), more.end());
    return message_of<UsageError>([&] { resolve_options(given); });
  };
  const std::pair<std::string, std::string> valid{"valid", text.valid};
  CHECK(message("ascend-gru", {valid}) == "nothing thrown");
  CHECK(message("ascend-gru", {valid, {"metrics", "perplexity,chrf"}}) == "nothing thrown");
  CHECK(message("ascend-gru", {valid, {"metrics", "bleu"}}) ==
        "--metrics: need perplexity because of --protocol ascend-gru, got bleu");
  CHECK(message("ascend-gru", {valid, {"dropout", "0.2"}}) ==
        "--dropout: need 0.5 because of --protocol ascend-gru, got 0.2");
  CHECK(message("ascend-gru", {}) == "--valid-src: need --valid-src and --valid-tgt, or --valid, got none");
  CHECK(message("keras-listing", {}) == "nothing thrown");
  CHECK(message("keras-listing", {valid}) ==
        "--valid: need none because of --protocol keras-listing, which takes its texts from --train, got " +
            text.valid);
  CHECK(message("keras-listing", {{"test", text.valid}}) ==
        "--test: need none because of --protocol keras-listing, which takes its texts from --train, got " + text.valid);
  CHECK(message("keras-listing", {{"optimizer", "adam"}}) ==
        "--optimizer: need rmsprop because of --protocol keras-listing, got adam");
  CHECK(message("keras-listing", {{"weights", "scaled"}}) ==
        "--weights: need paper because of --protocol keras-listing, got scaled");
  CHECK(message("pytorch-listing", {{"test", text.valid}}) == "nothing thrown");
  CHECK(message("pytorch-listing", {{"batch", "2"}}) == "--batch: need 1 because of --protocol pytorch-listing, got 2");
  CHECK(message_of<UsageError>([&] {
          resolve_options({{"protocol", "keras-listing"}, {"train-src", "a"}, {"train-tgt", "b"}, {"out", "o"}});
        }) == "--train: need the file of all pairs for --protocol keras-listing, got none");
}

TEST_CASE("protocols: the settings are the program's, and a configuration's protocol counts as the flag does") {
  const Text text(1);
  const TrainOptions o = resolve_options(by_protocol(text, "o"));
  CHECK(o.model.arch == "mindspore-gru");
  CHECK(o.batch_sentences == 16);
  CHECK(o.min_count == 2);
  CHECK(o.max_length == 30);
  const std::string file = text.folder.file("c.json", R"({"protocol": "mindspore-gru"})");
  const TrainOptions same =
      resolve_options({{"config", file}, {"train", text.train}, {"valid", text.valid}, {"out", text.folder.path("o")}});
  CHECK(same.protocol == "mindspore-gru");
  CHECK(same.teacher_forcing == 0.5);
}

namespace {

// Pairs as both listings take them, with a third column.
std::string listing_file(const grus::test::Folder& folder) {
  std::string lines;
  for (int n = 0; n < 80; ++n)
    lines += std::string("I'm ") + static_cast<char>('a' + n % 9) + ".\tJe suis " + static_cast<char>('a' + n % 9) +
             ".\tX\n";
  return folder.file("fra.txt", lines);
}

}  // namespace

TEST_CASE("protocols: a listing's run goes on bit for bit, its own words and draws included") {
  const grus::test::Folder folder;
  const std::string file = listing_file(folder);
  const auto flags = [&](const char* out) -> Given {
    return {{"protocol", "pytorch-listing"}, {"train", file},    {"out", folder.path(out)}, {"max-steps", "12"},
            {"validate-every", "5"},         {"save-every", "0"}};
  };
  Run straight(flags("straight"));
  REQUIRE(straight.trainer.run());
  Run first(flags("stopped"));
  first.watched.after = [](int64_t step) { request_stop(step == 7); };
  CHECK_FALSE(first.trainer.run());
  request_stop(false);
  Run second({{"resume", "true"}, {"out", folder.path("stopped")}});
  second.trainer.resume();
  CHECK(second.trainer.run());
  check_equal(state_of(second), state_of(straight));
}

TEST_CASE("protocols: the listings train on one file, keep their newest weights, and answer in use") {
  const grus::test::Folder folder;
  const std::string file = listing_file(folder);
  const auto trained = [&](const char* protocol, Given more) {
    Given given = {{"protocol", protocol}, {"train", file}, {"out", folder.path(protocol)}};
    given.insert(given.end(), more.begin(), more.end());
    REQUIRE(run_training(resolve_options(given), "", 0) == 0);
    return ModelFolder(folder.path(protocol));
  };
  const ModelFolder keras = trained("keras-listing", {{"epochs", "2"}});
  CHECK(keras.load().model->name() == "keras-listing");
  CHECK(message_of<DataError>([&] {
          run_training(resolve_options(
                           {{"protocol", "ascend-gru"}, {"train", file}, {"valid", file}, {"out", folder.path("few")}}),
                       "", 0);
        }) == "--train: need 512 pairs at least, which are a batch of --protocol ascend-gru, got 80");
  const ModelFolder pytorch = trained("pytorch-listing", {{"max-steps", "30"}, {"validate-every", "10"}});
  CHECK(pytorch.load().model->name() == "pytorch-listing");
  for (const ModelFolder& model : {keras, pytorch}) {
    const SavedModel saved = model.load();
    CHECK(seq2seq::translate(*saved.model, saved.codecs, {"je suis a ."}, {}).size() == 1);
  }
}

TEST_CASE("protocols: a run keeps its protocol, goes on bit for bit, and not by another") {
  const Text text(40);
  REQUIRE(run_training(resolve_options(by_protocol(text, "whole")), "", 0) == 0);
  const ModelFolder whole(text.folder.path("whole"));
  CHECK(whole.load_options().protocol == "mindspore-gru");
  CHECK(whole.load().model->name() == "mindspore-gru");

  Run straight(by_protocol(text, "straight"));
  REQUIRE(straight.trainer.run());
  CHECK(straight.trainer.progress().step == 3);  // 40 pairs by 16
  Run first(by_protocol(text, "stopped"));
  first.watched.after = [](int64_t step) { request_stop(step == 2); };
  CHECK_FALSE(first.trainer.run());
  request_stop(false);
  const std::string out = text.folder.path("stopped");
  Run second({{"resume", "true"}, {"out", out}});
  second.trainer.resume();
  CHECK(second.trainer.run());
  check_equal(state_of(second), state_of(straight));

  const Text other(8);
  REQUIRE(Run(other.flags("plain", {{"epochs", "1"}})).trainer.run());
  const std::string plain = other.folder.path("plain");
  CHECK(message_of<UsageError>([&] {
          resolve_options({{"resume", "true"}, {"out", plain}, {"protocol", "mindspore-gru"}});
        }) == "--protocol: need none as in " + plain + ", got mindspore-gru");
}
