#pragma once
// A bound on what loading a model may ask for.
#include <cstddef>
#include <filesystem>

#include "core/base/error.h"
#include "core/device/device.h"
#include "nn/init.h"

namespace grus::nn {

/// While it lives, tensors of the default device may take no more memory than a model with this file's weights could
/// need: a damaged configuration may ask for sizes that fill the memory, and that ends processes without a word. What
/// asks for more throws as under set_memory_limit. Without such a file nothing is bounded.
class MemoryForWeights {
 public:
  explicit MemoryForWeights(const std::filesystem::path& weights);
  ~MemoryForWeights();
  MemoryForWeights(const MemoryForWeights&) = delete;
  MemoryForWeights& operator=(const MemoryForWeights&) = delete;

 private:
  Device device_;
  size_t before_;
};

[[noreturn]] void fail_with_sizes(const std::filesystem::path& weights, const std::filesystem::path& config,
                                  const char* what);

/// Returns make(), a model for these weights by the sizes of a configuration; its numbers are not drawn, as all come
/// from the file. Throws DataError that names both files where the model needs far more memory than the weights.
template <class Make>
auto make_for_weights(const std::filesystem::path& weights, const std::filesystem::path& config, const Make& make) {
  const init::Skip all_come_from_the_file;
  try {
    const MemoryForWeights room(weights);
    return make();
  } catch (const DeviceError& error) {
    fail_with_sizes(weights, config, error.what());
  }
}

}  // namespace grus::nn
