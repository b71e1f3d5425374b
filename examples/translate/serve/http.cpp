#include "examples/translate/serve/http.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "examples/support/program.h"
#include "examples/translate/serve/request.h"
#include "training/stop.h"

namespace grus::translate {
namespace {

using namespace std::chrono_literals;

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

// Returns HOST of "HOST:PORT" and "[HOST]:PORT".
std::string_view without_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  return colon == std::string_view::npos || host.ends_with(']') ? host : host.substr(0, colon);
}

HttpAnswer refusal(int status, std::string_view sentence) { return {status, error_json(sentence)}; }

void put(httplib::Response& response, const HttpAnswer& answer) {
  response.status = answer.status;
  response.set_content(answer.body, answer.type.c_str());
  if (answer.status == 429 || answer.status == 503) response.set_header("Retry-After", "1");
}

HttpAnswer guarded(const std::function<HttpAnswer()>& handler) {
  try {
    return handler();
  } catch (const Refusal& error) {
    return refusal(error.status, error.what());
  } catch (const std::exception& error) {
    complain(fmt::format("translate: {}", Shown{error.what()}));
    return refusal(500, "[serve] the server could not answer; its standard error says why");
  }
}

// A page of another site that a browser shows may neither ask, nor pretend to be this host by a name of its own.
void check_asker(const httplib::Request& request, const HttpOptions& o) {
  const std::string host = request.get_header_value("Host"), origin = request.get_header_value("Origin");
  if (is_loopback(o.host) && !is_loopback(without_port(host)))
    throw Refusal(403, fmt::format("[serve] need a request to {}, got one to '{}'", o.host, Shown{host}));
  const size_t scheme = origin.find("://");
  if (!origin.empty() && (scheme == std::string::npos || origin.substr(scheme + 3) != host))
    throw Refusal(403, fmt::format("[serve] need a page of this server, got one of '{}'", Shown{origin}));
}

// Reads the body up to the limit and lets the rest go by, as a client that still writes does not hear an answer.
std::string read_body(const httplib::Request& request, const httplib::ContentReader& reader, int64_t most) {
  const std::string type = request.get_header_value("Content-Type");
  const auto limit = static_cast<size_t>(most);
  if (request.is_multipart_form_data()) throw Refusal(415, "[serve] need application/json, got multipart/form-data");
  constexpr size_t patience = 16u << 20;
  std::string body;
  size_t read = 0;
  const bool whole = reader([&](const char* data, size_t size) {
    if ((read += size) <= limit) body.append(data, size);
    return read <= limit + patience;
  });
  if (read > limit) throw Refusal(413, fmt::format("[serve] need a request of at most {} bytes, got more", limit));
  if (!whole) throw Refusal(400, "[serve] need the whole of a request's body, got a part");
  if (!type.starts_with("application/json"))
    throw Refusal(415, fmt::format("[serve] need Content-Type: application/json, got '{}'", Shown{type}));
  return body;
}

// Names what is wrong with a request that no route has taken.
HttpAnswer unanswered(const httplib::Request& request, int status, const std::vector<Page>& pages,
                      const std::string& post) {
  bool is_page = false;
  for (const Page& page : pages) is_page |= request.path == page.path;
  const bool is_post = request.path == post, reads = request.method == "GET" || request.method == "HEAD";
  if ((is_page && !reads) || (is_post && request.method != "POST"))
    return refusal(405, fmt::format("[serve] need {} for {}, got {}", is_post ? "POST" : "GET", request.path,
                                    Shown{request.method}));
  if (status == 404 || (!is_page && !is_post && !request.path.empty()))
    return refusal(404, fmt::format("[serve] need a path that there is, got '{}'", Shown{request.path}));
  return refusal(status, "[serve] need a request of HTTP that can be read");
}

void add_routes(httplib::Server& server, const HttpOptions& o, const std::vector<Page>& pages,
                const std::function<HttpAnswer(const std::string&)>& post) {
  for (const Page& page : pages)
    server.Get(page.path, [&page, &o](const httplib::Request& request, httplib::Response& response) {
      put(response, guarded([&] { return check_asker(request, o), page.get(); }));
    });
  server.Post(o.post,
              [&](const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& reader) {
                put(response, guarded([&] {
                      const std::string body = read_body(request, reader, o.bytes);
                      return check_asker(request, o), post(body);
                    }));
              });
  server.set_error_handler([&](const httplib::Request& request, httplib::Response& response) {
    if (response.body.empty() && response.status >= 400)
      put(response, unanswered(request, response.status, pages, o.post));
  });
}

// What a page may do: its own style and script, requests to where it came from, nothing else.
const httplib::Headers headers = {{"Content-Security-Policy",
                                   "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                                   "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                                  {"Cache-Control", "no-store"},
                                  {"X-Content-Type-Options", "nosniff"},
                                  {"Cross-Origin-Resource-Policy", "same-origin"},
                                  {"Referrer-Policy", "no-referrer"}};

void set_up(httplib::Server& server, const HttpOptions& o, int& listener) {
  server.new_task_queue = [&o] { return new httplib::ThreadPool(static_cast<size_t>(o.threads)); };
  server.set_default_headers(headers);
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1);  // a body that was not read is no next request, and the end waits for nobody
  server.set_keep_alive_timeout(2);
  server.set_read_timeout(5s);
  server.set_write_timeout(5s);
  // The library would share the port with another server that listens there.
  server.set_socket_options([&listener](int socket) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    listener = socket;
  });
}

int bind_server(httplib::Server& server, const HttpOptions& o, const int& listener) {
  const int port = o.port == 0
                       ? server.bind_to_any_port(o.host)
                       : (server.bind_to_port(o.host, static_cast<int>(o.port)) ? static_cast<int>(o.port) : -1);
  const int reason = errno;
  // No socket is opened for a name that cannot be resolved, whose search may leave any errno.
  require<Error>(port > 0, "{}:{}: {}", o.host, o.port, listener < 0 ? "no such address" : std::strerror(reason));
  ::listen(listener, 128);  // clients that come at once; the library lets 5 wait
  return port;
}

}  // namespace

void serve_http(const HttpOptions& o, const std::vector<Page>& pages,
                const std::function<HttpAnswer(const std::string&)>& post, const std::function<void(int)>& listening,
                const std::function<void()>& stopping) {
  httplib::Server server;
  int listener = -1;
  set_up(server, o, listener);
  add_routes(server, o, pages, post);
  const int port = bind_server(server, o, listener);
  listening(port);  // who connects from here on waits for the thread
  std::atomic<bool> ended{false};
  std::thread answers([&] {
    server.listen_after_bind();
    ended = true;
  });
  while (!server.is_running() && !ended) std::this_thread::yield();  // only then can it be stopped
  while (!training::stop_requested() && !ended) std::this_thread::sleep_for(20ms);
  const bool broken = ended;
  stopping();
  server.stop();
  answers.join();
  require<Error>(!broken, "{}:{}: need connections, got an end of listening", o.host, port);
}

}  // namespace grus::translate
