#include "parallel/lifeline.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <sstream>

namespace grus::parallel {
namespace {

std::string new_token() {
  unsigned char bytes[16] = {};
  (void)::getrandom(bytes, sizeof bytes, 0);
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// IPv4 addresses by which other hosts may reach this one.
std::vector<std::string> own_addresses() {
  std::vector<std::string> found;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return found;
  for (const ifaddrs* one = all; one; one = one->ifa_next) {
    if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET || (one->ifa_flags & IFF_LOOPBACK)) continue;
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text, sizeof text);
    found.emplace_back(text);
  }
  ::freeifaddrs(all);
  return found;
}

// A host that is silent for 7 seconds is gone.
void keep_alive(int socket) {
  const auto set = [&](int level, int option, int value) { ::setsockopt(socket, level, option, &value, sizeof value); };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 3);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 2);
  set(IPPROTO_TCP, TCP_KEEPCNT, 2);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 7000);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
}

bool ready(int socket, short what, int milliseconds) {
  pollfd entry{socket, what, 0};
  return ::poll(&entry, 1, milliseconds) == 1;
}

int connected_to(const std::string& address, int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return -1;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  const int begun = ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  int problem = 0;
  socklen_t size = sizeof problem;
  if ((begun == 0 || (errno == EINPROGRESS && ready(socket, POLLOUT, 2000))) &&
      ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0)
    return socket;
  ::close(socket);
  return -1;
}

}  // namespace

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

Lifeline::Lifeline(Communicator& ranks) : rank_(ranks.rank()), size_(ranks.size()) {
  std::string where;
  const std::string token = new_token();
  if (ranks.leads()) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    socklen_t size = sizeof any;
    const bool listens = listener_ >= 0 && ::bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any) == 0 &&
                         ::listen(listener_, size_) == 0 &&
                         ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size) == 0;
    if (listens)
      where = fmt::format("{} {} {} {}", token, host_name(), ntohs(any.sin_port), fmt::join(own_addresses(), " "));
  }
  where = ranks.from_leader("lifeline", where);
  if (!ranks.leads()) connect_to_leader(where);
  const bool connected = ranks.leads() || !peers_.empty();
  const std::vector<std::string> answers =
      ranks.gather("lifeline", connected ? fmt::format("process {} on host {}", ::getpid(), host_name()) : "");
  if (ranks.leads()) accept_ranks(answers, token);
  else if (connected) peers_.front().place = answers.front();
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] { watch(); });
}

void Lifeline::connect_to_leader(const std::string& where) {
  std::istringstream words(where);
  std::string token, host, address;
  int port = 0;
  if (!(words >> token >> host >> port)) return;
  std::vector<std::string> addresses;
  if (host == host_name()) addresses.emplace_back("127.0.0.1");
  while (words >> address) addresses.push_back(address);
  for (const std::string& to : addresses) {
    const int socket = connected_to(to, port);
    if (socket < 0) continue;
    keep_alive(socket);
    const std::string hello = fmt::format("{}{:08}", token, rank_);
    if (::send(socket, hello.data(), hello.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(hello.size())) {
      peers_.push_back({0, socket});
      return;
    }
    ::close(socket);
  }
}

// A stranger who does not know the token is sent away.
void Lifeline::accept_ranks(const std::vector<std::string>& answers, const std::string& token) {
  const size_t expected = answers.size() - 1 - static_cast<size_t>(std::count(answers.begin() + 1, answers.end(), ""));
  while (peers_.size() < expected && ready(listener_, POLLIN, 5000)) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) continue;
    char hello[40] = {};
    const bool whole = ready(socket, POLLIN, 1000) && ::recv(socket, hello, sizeof hello, 0) == sizeof hello;
    const int rank = whole ? std::atoi(std::string(hello + 32, 8).c_str()) : 0;
    if (whole && std::string_view(hello, 32) == token && rank > 0 && rank < size_) {
      keep_alive(socket);
      peers_.push_back({rank, socket, answers[static_cast<size_t>(rank)]});
    } else {
      ::close(socket);
    }
  }
  if (peers_.size() + 1 < answers.size())
    fmt::print(stderr, "warning: {} of {} ranks cannot connect to rank 0; only the launcher notices when one is gone\n",
               answers.size() - 1 - peers_.size(), size_);
  ::close(listener_);
}

Lifeline::~Lifeline() {
  leaving_ = true;
  if (!failed_)
    for (const Peer& peer : peers_) tell(peer, 'B', "");
  const uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
  thread_.join();
  for (const Peer& peer : peers_) ::close(peer.socket);
  ::close(wake_);
}

}  // namespace grus::parallel
