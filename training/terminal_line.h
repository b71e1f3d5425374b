#pragma once
// One line of a terminal that changes while something runs.
#include <cstdint>
#include <string>
#include <string_view>

namespace grus::training {

/// A TerminalLine is a line on standard error that is written over; where that is no terminal, nothing is written.
class TerminalLine {
 public:
  TerminalLine();
  ~TerminalLine() { clear(); }
  TerminalLine(const TerminalLine&) = delete;
  TerminalLine& operator=(const TerminalLine&) = delete;
  /// Says whether it is time for another text: a few a second.
  bool due();
  void show(std::string_view text);
  /// Leaves a text that stays, with a line of its own.
  void leave(std::string_view text);
  void clear();

 private:
  bool terminal_, shown_ = false;
  double last_ = 0;
};

/// Returns the seconds of a clock that never goes back.
double seconds_now();

/// Returns seconds as "1:05:09" or "4:07".
std::string clock_text(double seconds);

}  // namespace grus::training
