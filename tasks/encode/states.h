#pragma once
// What the states of lines are good for: files of them, and the lines whose states are nearest.
#include <string>
#include <vector>

#include "tasks/encode/text_model.h"

namespace grus::tasks::encode {

/// Tells whether states can be written to a path: one that ends in .npy, .tsv or .tsv.gz, or "-", standard output.
bool takes_states(const std::string& path);
/// Writes states (N, Z): an array .npy, or lines NAME<TAB>NUMBER<TAB>NUMBER... Throws UsageError for another path.
void write_states(const std::string& path, const std::vector<std::string>& names, const Tensor& states);

/// Lines that can be asked for those most like another one.
class KnownLines {
 public:
  /// Takes each line once, and only those that the model can read; `where` names them in errors. Throws DataError where
  /// none is left.
  KnownLines(const TextModel& model, std::vector<std::string> lines, const std::string& where, int64_t batch = 256);

  struct Neighbour {
    std::string line;
    float cosine = 0;  // of the angle between the states
  };
  /// Returns for each line, whose state is a row of `states`, the nearest others, `top` or as many as there are, the
  /// nearest first.
  std::vector<std::vector<Neighbour>> nearest(const std::vector<std::string>& lines, const Tensor& states,
                                              int64_t top) const;

 private:
  std::vector<std::string> lines_;
  Tensor states_;  // (N, Z) of length 1
};

}  // namespace grus::tasks::encode
