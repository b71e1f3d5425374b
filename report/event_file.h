#pragma once
// Event files are what TensorBoard shows: numbers, texts, histograms and pictures by step.
//   EventFile events("runs/one");
//   events.scalar("loss/train", step, loss);
//   $ tensorboard --logdir runs
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "report/png.h"

namespace grus::report {

/// An EventFile appends Event messages of TensorFlow (core/util/event.proto) as TFRecord frames to a file of its own,
/// events.out.tfevents.TIME.HOST.PROCESS.COUNT; a folder may have several, which TensorBoard reads as one run. A tag's
/// words before the first slash group its charts. What a killed process had not flushed is lost, the file stays sound.
class EventFile {
 public:
  /// Makes the folder where it is missing. With `purge_from` of at least 0 a run begins, or goes on, at this step:
  /// TensorBoard drops what earlier files of the folder have of it and of later ones. Throws Error that names the file
  /// and the system's reason.
  explicit EventFile(const std::filesystem::path& folder, int64_t purge_from = -1);
  /// Flushes; an error is lost here, so the last word is better a flush().
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  void scalar(std::string_view tag, int64_t step, double value);
  /// Adds Markdown; a table of Markdown is shown as one. What is no UTF-8 is replaced.
  void text(std::string_view tag, int64_t step, std::string_view markdown);
  /// Counts finite values in 30 bins of equal width between the least and the largest; others are left out.
  void histogram(std::string_view tag, int64_t step, std::span<const double> values);
  /// Throws as png().
  void image(std::string_view tag, int64_t step, const Pixels& pixels);

  /// Hands everything to the system. Other calls do so whenever 64 KiB have come together.
  void flush();
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Descriptor {
    int number = -1;
    ~Descriptor();
  };
  void add(const std::string& event);
  std::filesystem::path path_;
  Descriptor descriptor_;
  std::string waiting_;
};

}  // namespace grus::report
