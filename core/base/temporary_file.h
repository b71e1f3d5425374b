#pragma once
// Where a file's bytes stand until they are whole.
#include <filesystem>
#include <string>

namespace grus {

/// A new file on the disk of `place`, which nobody else uses: without a name where the system can do that, so that
/// nothing is left of it however the process ends; else PLACE.grus-RANDOM.tmp, which a later process removes.
/// Functions return 0 or the system's error number.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  ~TemporaryFile() { discard(); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int open(const std::filesystem::path& place, bool without_name = true);
  int descriptor() const { return descriptor_; }
  /// Gives it its place; what stood there is gone. Then closes it.
  int move_into_place();
  void discard();

  /// Removes the files that ended processes left in a folder. Those of living ones are locked, and stay.
  static void remove_abandoned(const std::filesystem::path& folder);

 private:
  int open_named();
  int give_name();

  std::filesystem::path place_, name_;  // an empty name: none
  int descriptor_ = -1;
};

}  // namespace grus
