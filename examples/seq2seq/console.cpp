#include "examples/seq2seq/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "examples/support/program.h"

namespace grus::seq2seq {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

extern "C" void on_signal(int number) {
  stop = true;
  std::signal(number, SIG_DFL);  // the next signal ends the process
}

}  // namespace

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) != 0) {}

bool ProgressLine::due() {
  if (!terminal_ || seconds_now() - last_ < 0.2) return false;
  last_ = seconds_now();
  return true;
}

void ProgressLine::show(std::string_view text) {
  if (!terminal_) return;
  std::fputs(fmt::format("\r{}\033[K", text).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

bool standard_input_is_terminal() { return isatty(STDIN_FILENO) != 0; }

void say(std::string_view line) { complain(line); }

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

}  // namespace grus::seq2seq
