#include "parallel/shards.h"

#include <bit>

#include "core/base/error.h"

namespace grus::parallel {
namespace {

void collect(const Node& node, const Shards& shards, std::vector<Node>& found) {
  if (node.begin >= shards.begin && node.end <= shards.end) return found.push_back(node);
  if (node.end <= shards.begin || node.begin >= shards.end) return;
  collect({node.begin, node.middle()}, shards, found);
  collect({node.middle(), node.end}, shards, found);
}

}  // namespace

Shards shards_of_rank(int64_t shards, int rank, int size) {
  require<UsageError>(shards >= 1, "[shards] need at least 1, got {}", shards);
  require<UsageError>(size <= shards, "[shards] need at least as many shards as ranks, got {} for {} ranks", shards,
                      size);
  return {shards, shards * rank / size, shards * (rank + 1) / size};
}

int64_t Node::middle() const {
  return begin + static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(end - begin)) / 2);
}

bool has_node(int64_t shards, const Node& wanted) {
  Node node{0, shards};
  while (node != wanted && !node.is_leaf()) {
    const int64_t middle = node.middle();
    if (wanted.end <= middle) node.end = middle;
    else if (wanted.begin >= middle) node.begin = middle;
    else return false;
  }
  return node == wanted;
}

std::vector<Node> own_nodes(const Shards& shards) {
  std::vector<Node> found;
  collect({0, shards.of}, shards, found);
  return found;
}

}  // namespace grus::parallel
