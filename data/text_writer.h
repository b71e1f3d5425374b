#pragma once
// Text on its way out, a piece at a time.
#include <memory>
#include <string>
#include <string_view>

namespace grus::data {

/// A file that appears whole or not at all (see AtomicFile), packed with gzip when its name ends in ".gz"; "-" is
/// standard output. Errors name the file and the system's reason.
class TextWriter {
 public:
  explicit TextWriter(const std::string& path);
  ~TextWriter();
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  void write(std::string_view text);
  /// Standard output: what was written so far is on its way. Files: nothing.
  void flush();
  /// Call it once, last.
  void commit();

 private:
  class Gzip;
  void put(std::string_view bytes);
  struct Target;
  std::unique_ptr<Target> target_;
};

}  // namespace grus::data
