#pragma once
// The gradients of a step's shards become their sum along one fixed tree, on one rank or shared out among several.
// Sources: gradient_tree.cpp, gradient_buckets.cpp.
#include <memory>
#include <string>
#include <vector>

#include "nn/parameter.h"
#include "parallel/communicator.h"
#include "parallel/shards.h"
#include "training/leaf_watch.h"

namespace grus::training {

struct GradientTreeOptions {
  int64_t bucket_bytes = 4'000'000;
  parallel::SumOptions sum = {};
};

/// Gradients of several ranks go in buckets, each of one dtype and of at most so many bytes (but one parameter at
/// least). A bucket leaves as soon as the last own shard's backward pass has all its gradients, in one order on all
/// ranks: that in which the leader's first step had them. A tree serves many steps, and keeps its memory.
class GradientTree : private LeafListener {
 public:
  GradientTree(const nn::Parameters& parameters, parallel::Communicator& ranks, const parallel::Shards& shards,
               const GradientTreeOptions& options);
  ~GradientTree() override;
  GradientTree(const GradientTree&) = delete;
  GradientTree& operator=(const GradientTree&) = delete;
  /// Tells whether the parameters that train are still those of the tree.
  bool serves(const nn::Parameters& parameters) const;

  /// Begins a step, for which each own shard adds what it has, in their order.
  void begin();
  /// Returns who is to hear of the leaves in a shard's last backward pass, which is about to begin, or null.
  LeafListener* listener(int64_t shard);
  /// Takes the gradients that the leaves have for those of a shard; leaves without any have none of it.
  void add(int64_t shard);
  /// Returns, for each leaf, whether some own shard has a gradient: '1' or '0'.
  const std::string& reached() const { return reached_; }
  /// Puts the sum over all shards into the leaves that `reached` names on some rank. A leaf without a gradient in some
  /// shard counts as one of -0 there, which changes no sum.
  void finish(const std::vector<std::string>& reached);

 private:
  struct Term {
    parallel::Node node;
    std::vector<Tensor> gradients;  // of each leaf; undefined where there is none
  };
  struct Bucket {
    DType dtype = DType::f32;
    int64_t count = 0;  // numbers, with the gaps between leaves
    std::vector<size_t> leaves;
    size_t missing = 0;         // leaves whose gradients are not whole
    std::vector<Tensor> terms;  // (count) on the cpu: the sum of each own node; the first becomes that of all
    std::unique_ptr<parallel::Reduction> sum;
  };
  struct Place {
    size_t bucket;
    int64_t at;
  };
  void leaf_done(Leaf& leaf) override;
  void record_done() override;
  void make_buckets(const std::vector<size_t>& order);
  void learn_order();
  size_t merges(const parallel::Node& last) const;
  void merge_terms();
  void begin_last(int64_t shard);
  void put_last(size_t leaf);
  void put(size_t leaf, size_t term, const Tensor& x);
  Tensor place_of(size_t leaf, size_t term);
  void send_whole();
  void put_sum(Bucket& bucket, const std::vector<bool>& wanted);

  std::vector<Ref<Leaf>> leaves_;
  parallel::Communicator& ranks_;
  const parallel::Shards shards_;
  const GradientTreeOptions options_;
  std::vector<Term> terms_;  // whole nodes of the tree, from the left, without the last own shard of several ranks
  std::vector<Bucket> buckets_;
  std::vector<Place> places_;  // of each leaf
  std::vector<bool> done_;     // leaves whose gradients of the last shard are in their bucket
  std::vector<size_t> order_;  // in which they came
  std::string reached_;
  size_t merged_ = 0;  // how many of terms_ the last shard is added to
  size_t begun_ = 0;   // buckets that are under way
  bool last_ = false, ordered_ = false;
};

}  // namespace grus::training
