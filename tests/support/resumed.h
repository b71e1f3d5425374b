#pragma once
// Trainings of programs that are stopped and resumed.
#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/support/folder.h"

namespace grus::test {

/// Runs train(options) once whole, and once stopped after each of `stops` steps and resumed; weights and metrics must
/// be the same bytes.
template <class Options>
void check_resumed(const Folder& folder, Options options, int (*train)(Options&, const std::string&),
                   std::initializer_list<int64_t> stops) {
  options.training.machine.threads = 1;
  Options whole = options, parts = options;
  whole.training.out = folder.path("whole");
  parts.training.out = folder.path("parts");
  CHECK(train(whole, "") == 0);
  for (const int64_t steps : stops) {
    parts.training.stop_after = steps;
    CHECK(train(parts, "") == 3);
    parts.training.resume = true;
  }
  parts.training.stop_after = 0;
  CHECK(train(parts, "") == 0);
  for (const char* file : {"model.safetensors", "metrics.jsonl"})
    CHECK_MESSAGE(bytes_of(folder.path("whole") + "/" + file) == bytes_of(folder.path("parts") + "/" + file), file);
}

}  // namespace grus::test
