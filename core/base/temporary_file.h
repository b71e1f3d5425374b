#pragma once
// Temporary files hold bytes until they are whole.
#include <filesystem>
#include <string>

namespace grus {

/// A new file on the disk of `place` that no other process uses. It has no name where the system can do that, so that
/// nothing is left of it however the process ends; else it is PLACE.grus-RANDOM.tmp, which a later process removes.
/// Functions return 0 or the system's error number.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  ~TemporaryFile() { discard(); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int open(const std::filesystem::path& place, bool without_name = true);
  int descriptor() const { return descriptor_; }
  /// Moves the file to its place, replaces what stood there, and closes the file.
  int move_into_place();
  void discard();

  /// Removes the files that ended processes left in a folder. Files of living processes are locked, and stay.
  static void remove_abandoned(const std::filesystem::path& folder);

 private:
  int open_named();
  int give_name();

  std::filesystem::path place_, name_;  // an empty name: none
  int descriptor_ = -1;
};

}  // namespace grus
