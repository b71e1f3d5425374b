#pragma once
// Where the time of some training steps goes.
//   Profile profile;
//   ... steps ...
//   fmt::print("{}", profile.table());
//   profile.write_trace("step.json");   // opens in Perfetto or chrome://tracing
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace grus {

/// While it lives the kernels that this thread calls are timed and counted (formulas: core/device/kernels.def), and
/// records keep their times, which Tape::print shows. A kernel that runs before an op records itself is that op's
/// forward; one within its backward function, its backward; any other stands under its own name, in parentheses. Loops
/// are not shared out among threads meanwhile (core/thread/parts.h), so that every call is seen: sums may round
/// differently.
class Profile {
 public:
  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  enum class By { op, module, kernel };
  struct Row {
    std::string name;
    int64_t calls = 0;  // of the op or kernel; by module: of kernels
    int64_t nanoseconds = 0, forward = 0, backward = 0;
    double flops = 0, bytes = 0;
  };
  /// Most time first.
  std::vector<Row> rows(By by = By::op) const;
  /// The same as aligned text. Its last line compares the kernels' time with that of the clock.
  std::string table(By by = By::op) const;
  /// Every kernel call within its op, as trace events in JSON. The file appears whole or not at all.
  void write_trace(const std::filesystem::path& path) const;

 private:
  class Recorder;
  std::unique_ptr<Recorder> recorder_;
};

}  // namespace grus
