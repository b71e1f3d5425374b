#pragma once
// TextWriter writes text a piece at a time.
#include <memory>
#include <string>
#include <string_view>

namespace grus::data {

/// Writes a file that appears whole or not at all (see AtomicFile), packed with gzip when its name ends in ".gz"; "-"
/// is standard output. Errors name the file and the system's reason.
class TextWriter {
 public:
  explicit TextWriter(const std::string& path);
  ~TextWriter();
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  void write(std::string_view text);
  /// Sends what was written so far on its way to standard output; for files it does nothing.
  void flush();
  /// Completes the file. It is called once, as the last call.
  void commit();

 private:
  class Gzip;
  void put(std::string_view bytes);
  struct Target;
  std::unique_ptr<Target> target_;
};

}  // namespace grus::data
