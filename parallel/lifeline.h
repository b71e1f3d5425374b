#pragma once
// A connection of every rank with the leader tells that all are alive, which MPI does not: a process that is killed
// closes it at once, and the system notices within ten seconds that a host has vanished.
// Sources: lifeline.cpp, lifeline_thread.cpp.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "parallel/communicator.h"

namespace grus::parallel {

/// RankGone ends what a rank does when another one has ended. The leader has printed why.
class RankGone : public Error {
 public:
  using Error::Error;
};

std::string host_name();

class Lifeline {
 public:
  /// Connects the ranks; all of them make one. Where a connection fails, one line warns of it, and only the launcher
  /// notices when that rank is gone.
  explicit Lifeline(Communicator& ranks);
  /// Ends in good order unless something failed.
  ~Lifeline();
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;

  bool failed() const { return failed_; }
  /// Throws RankGone when a rank is gone or has failed.
  void require_all() const;
  /// Tells the others that this rank ends with an error. Returns whether it has to print the error itself.
  bool end_with(const std::string& error);

 private:
  using Clock = std::chrono::steady_clock;
  struct Peer {
    int rank, socket;
    std::string place = {};     // "process 123 on host a"
    std::string received = {};  // of a message that is not whole
    bool left = false;          // ended in good order, or with an error of its own
  };
  void connect_to_leader(const std::string& where);
  void accept_ranks(const std::vector<std::string>& answers, const std::string& token);
  void watch();
  int milliseconds_left() const;
  void read_from(Peer& peer);
  void take(Peer& peer, char kind, const std::string& text);
  void fail(const std::string& why, bool prints);
  static void tell(const Peer& peer, char kind, const std::string& text);

  const int rank_, size_;
  std::vector<Peer> peers_;  // the leader's are all others, the others' is the leader
  int listener_ = -1, wake_ = -1;
  std::atomic<bool> failed_{false}, leaving_{false};
  // What follows is the thread's alone.
  std::string pending_;
  Clock::time_point pending_due_ = Clock::time_point::max(), end_due_ = Clock::time_point::max();
  std::thread thread_;
};

}  // namespace grus::parallel
