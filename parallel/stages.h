#pragma once
// How many ranks exchange with few messages: a rank is a number of mixed radix, and in each stage those that differ in
// one digit alone send to one another (recursive doubling is radix 2 in every digit; one digit is everybody to all).
#include <vector>

namespace grus::parallel {

/// A Stage is one digit: groups of `radix` ranks that lie `stride` apart. Behind it each of them knows what the
/// stride * radix ranks of its block knew, which follow one another.
struct Stage {
  int radix = 1, stride = 1;
  int digit(int rank) const { return rank / stride % radix; }
  /// Returns the rank of the same group with another digit.
  int member(int rank, int digit) const { return rank + (digit - this->digit(rank)) * stride; }
  /// Returns the first rank of the `stride` ranks that a rank speaks for ahead of the stage.
  int block(int rank) const { return rank / stride * stride; }
  bool operator==(const Stage&) const = default;
};

/// Returns the stages of so many ranks, neighbours first: those with the least sum of (radix - 1) messages and ten for
/// each round. Where `neighbours` ranks in a row share a host, which divides `size`, these are a stage or several of
/// their own, so that what leaves a host leaves it once.
std::vector<Stage> stages_of(int size, int neighbours = 1);

/// What rank 0 gives to all goes down a tree: a rank has it from its parent, and gives it to its children in order.
int parent_of(const std::vector<Stage>& stages, int rank);
std::vector<int> children_of(const std::vector<Stage>& stages, int rank);

}  // namespace grus::parallel
