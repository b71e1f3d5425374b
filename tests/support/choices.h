#pragma once
// Choices are what a generated case is made from: a seed names their list, and smaller choices make a smaller case.
#include <cstdint>
#include <random>
#include <vector>

namespace grus::test {

class Choices {
 public:
  explicit Choices(uint64_t seed) : engine_(seed) {}
  /// Replays choices; a missing one is 0, one that is too large becomes the largest there is.
  explicit Choices(std::vector<uint64_t> replayed) : replayed_(std::move(replayed)), replays_(true) {}

  /// Chooses a number in [low, high]; shrinks towards low.
  int64_t in(int64_t low, int64_t high);
  bool maybe() { return in(0, 1) == 1; }
  /// Chooses one of several; shrinks towards the first.
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

/// Returns smaller lists of choices: one left out, at 0, halved, or one less.
std::vector<std::vector<uint64_t>> smaller(const std::vector<uint64_t>& choices);

}  // namespace grus::test
