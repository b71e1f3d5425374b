#pragma once
// What the states of lines are good for: files of them, and the lines whose states are nearest.
#include <string>
#include <vector>

#include "tasks/encode/text_model.h"

namespace grus::tasks::encode {

/// Writes states (N, Z): an array .npy, or lines NAME<TAB>NUMBER<TAB>NUMBER... in a file .tsv or .tsv.gz, or on
/// standard output for "-". Throws UsageError for another ending.
void write_states(const std::string& path, const std::vector<std::string>& names, const Tensor& states);

/// Lines that can be asked for those most like another one.
class KnownLines {
 public:
  /// Takes each line once, and only those that the model can read; `where` names them in errors. Throws DataError where
  /// none is left. The model must outlive this.
  KnownLines(const TextModel& model, std::vector<std::string> lines, const std::string& where, int64_t batch = 256);

  struct Neighbour {
    std::string line;
    float cosine = 0;  // of the angle between the states
  };
  /// Returns for each line the nearest others, `top` or as many as there are, the nearest first; `ids` are those of the
  /// lines.
  std::vector<std::vector<Neighbour>> nearest(const std::vector<std::string>& lines,
                                              const std::vector<std::vector<int32_t>>& ids, int64_t top) const;

 private:
  const TextModel& model_;
  std::vector<std::string> lines_;
  Tensor states_;  // (N, Z) of length 1
};

}  // namespace grus::tasks::encode
