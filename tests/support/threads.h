#pragma once
#include "core/base/threads.h"

namespace grus::test {

/// Sets the number of threads; its end restores the number, also when a REQUIRE fails.
class Threads {
 public:
  explicit Threads(int threads) { set_num_threads(threads); }
  ~Threads() { set_num_threads(before_); }
  Threads(const Threads&) = delete;

 private:
  const int before_ = num_threads();
};

}  // namespace grus::test
