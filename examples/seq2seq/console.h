#pragma once
// A run shows one line that changes, on a terminal only, and is stopped by a signal.
#include <string>
#include <string_view>

namespace grus::seq2seq {

/// A ProgressLine is a line on standard error that is written over; where that is no terminal, nothing is written.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  /// Says whether it is time for another text: a few a second.
  bool due();
  void show(std::string_view text);
  void clear();

 private:
  bool terminal_, shown_ = false;
  double last_ = 0;
};

/// Returns the seconds of a clock that never goes back.
double seconds_now();

/// Returns seconds as "1:05:09" or "4:07".
std::string clock_text(double seconds);

bool standard_input_is_terminal();

/// Writes one line on standard error.
void say(std::string_view line);

/// While it lives, the first Ctrl-C or SIGTERM makes stop_requested() true, and the second ends the process.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
};
bool stop_requested();
void request_stop(bool stop = true);

}  // namespace grus::seq2seq
