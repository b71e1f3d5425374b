#pragma once
// What a run says while it goes: one line that changes, on a terminal only, and what stops it.
#include <string>
#include <string_view>

namespace grus::seq2seq {

/// A line on standard error that is written over; nothing where that is not a terminal.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  /// Whether it is time for another text: a few a second.
  bool due();
  void show(std::string_view text);
  void clear();

 private:
  bool terminal_, shown_ = false;
  double last_ = 0;
};

/// Seconds of a clock that never goes back.
double seconds_now();

/// "1:05:09", "4:07".
std::string clock_text(double seconds);

bool standard_input_is_terminal();

/// One line on standard error.
void say(std::string_view line);

/// While it lives, the first Ctrl-C or SIGTERM only makes stop_requested() true; the second ends the process.
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
