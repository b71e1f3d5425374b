#pragma once
// A profile tells where the time of some training steps goes.
//   Profile profile;
//   ... steps ...
//   fmt::print("{}", profile.table());
//   profile.write_trace("step.json");   // opens in Perfetto or chrome://tracing
// Sources: profile.cpp, profile_trace.cpp, profile_events.h.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace grus {

/// While a Profile lives, it times and counts the kernels that its thread calls (formulas: core/device/kernels.def),
/// and records keep their times, which print(tape) shows. A kernel that runs before an op records itself is that op's
/// forward; one within its backward function, its backward; any other stands under its own name, in parentheses. Loops
/// are not shared out among threads (core/thread/parts.h), so that every call is seen; their sums may round
/// differently.
class Profile {
 public:
  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  /// What a process did besides kernels; on the clock of std::chrono::steady_clock.
  struct Span {
    std::string name;
    int64_t start, nanoseconds;
  };
  enum class By { op, module, kernel };
  struct Row {
    std::string name;
    int64_t calls = 0;  // calls of the op or kernel; by module, calls of its kernels
    int64_t nanoseconds = 0, forward = 0, backward = 0;
    double flops = 0, bytes = 0;
  };
  /// Returns a row for each op, module or kernel, those of most time first.
  std::vector<Row> rows(By by = By::op) const;
  /// Returns the rows as aligned text. The last line compares the kernels' time with that of the clock.
  std::string table(By by = By::op) const;
  /// Writes every op and kernel call as trace events in JSON. The file appears whole or not at all.
  void write_trace(const std::filesystem::path& path) const;
  /// Returns the events of one process among several, "name" of which is shown, for a trace that trace_file() makes of
  /// all. Times are those since the profile began. `spans` are further ones, on a line of their own.
  std::string trace_events(int process, const std::string& name, const std::vector<Span>& spans = {}) const;

 private:
  class Recorder;
  std::unique_ptr<Recorder> recorder_;
};

/// Returns the text of a trace file with these events, each of which trace_events() gave.
std::string trace_file(const std::vector<std::string>& events);

}  // namespace grus
