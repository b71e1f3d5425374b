#pragma once
// A training step is cut into a fixed number of shards, whatever number of ranks shares them out, and what the shards
// give is added along one fixed binary tree. So any number of ranks makes the same bits.
#include <cstdint>
#include <vector>

namespace grus::parallel {

/// Shards are those of a step, and which of them a rank has: [begin, end) of `of`.
struct Shards {
  int64_t of = 1, begin = 0, end = 1;
  int64_t own() const { return end - begin; }
  bool operator==(const Shards&) const = default;
};

/// Returns the shards of one rank: shares differ by at most one. Throws UsageError for more ranks than shards.
Shards shards_of_rank(int64_t shards, int rank, int size);

/// A Node of the tree covers shards [begin, end); one shard alone is a leaf.
struct Node {
  int64_t begin = 0, end = 1;
  bool operator==(const Node&) const = default;
  bool is_leaf() const { return end - begin == 1; }
  /// Returns where its children meet: the left one covers the largest power of 2 below its size.
  int64_t middle() const;
};

/// Tells whether the tree over `shards` leaves has this node.
bool has_node(int64_t shards, const Node& node);
/// Returns the largest nodes within a rank's shards, in order: their sums are all that other ranks need.
std::vector<Node> own_nodes(const Shards& shards);

}  // namespace grus::parallel
