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
        }) == "--protocol: need mindspore-gru, got 'gru'");
  CHECK(message({{"lr", "0.001"}, {"epochs", "2"}, {"seed", "7"}, {"beam", "3"}, {"precision", "bf16"}}) ==
        "nothing thrown");
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
