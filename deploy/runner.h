#pragma once
// Models in use without their programs: lines of text in, and out what the program's command `run` prints for them.
#include <initializer_list>
#include <string>
#include <vector>

#include "options/option.h"

namespace grus::deploy {

/// A model of one of the programs. Calls of one model come one after another; models on other threads do not disturb
/// it.
class Runner {
 public:
  virtual ~Runner() = default;
  Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Returns the program whose model it is: "translate", "classify", "forecast" or "write".
  virtual const char* task() const = 0;
  /// Returns the flags of the program's `run` that are read here, with their values.
  virtual options::Table flags() = 0;
  /// Checks flags that were set.
  virtual void check() {}
  /// Returns what is printed for each line, without the last line end. `first` is the number of the first line, for
  /// errors. Throws DataError for a line that cannot be read.
  virtual std::vector<std::string> run(const std::vector<std::string>& lines, int64_t first = 1) = 0;
  /// Says that all lines are one table, to which there is one answer.
  virtual bool reads_table() const { return false; }
};

/// Sets flags of a model. Throws UsageError for one that is not read or out of range.
void set_flags(Runner& runner, const options::Given& flags);
/// Returns the table without the rows of these flags.
options::Table without(options::Table table, std::initializer_list<std::string_view> flags);

}  // namespace grus::deploy
