#pragma once
// The server's HTTP, by cpp-httplib where this build has it: who may ask, how much is read, how it ends.
// Sources: http.cpp, http_none.cpp (builds without the library).
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace grus::translate {

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::string type = "application/json";
};

/// A Page is what GET returns for a path.
struct Page {
  std::string path;
  std::function<HttpAnswer()> get;
};

struct HttpOptions {
  std::string host;
  int64_t port;      // 0: one that is free
  int64_t threads;   // connections that are heard at a time
  int64_t bytes;     // of a request at most
  std::string post;  // the one path that takes JSON
};

/// Answers until training::stop_requested(), then calls `stopping` and lets what is under way end. `listening` is told
/// the port. A handler may throw Refusal; whatever else it throws is an error 500 that standard error tells of. On a
/// loopback address names of other hosts are refused, and so are pages of other origins everywhere; each connection has
/// one answer. Throws Error "HOST:PORT: REASON", and UsageError in a build without the library.
void serve_http(const HttpOptions& options, const std::vector<Page>& pages,
                const std::function<HttpAnswer(const std::string& body)>& post,
                const std::function<void(int port)>& listening, const std::function<void()>& stopping);

}  // namespace grus::translate
