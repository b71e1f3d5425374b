#include "training/stop.h"

#include <atomic>
#include <csignal>

namespace grus::training {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

extern "C" void on_signal(int number) {
  stop = true;
  std::signal(number, SIG_DFL);  // the next signal ends the process
}

}  // namespace

StopOnSignal::StopOnSignal() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

StopOnSignal::~StopOnSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool stop_requested() { return stop; }
void request_stop(bool on) { stop = on; }

}  // namespace grus::training
