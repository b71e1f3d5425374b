#pragma once
// A function recorded several times, with inputs of other numbers and sizes: what differs between the recordings
// depends on the inputs. Internal to formats/onnx.
#include <memory>
#include <string>
#include <vector>

#include "core/tape/tape.h"
#include "formats/onnx.h"

namespace grus::formats {

/// A Symbol is a size that varies, by the name of its axis, and what it was in each recording. Packed rows are one
/// more, without a name.
struct Symbol {
  std::string name;
  std::vector<int64_t> sizes;
};

/// A Recording is one run of the function. The tape is the newest of its thread while it is made.
struct Recording {
  std::unique_ptr<Tape> tape;
  Lengths lengths;
  std::vector<Tensor> inputs, outputs;
};

struct Recordings {
  std::vector<Symbol> symbols;
  int rows = -1;  // the symbol of packed rows, or -1
  std::vector<Recording> all;

  const Tape& tape(size_t k = 0) const { return *all[k].tape; }
  size_t count() const { return all.size(); }
  /// Returns the number of the symbol of this name, or -1.
  int find(const std::string& name) const;
};

/// Runs f. Throws UsageError where inputs are not as the options say, and where the recordings have other records.
Recordings record_all(const OnnxFunction& f, const std::vector<OnnxInput>& inputs, const OnnxOptions& options);

}  // namespace grus::formats
