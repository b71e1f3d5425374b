#pragma once
// One training step as a page: a self-contained HTML file with the graph of its records, to zoom, pan and unfold.
//   StepPage page;
//   Tape tape;
//   tape.backward(model(batch));
//   page.write_html("step.html", model.named_parameters());
#include <filesystem>
#include <memory>

#include "core/tape/tape.h"
#include "nn/parameter.h"

namespace grus {

/// A StepPage remembers the first tape of this thread that records while it lives: shapes, the values' and gradients'
/// range, mean and number of NaN, times, and of each fused op its twin. It costs far more than the step, because every
/// value is read.
class StepPage {
 public:
  StepPage();
  ~StepPage();
  StepPage(const StepPage&) = delete;
  StepPage& operator=(const StepPage&) = delete;

  /// Writes the page. It is called after backward, while the parameters still have their gradients. `names` may be
  /// empty. The file appears whole or not at all.
  void write_html(const std::filesystem::path& path, const nn::Parameters& names = {}) const;

 private:
  class Recorder;
  std::unique_ptr<Recorder> recorder_;
};

/// Writes the page of a tape that no StepPage watched: without statistics, and without twins where backward has freed
/// what they need.
void write_tape_html(const Tape& tape, const std::filesystem::path& path, const nn::Parameters& names = {});

}  // namespace grus
