#pragma once
// Logs of a run's records: lines of JSON that bear checksums, and CSV. A log is written anew at each record, so that it
// appears whole, and a resumed run leaves the bytes of one that never stopped.
#include <filesystem>
#include <string>

#include "training/callback.h"

namespace grus::training {

/// Writes one line a record: epoch, step, learning rate, figures, whether it is the best, and the line's checksum.
class MetricsLog : public Callback {
 public:
  /// Without a file it is metrics.jsonl in the run's folder.
  explicit MetricsLog(std::filesystem::path file = {}) : file_(std::move(file)) {}
  /// Throws Error, naming the file, when it cannot be written.
  void train_begin(const TrainBegin& event, Control& control) override;
  void recorded(const Recorded& event, Control& control) override;

 private:
  std::filesystem::path file_;
};

/// Writes a table with a row a record: epoch, step, learning_rate, the figures of the first record.
class CsvLog : public Callback {
 public:
  explicit CsvLog(std::filesystem::path file) : file_(std::move(file)) {}
  /// Throws Error, naming the file, when it cannot be written.
  void train_begin(const TrainBegin& event, Control& control) override;
  void recorded(const Recorded& event, Control& control) override;

 private:
  std::filesystem::path file_;
};

/// Returns one line of metrics.jsonl, with its checksum. Numbers that JSON has not are the texts "nan", "inf", "-inf".
std::string metrics_line(const Record& record);
/// Reads the file's records, without counts and times; figures come in the order of their names. Throws DataError that
/// names file and line.
History read_metrics_log(const std::filesystem::path& file);

}  // namespace grus::training
