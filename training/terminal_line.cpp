#include "training/terminal_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace grus::training {

TerminalLine::TerminalLine() : terminal_(isatty(STDERR_FILENO) != 0) {}

bool TerminalLine::due() {
  if (!terminal_ || seconds_now() - last_ < 0.2) return false;
  last_ = seconds_now();
  return true;
}

void TerminalLine::show(std::string_view text) {
  if (!terminal_) return;
  std::fputs(fmt::format("\r{}\033[K", text).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void TerminalLine::leave(std::string_view text) {
  show(text);
  if (terminal_) std::fputs("\n", stderr);
  shown_ = false;
}

void TerminalLine::clear() {
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

}  // namespace grus::training
