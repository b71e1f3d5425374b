#pragma once
// Properties tried on many generated cases. A case is made from a list of choices, so a failing one is shrunk by making
// its choices smaller, and a seed names it: GRUS_SEED=N GRUS_CASES=1 runs it again.
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace grus::test {

class Choices {
 public:
  explicit Choices(uint64_t seed) : engine_(seed) {}
  /// Replays choices; what is missing is 0, what is too large becomes the largest there is.
  explicit Choices(std::vector<uint64_t> replayed) : replayed_(std::move(replayed)), replays_(true) {}

  /// A number in [low, high]; shrinks towards low.
  int64_t in(int64_t low, int64_t high);
  bool maybe() { return in(0, 1) == 1; }
  /// One of several; shrinks towards the first.
  template <class T>
  const T& of(const std::vector<T>& values) {
    return values[static_cast<size_t>(in(0, static_cast<int64_t>(values.size()) - 1))];
  }
  const std::vector<uint64_t>& made() const { return made_; }

 private:
  std::mt19937_64 engine_;
  std::vector<uint64_t> replayed_, made_;
  bool replays_ = false;
};

/// "" when it holds; otherwise what was tried and what came out. An exception is a failure too.
using Property = std::function<std::string(Choices&)>;

/// The message of the first failing case, shrunk, with its seed; "" when there is none. GRUS_SEED sets the first seed,
/// GRUS_CASES the number of cases.
std::string first_failure(int cases, const Property& property);

/// Fails the running test case when a case fails.
void check_property(int cases, const Property& property);

}  // namespace grus::test
