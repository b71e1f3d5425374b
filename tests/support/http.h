#pragma once
// One request to a server on this machine, over a socket of our own.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

namespace grus::test {

struct HttpReply {
  int status = 0;  // 0: closed without an answer
  std::string head, body;
  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// A connection on which one request is sent and one reply is read.
class Connection {
 public:
  explicit Connection(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server has answered already
      bytes.erase(0, static_cast<size_t>(sent));
    }
  }
  HttpReply reply() const {
    std::string all;
    char chunk[4096];
    for (ssize_t got; (got = ::recv(socket_, chunk, sizeof chunk, 0)) > 0;) all.append(chunk, static_cast<size_t>(got));
    const size_t end = all.find("\r\n\r\n");
    if (!all.starts_with("HTTP/1.1 ") || end == std::string::npos) return {};
    return {std::stoi(all.substr(9)), all.substr(0, end), all.substr(end + 4)};
  }

 private:
  int socket_;
};

/// Returns the bytes of a request; `more` are further lines of its head, each with its line end.
inline std::string http_request(const std::string& method, const std::string& path, const std::string& body = "",
                                const std::string& more = "Content-Type: application/json\r\nHost: localhost\r\n") {
  return method + " " + path + " HTTP/1.1\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

}  // namespace grus::test
