// The thread that watches the connections, and what it is told.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "parallel/lifeline.h"

namespace grus::parallel {
namespace {

using namespace std::chrono_literals;

constexpr auto same_error_time = 500ms;  // for the leader to fail by itself where all ranks do
constexpr auto time_to_end = 5s;         // for a rank's own work to notice that another one is gone

}  // namespace

void Lifeline::require_all() const {
  if (failed_) throw RankGone("[ranks] need all ranks, one is gone");
}

// A message is its kind, eight digits of its length, and a text.
void Lifeline::tell(const Peer& peer, char kind, const std::string& text) {
  const std::string message = fmt::format("{}{:08}{}", kind, text.size(), text);
  (void)!::send(peer.socket, message.data(), message.size(), MSG_NOSIGNAL);
}

bool Lifeline::end_with(const std::string& error) {
  const bool connected = !peers_.empty();
  const bool first = !failed_.exchange(true);
  if (rank_ == 0) {
    for (const Peer& peer : peers_)
      if (first) tell(peer, 'X', "");
    return first;
  }
  if (first && connected) tell(peers_.front(), 'E', error.substr(0, 10000));
  return first && !connected;
}

int Lifeline::milliseconds_left() const {
  const Clock::time_point due = std::min(pending_due_, end_due_);
  if (due == Clock::time_point::max()) return -1;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - Clock::now()).count();
  return static_cast<int>(std::max<int64_t>(left + 1, 0));
}

void Lifeline::watch() {
  while (true) {
    std::vector<pollfd> entries = {{wake_, POLLIN, 0}};
    for (const Peer& peer : peers_) entries.push_back({peer.left ? -1 : peer.socket, POLLIN, 0});
    ::poll(entries.data(), entries.size(), milliseconds_left());
    if (leaving_) return;
    for (size_t i = 0; i < peers_.size(); ++i)
      if (entries[i + 1].revents != 0) read_from(peers_[i]);
    if (Clock::now() >= pending_due_) fail(pending_, true);
    if (Clock::now() >= end_due_) ::_exit(1);  // its work is in something that does not end
  }
}

void Lifeline::read_from(Peer& peer) {
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::recv(peer.socket, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
    peer.received.append(buffer, static_cast<size_t>(got));
  const bool ended = got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  constexpr size_t head = 9;
  while (!peer.left && peer.received.size() >= head) {
    const size_t length = static_cast<size_t>(std::atoll(peer.received.substr(1, head - 1).c_str()));
    if (peer.received.size() < head + length) break;
    take(peer, peer.received[0], peer.received.substr(head, length));
    peer.received.erase(0, head + length);
  }
  if (!ended || peer.left) return;
  peer.left = true;
  fail(fmt::format("rank {} of {} ({}) is gone: all ranks end, and what was saved stays", peer.rank, size_, peer.place),
       rank_ == 0 || rank_ == 1);
}

void Lifeline::take(Peer& peer, char kind, const std::string& text) {
  peer.left = true;
  if (kind == 'X') return fail("", false);
  if (kind != 'E' || pending_due_ != Clock::time_point::max()) return;
  pending_ = fmt::format("rank {} of {} ({}): {}", peer.rank, size_, peer.place, text);
  pending_due_ = Clock::now() + same_error_time;
}

void Lifeline::fail(const std::string& why, bool prints) {
  pending_due_ = Clock::time_point::max();
  if (end_due_ == Clock::time_point::max()) end_due_ = Clock::now() + time_to_end;
  if (failed_.exchange(true)) return;
  if (rank_ == 0)
    for (const Peer& peer : peers_) tell(peer, 'X', "");
  if (!prints) return;
  const std::string line = fmt::format("{}: {}\n", program_invocation_short_name, why);
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace grus::parallel
