// `translate serve` as a program: it is started on a free port, asked, and stopped by a signal.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/http.h"
#include "tests/support/program.h"
#include "tests/support/skip.h"

using namespace grus;
using grus::test::check_error;
using grus::test::Connection;
using grus::test::http_request;
using grus::test::HttpReply;
using nlohmann::json;

namespace {

struct ServedModel {
  grus::test::Folder folder;
  std::string path = folder.path("m"), source = folder.file("source", "a b\nc\nb a c\na\n");
  ServedModel() {
    const std::string pairs = folder.file("pairs.tsv", "a b\tA B\nc\tC\nb a c\tB A C\n");
    const grus::test::ProgramResult trained =
        run("train --train " + pairs + " --valid " + pairs +
            " --tokenizer space --emb 8 --hidden 8 --warmup 1 --epochs 1 --out " + path);
    REQUIRE(trained.code == 0);
  }
  grus::test::ProgramResult run(const std::string& arguments) const {
    return grus::test::run_program(folder, "TRANSLATE", arguments);
  }
  bool can_serve() const {
    return run("serve --model " + path + " --host nowhere.invalid").err.find("cpp-httplib") == std::string::npos;
  }
};

// A running server; its end is that of a process which a signal stopped.
class ServedProcess {
 public:
  explicit ServedProcess(const ServedModel& model, const std::string& flags = "")
      : err_(model.folder.path("serve.err")) {
    const std::string line = "echo $$; exec '" + std::string(std::getenv("TRANSLATE")) + "' serve --port 0 --model " +
                             model.path + " " + flags + " 2>" + err_;
    pipe_ = ::popen(line.c_str(), "r");
    char url[200] = "";
    REQUIRE(std::fscanf(pipe_, "%d http://%199s", &process_, url) == 2);
    port_ = std::stoi(std::string(url).substr(std::string(url).rfind(':') + 1));
  }
  ~ServedProcess() {
    if (pipe_) stop(SIGKILL);
  }
  HttpReply send(const std::string& bytes) const {
    const Connection connection(port_);
    connection.send(bytes);
    return connection.reply();
  }
  HttpReply ask(const json& request) const { return send(http_request("POST", "/translate", request.dump())); }
  void until_waiting(int64_t count) const {
    while (send(http_request("GET", "/health")).json().at("waiting") < count) std::this_thread::yield();
  }
  void signal(int number) const { ::kill(process_, number); }
  int wait() {
    const int status = ::pclose(std::exchange(pipe_, nullptr));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int stop(int number) {
    signal(number);
    return wait();
  }
  int port() const { return port_; }
  std::string errors() const { return grus::test::bytes_of(err_); }

 private:
  std::string err_;
  FILE* pipe_;
  int process_ = 0, port_ = 0;
};

}  // namespace

TEST_CASE("serve: sentences that come together are one batch, and each has the bits that run gives it") {
  const ServedModel model;
  if (!model.can_serve()) return grus::test::skip("a build without cpp-httplib");
  const std::string looks = model.folder.path("looks");
  const grus::test::ProgramResult run =
      model.run("run --n-best 2 --beam 3 --alignments " + looks + " --model " + model.path + " <" + model.source);
  ServedProcess server(model, "--join 10000 --batch 4 --threads 1");
  const std::vector<std::string> lines = {"a b", "c", "b a c", "a"};
  std::vector<std::future<HttpReply>> asked;
  for (const std::string& line : lines)
    asked.push_back(std::async(std::launch::async, [&server, line] {
      return server.ask({{"text", line}, {"n_best", 2}, {"beam", 3}, {"alignment", "pieces"}});
    }));
  std::string list, alignments;
  for (size_t n = 0; n < lines.size(); ++n) {
    const json answer = asked[n].get().json();
    CHECK(answer.at("batch") == 4);
    const json& said = answer.at("sentences").at(0).at("translations");
    for (const json& t : said)
      list +=
          fmt::format("{} ||| {} ||| logp= {:.6f} words= {} ||| {:.6f}\n", n, t.at("text").get<std::string>(),
                      t.at("log_probability").get<double>(), t.at("words").get<int64_t>(), t.at("score").get<double>());
    alignments += nlohmann::ordered_json(said.at(0).at("alignment")).dump() + "\n";
  }
  CHECK(list == run.out);
  CHECK(alignments == grus::test::bytes_of(looks));
  CHECK(server.stop(SIGTERM) == 0);
  CHECK(server.errors() == "4 requests, 4 sentences in 1 batches of at most 4; 0 refused\n");
}

TEST_CASE("serve: page, facts and health are there, and nothing else is") {
  const ServedModel model;
  if (!model.can_serve()) return grus::test::skip("a build without cpp-httplib");
  ServedProcess server(model);
  const HttpReply page = server.send(http_request("GET", "/"));
  CHECK(page.status == 200);
  CHECK(page.body.starts_with("<!DOCTYPE html>"));
  CHECK(page.head.find("default-src 'none'") != std::string::npos);
  for (const std::string outside : {"src=\"", "href=\"", "@import", "url("})
    CHECK_MESSAGE(page.body.find(outside) == std::string::npos, outside);
  CHECK(server.send(http_request("GET", "/health")).json().at("status") == "ok");
  const json facts = server.send(http_request("GET", "/model")).json();
  CHECK(facts.at("models").at(0).at("architecture") == "bahdanau");
  CHECK(facts.at("limits").at("beam") == 20);
  for (const std::string path : {"/nothing", "/model/", "/../m/config.json", "/%2e%2e/m/config.json", "/config.json"}) {
    const HttpReply reply = server.send(http_request("GET", path));
    CHECK_MESSAGE(reply.status == 404, path);
    CHECK(reply.json().at("error").get<std::string>().find("need a path that there is") != std::string::npos);
  }
  CHECK(server.send(http_request("GET", "/translate")).status == 405);
  CHECK(server.send(http_request("POST", "/", "{}")).status == 405);
  CHECK(server.stop(SIGINT) == 0);
}

TEST_CASE("serve: a request that is wrong or too much has its status and a sentence, and the next one is answered") {
  const ServedModel model;
  if (!model.can_serve()) return grus::test::skip("a build without cpp-httplib");
  ServedProcess server(model, "--max-bytes 200 --max-sentences 2 --max-words 3");
  const auto error_of = [](const HttpReply& reply, int status) {
    CHECK_MESSAGE(reply.status == status, reply.head);
    return reply.json().at("error").get<std::string>();
  };
  CHECK(error_of(server.send(http_request("POST", "/translate", "{\"text\": ")), 400) ==
        "request: need JSON, got an error at byte 10");
  CHECK(error_of(server.ask({{"text", "a a a a"}}), 413).find("at most 3 words") != std::string::npos);
  CHECK(error_of(server.ask({{"text", {"a", "b", "c"}}}), 413).find("at most 2 sentences") != std::string::npos);
  const std::string huge(3'000'000, 'a'), head = "Content-Type: application/json\r\nHost: localhost\r\n";
  CHECK(error_of(server.ask({{"text", huge}}), 413).find("at most 200 bytes") != std::string::npos);
  const std::string chunked = "POST /translate HTTP/1.1\r\n" + head + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" +
                              std::string(0x100000, 'a') + "\r\n0\r\n\r\n";
  CHECK(error_of(server.send(chunked), 413).find("at most 200 bytes") != std::string::npos);
  CHECK(error_of(server.send(http_request("POST", "/translate", "{}", "Host: localhost\r\n")), 415)
            .find("application/json") != std::string::npos);
  CHECK(error_of(server.send(http_request("GET", "/health", "", "Host: elsewhere.example\r\n")), 403)
            .find("elsewhere.example") != std::string::npos);
  CHECK(error_of(server.send(http_request("POST", "/translate", R"({"text": "a"})",
                                          head + "Origin: http://elsewhere.example\r\n")),
                 403)
            .find("elsewhere.example") != std::string::npos);
  CHECK(server.ask({{"text", ""}}).json().at("sentences").at(0).at("translations").at(0).at("text") == "");
  CHECK(server.stop(SIGTERM) == 0);
}

TEST_CASE("serve: too many requests are refused, and what waits is answered before the end") {
  const ServedModel model;
  if (!model.can_serve()) return grus::test::skip("a build without cpp-httplib");
  ServedProcess server(model, "--join 10000 --batch 9 --waiting 1");
  auto waits = std::async(std::launch::async, [&] { return server.ask({{"text", "a b"}}); });
  server.until_waiting(1);
  const HttpReply refused = server.ask({{"text", "c"}});
  CHECK(refused.status == 429);
  CHECK(refused.head.find("Retry-After: 1") != std::string::npos);
  server.signal(SIGTERM);
  CHECK(waits.get().status == 200);
  CHECK(server.wait() == 0);
  ServedProcess hasty(model, "--join 10000 --batch 9 --timeout 0.01");
  CHECK(hasty.ask({{"text", "a b"}}).status == 503);
  CHECK(hasty.stop(SIGTERM) == 0);
}

TEST_CASE("serve: a port that is taken, an address that is none, and flags that do not go together are one sentence") {
  const ServedModel model;
  if (!model.can_serve()) return grus::test::skip("a build without cpp-httplib");
  const ServedProcess server(model);
  const std::string serve = "serve --model " + model.path, port = std::to_string(server.port());
  check_error(model.run(serve + " --port " + port), 1, "127.0.0.1:" + port + ": Address already in use");
  check_error(model.run(serve + " --host nowhere.invalid"), 1, "nowhere.invalid:8080: no such address");
  check_error(model.run(serve + " --port 70000"), 2, "--port: need a whole number from 0 to 65535");
  check_error(model.run(serve + " --beam 30"), 2, "--beam: need at most the --max-beam of 20, got 30");
  check_error(model.run(serve + " --timeout nan"), 2, "--timeout: need a number");
  check_error(model.run("serve --port 0 --model " + model.folder.path("none")), 1, "none");
  check_error(model.run(serve + " --port 0 >/dev/full"), 1, "standard output: No space left on device");
}
