#include "training/gradient_tree.h"

#include <algorithm>
#include <numeric>

#include "core/tensor/raw.h"
#include "core/thread/recording.h"

namespace grus::training {
namespace {

using parallel::Node;

std::vector<Ref<Leaf>> trained(const nn::Parameters& parameters) {
  std::vector<Ref<Leaf>> leaves;
  for (const auto& [name, parameter] : parameters) {
    auto leaf = Ref<Leaf>::share(&parameter.leaf());
    const auto same = [&](const auto& one) { return one.get() == leaf.get(); };
    if (leaf->requires_grad && std::none_of(leaves.begin(), leaves.end(), same)) leaves.push_back(std::move(leaf));
  }
  return leaves;
}

// to += from, or from where there is nothing yet.
void add_in_place(Tensor& to, Tensor from) {
  if (!from.defined()) return;
  if (!to.defined()) {
    to = std::move(from);
    return;
  }
  const Device device = to.device();
  device.check(device.kernels().copy(device.context(), Raw::write_view(to), Raw::view(from), true), "gradient");
}

}  // namespace

GradientTree::GradientTree(const nn::Parameters& parameters, parallel::Communicator& ranks,
                           const parallel::Shards& shards, const GradientTreeOptions& options)
    : leaves_(trained(parameters)), ranks_(ranks), shards_(shards), options_(options) {
  if (!ranks_.several()) return;
  std::vector<size_t> order(leaves_.size());
  std::iota(order.rbegin(), order.rend(), size_t{0});  // the last layers have their gradients first
  make_buckets(order);
}

GradientTree::~GradientTree() = default;

bool GradientTree::serves(const nn::Parameters& parameters) const {
  const std::vector<Ref<Leaf>> now = trained(parameters);
  return std::equal(now.begin(), now.end(), leaves_.begin(), leaves_.end(),
                    [](const auto& a, const auto& b) { return a.get() == b.get(); });
}

// Returns how many nodes before the last one are added to it: two neighbours become one as soon as the tree has a node
// for both. A fast sum takes all own shards as one term.
size_t GradientTree::merges(const Node& last) const {
  if (options_.sum.how == parallel::Reduce::fast && ranks_.several()) return terms_.size();
  size_t count = 0;
  Node node = last;
  for (; count < terms_.size(); ++count) {
    const Node& left = terms_[terms_.size() - 1 - count].node;
    const Node both{left.begin, node.end};
    if (!has_node(shards_.of, both) || both.middle() != left.end) break;
    node = both;
  }
  return count;
}

void GradientTree::merge_terms() {
  Term last = std::move(terms_.back());
  terms_.pop_back();
  for (size_t count = merges(last.node); count-- > 0; terms_.pop_back()) {
    Term& left = terms_.back();
    for (size_t i = 0; i < leaves_.size(); ++i) {
      add_in_place(left.gradients[i], std::move(last.gradients[i]));
      last.gradients[i] = std::move(left.gradients[i]);
    }
    last.node.begin = left.node.begin;
  }
  terms_.push_back(std::move(last));
}

void GradientTree::begin_last(int64_t shard) {
  last_ = true;
  merged_ = merges({shard, shard + 1});
}

LeafListener* GradientTree::listener(int64_t shard) {
  if (!ranks_.several() || shard + 1 != shards_.end) return nullptr;
  begin_last(shard);
  return this;
}

void GradientTree::leaf_done(Leaf& leaf) {
  const auto found = std::find_if(leaves_.begin(), leaves_.end(), [&](const auto& one) { return one.get() == &leaf; });
  if (found == leaves_.end()) return;
  put_last(static_cast<size_t>(found - leaves_.begin()));
  send_whole();
}

// MPI goes on with messages only while it is called.
void GradientTree::record_done() { ranks_.advance(); }

// The last addition writes to the bucket. The leaf keeps its gradient, which callbacks may look at.
void GradientTree::put_last(size_t leaf) {
  if (done_[leaf]) return;
  done_[leaf] = true;
  order_.push_back(leaf);
  Tensor sum = leaves_[leaf]->grad();
  const size_t whole = terms_.size() - merged_;
  for (size_t i = 0; i < whole; ++i) {
    put(leaf, i, terms_[i].gradients[leaf]);
    if (terms_[i].gradients[leaf].defined()) reached_[leaf] = '1';
  }
  bool written = false;
  for (size_t i = terms_.size(); i-- > whole;) {
    Tensor left = std::move(terms_[i].gradients[leaf]);
    if (i == whole && left.defined() && sum.defined() && sum.device() == Device("cpu")) {
      Tensor place = place_of(leaf, whole);
      const Device cpu = sum.device();
      cpu.check(
          cpu.kernels().binary(cpu.context(), BinaryOp::add, Raw::write_view(place), Raw::view(left), Raw::view(sum)),
          "gradient");
      written = true;
    } else if (left.defined()) {
      add_in_place(left, sum);
      sum = std::move(left);
    }
  }
  if (sum.defined()) reached_[leaf] = '1';
  if (!written) put(leaf, whole, sum);
  --buckets_[places_[leaf].bucket].missing;
}

void GradientTree::add(int64_t shard) {
  const NoGrad unrecorded;
  const bool goes = ranks_.several() && shard + 1 == shards_.end;
  if (goes && !last_) begin_last(shard);
  Term term{{shard, shard + 1}, {}};
  for (size_t i = 0; i < leaves_.size(); ++i) {
    if (goes) put_last(i);
    else term.gradients.push_back(std::exchange(leaves_[i]->mutable_grad(), Tensor()));
    leaves_[i]->zero_grad();
  }
  if (goes) return send_whole();
  terms_.push_back(std::move(term));
  merge_terms();
}

void GradientTree::finish(const std::vector<std::string>& reached) {
  const NoGrad unrecorded;
  if (!ranks_.several()) {
    for (size_t i = 0; i < leaves_.size(); ++i) leaves_[i]->set_grad(std::move(terms_.front().gradients[i]));
    return;
  }
  std::vector<bool> wanted(leaves_.size());
  for (const std::string& of_rank : reached)
    for (size_t i = 0; i < wanted.size(); ++i) wanted[i] = wanted[i] || of_rank[i] == '1';
  for (Bucket& bucket : buckets_) put_sum(bucket, wanted);
  if (!std::exchange(ordered_, true)) learn_order();
}

}  // namespace grus::training
