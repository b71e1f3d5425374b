// The queue of `translate serve`, and what a request may say.
#include <doctest/doctest.h>

#include <future>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "examples/translate/serve/request.h"

using namespace grus;
using namespace grus::translate;
using namespace std::chrono_literals;

namespace {

// Says each line backwards, and remembers what came together.
struct Mirror {
  std::vector<Request> batches;
  Found operator()(const Request& request) {
    batches.push_back(request);
    Found found;
    for (const std::string& line : request.lines) {
      seq2seq::Translation said;
      said.text = {line.rbegin(), line.rend()};
      found.push_back({said});
    }
    return found;
  }
};

Request lines(std::vector<std::string> all, int64_t beam = 5) { return {std::move(all), beam}; }

void until_waiting(const BatchQueue& queue, int64_t count) {
  while (queue.figures().waiting < count) std::this_thread::yield();
}

// Returns the status with which a request is refused, 0 where it is answered.
int status_of(BatchQueue& queue, Request request) {
  try {
    queue.ask(std::move(request));
    return 0;
  } catch (const Refusal& refusal) {
    return refusal.status;
  }
}

data::Codec letters() {
  const std::vector<std::string> text = {"a b c"};
  return data::Codec::learn({text}, {.kind = "space", .size = 0});
}

std::string refused(const std::string& body, int status, Limits limits = {}) {
  try {
    read_request(body, limits, letters());
  } catch (const Refusal& refusal) {
    CHECK_MESSAGE(refusal.status == status, refusal.what());
    return refusal.what();
  }
  return "taken";
}

}  // namespace

TEST_CASE("serve queue: requests that come together are one batch, and each has its own lines back") {
  Mirror mirror;
  BatchQueue queue(std::ref(mirror), {.batch = 4, .join = 1h});
  auto first = std::async(std::launch::async, [&] { return queue.ask(lines({"ab", "cd"})); });
  until_waiting(queue, 1);
  auto second = std::async(std::launch::async, [&] { return queue.ask(lines({"ef"})); });
  until_waiting(queue, 2);
  const Answer third = queue.ask(lines({"gh"})), one = first.get(), two = second.get();
  REQUIRE(mirror.batches.size() == 1);
  CHECK(mirror.batches[0].lines == std::vector<std::string>{"ab", "cd", "ef", "gh"});
  CHECK(one.found.size() == 2);
  CHECK(one.found[1][0].text == "dc");
  CHECK(two.found[0][0].text == "fe");
  CHECK(third.found[0][0].text == "hg");
  CHECK(third.batch == 4);
  CHECK(queue.figures().largest_batch == 4);
}

TEST_CASE("serve queue: requests of another beam wait for a batch of their own, and none is cut") {
  Mirror mirror;
  std::vector<std::future<Answer>> asked;
  {
    BatchQueue queue(std::ref(mirror), {.batch = 3, .join = 1h});
    const auto ask = [&](Request request) {
      asked.push_back(std::async(std::launch::async, [&queue, request] { return queue.ask(request); }));
      until_waiting(queue, std::ssize(asked));
    };
    ask(lines({"a", "b"}, 2));
    ask(lines({"c", "d", "e", "f", "g"}, 1));
    queue.stop();
    for (const std::future<Answer>& one : asked) one.wait();  // who is in ask() still needs the queue
  }
  REQUIRE(mirror.batches.size() == 2);
  CHECK(mirror.batches[0].beam == 2);
  CHECK(mirror.batches[1].lines.size() == 5);
  CHECK(asked[1].get().found[4][0].text == "g");
}

TEST_CASE("serve queue: more than may wait are refused with 429, who waits too long with 503, and all after the end") {
  Mirror mirror;
  BatchQueue queue(std::ref(mirror), {.batch = 9, .join = 1h, .waiting = 1});
  auto waits = std::async(std::launch::async, [&] { return queue.ask(lines({"a"})); });
  until_waiting(queue, 1);
  CHECK(status_of(queue, lines({"b"})) == 429);
  queue.stop();
  CHECK(waits.get().found[0][0].text == "a");
  CHECK(status_of(queue, lines({"c"})) == 503);
  BatchQueue hasty(std::ref(mirror), {.batch = 9, .join = 1h, .timeout = 0ms});
  CHECK(status_of(hasty, lines({"d"})) == 503);
  CHECK(hasty.figures().waiting == 0);
  CHECK(queue.figures().refused == 2);
}

TEST_CASE("serve queue: what a batch throws reaches who asked, and the next batch is translated") {
  bool broken = true;
  BatchQueue queue(
      [&](const Request& request) {
        if (std::exchange(broken, false)) fail<DataError>("no");
        return Mirror()(request);
      },
      {.join = 0ms});
  CHECK_THROWS_AS(queue.ask(lines({"a"})), DataError);
  CHECK(queue.ask(lines({"ab"})).found[0][0].text == "ba");
}

TEST_CASE("serve requests: one sentence or several, with beam, n_best and alignment") {
  const Asked one = read_request(R"({"text": "a b"})", {.usual_beam = 4}, letters());
  CHECK(one.request.lines == std::vector<std::string>{"a b"});
  CHECK(one.request.beam == 4);
  CHECK(!one.request.weights);
  const Asked all =
      read_request(R"({"text": ["a", ""], "beam": 7, "n_best": 7, "alignment": "pieces"})", {}, letters());
  CHECK(all.request.lines.size() == 2);
  CHECK(all.request.n_best == 7);
  CHECK(all.request.weights);
}

TEST_CASE("serve requests: whatever is wrong is a sentence and a status") {
  CHECK(refused("", 400) == "request: need JSON, got an error at byte 1");
  CHECK(refused("[]", 400) == "request: need a JSON object, got []");
  CHECK(refused(R"({"text": "\xff"})", 400).starts_with("request: need JSON"));
  CHECK(refused(R"({"text": 3})", 400) == "request: need 'text' as a string or an array of strings, got 3");
  CHECK(refused(R"({"text": ["a", 3]})", 400) == "request: need strings in 'text', got 3");
  CHECK(refused(R"({"text": []})", 400) == "request: need a sentence in 'text', got none");
  CHECK(refused(R"({"text": "a\nb"})", 400) == "request: need sentences of one line, got 'a\\x0ab'");
  CHECK(refused(R"({"beam": 2})", 400).find("'text'") != std::string::npos);
  CHECK(refused(R"({"text": "a", "bean": 2})", 400).find("'bean'") != std::string::npos);
  CHECK(refused(R"({"text": "a", "text": "b"})", 400).find("twice") != std::string::npos);
  CHECK(refused(R"({"text": "a", "beam": 21})", 400) == "request: need 'beam' from 1 to 20, got 21");
  CHECK(refused(R"({"text": "a", "beam": 2, "n_best": 3})", 400) == "request: need 'n_best' from 1 to 2, got 3");
  CHECK(refused(R"({"text": "a", "alignment": "all"})", 400).find("none, words or pieces") != std::string::npos);
  CHECK(refused(R"({"text": "a", "alignment": "words"})", 400, {.attention = false}).find("attention") !=
        std::string::npos);
  CHECK(refused(R"({"text": ["a", "b"]})", 413, {.sentences = 1}) == "request: need at most 1 sentences, got 2");
  CHECK(refused(R"({"text": "a b c"})", 413, {.words = 2}) ==
        "request: need sentences of at most 2 words or pieces, got one of 3");
}
