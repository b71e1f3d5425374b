#pragma once
// The gradients of a step's shards become their sum along one fixed tree, on one rank or shared out among several.
#include <memory>
#include <span>
#include <vector>

#include "nn/parameter.h"
#include "parallel/communicator.h"
#include "parallel/shards.h"

namespace grus::training {

/// Gradients of several ranks go in buckets, each of one dtype and of at most so many bytes (but one parameter at
/// least).
class GradientTree {
 public:
  GradientTree(const nn::Parameters& parameters, parallel::Communicator& ranks, const parallel::Shards& shards,
               int64_t bucket_bytes, parallel::Reduce reduce);
  ~GradientTree();
  GradientTree(const GradientTree&) = delete;
  GradientTree& operator=(const GradientTree&) = delete;

  /// Takes the gradients that the leaves have for those of a shard; leaves without any have none of it. Own shards come
  /// in their order.
  void add(int64_t shard);
  /// Returns, for each leaf, whether some own shard has a gradient: '1' or '0'.
  std::string reached() const;
  /// Puts the sum over all shards into the leaves that `reached` names on some rank. A leaf without a gradient in some
  /// shard counts as one of -0 there, which changes no sum.
  void finish(const std::vector<std::string>& reached);

 private:
  struct Term {
    parallel::Node node;
    std::vector<Tensor> gradients;  // of each leaf; undefined where there is none
  };
  struct Bucket {
    std::vector<size_t> leaves;
    DType dtype = DType::f32;
    int64_t count = 0;
    std::vector<std::vector<std::byte>> terms;  // of each own node
    std::vector<std::byte> sum;
    std::unique_ptr<parallel::Reduction> reduction;
  };
  void add_term(Term& to, Term&& from) const;
  void send(Bucket& bucket);
  void put_sum(Bucket& bucket, const std::vector<bool>& wanted);

  std::vector<Ref<Leaf>> leaves_;
  parallel::Communicator& ranks_;
  const parallel::Shards shards_;
  const parallel::Reduce reduce_;
  std::vector<Term> terms_;  // whole nodes of the tree, from the left
  std::vector<Bucket> buckets_;
};

}  // namespace grus::training
