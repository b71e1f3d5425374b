#include "training/gradient_tree.h"

#include <algorithm>
#include <cstring>

#include "core/tensor/raw.h"
#include "core/thread/recording.h"

namespace grus::training {
namespace {

using parallel::Node;

// The elements of x, or as many of -0, are written to `to`, which is behind them then.
void write(const Tensor& x, const Leaf& leaf, std::byte*& to) {
  const Tensor& value = leaf.value();
  const size_t bytes = static_cast<size_t>(value.numel()) * size_of(value.dtype());
  if (x.defined()) {
    const View view = Raw::view(x);
    const Device device = x.device();
    device.check(device.kernels().download(device.context(), to, view.buffer,
                                           static_cast<size_t>(view.offset) * size_of(x.dtype()), bytes),
                 "gradient");
  } else if (value.dtype() == DType::f64) {
    std::fill_n(reinterpret_cast<double*>(to), value.numel(), -0.0);
  } else {
    std::fill_n(reinterpret_cast<float*>(to), value.numel(), -0.0F);
  }
  to += bytes;
}

}  // namespace

GradientTree::GradientTree(const nn::Parameters& parameters, parallel::Communicator& ranks,
                           const parallel::Shards& shards, int64_t bucket_bytes, parallel::Reduce reduce)
    : ranks_(ranks), shards_(shards), reduce_(reduce) {
  for (const auto& [name, parameter] : parameters) {
    const auto leaf = Ref<Leaf>::share(&parameter.leaf());
    const bool known =
        std::any_of(leaves_.begin(), leaves_.end(), [&](const auto& one) { return one.get() == leaf.get(); });
    if (!known && leaf->requires_grad) leaves_.push_back(leaf);
  }
  // The last layers have their gradients first.
  for (size_t i = leaves_.size(); i-- > 0 && ranks_.several();) {
    const Tensor& value = leaves_[i]->value();
    const int64_t bytes = value.numel() * static_cast<int64_t>(size_of(value.dtype()));
    const auto full = [&](const Bucket& bucket) {
      return bucket.dtype != value.dtype() ||
             bucket.count * static_cast<int64_t>(size_of(bucket.dtype)) + bytes > bucket_bytes;
    };
    if (buckets_.empty() || full(buckets_.back())) buckets_.emplace_back().dtype = value.dtype();
    buckets_.back().leaves.push_back(i);
    buckets_.back().count += value.numel();
  }
}

GradientTree::~GradientTree() = default;

void GradientTree::add_term(Term& to, Term&& from) const {
  for (size_t i = 0; i < leaves_.size(); ++i) {
    Tensor &left = to.gradients[i], &right = from.gradients[i];
    if (!right.defined()) continue;
    if (!left.defined()) {
      left = std::move(right);
      continue;
    }
    const Device device = left.device();
    device.check(device.kernels().copy(device.context(), Raw::write_view(left), Raw::view(right), true), "gradient");
  }
  to.node.end = from.node.end;
}

// Two neighbours become one as soon as the tree has a node for both.
void GradientTree::add(int64_t shard) {
  const NoGrad unrecorded;
  Term term{{shard, shard + 1}, {}};
  for (const Ref<Leaf>& leaf : leaves_) {
    term.gradients.push_back(std::exchange(leaf->mutable_grad(), Tensor()));
    leaf->zero_grad();
  }
  terms_.push_back(std::move(term));
  while (terms_.size() > 1) {
    Term& left = terms_[terms_.size() - 2];
    const Node both{left.node.begin, terms_.back().node.end};
    if (!has_node(shards_.of, both) || both.middle() != left.node.end) return;
    add_term(left, std::move(terms_.back()));
    terms_.pop_back();
  }
}

std::string GradientTree::reached() const {
  std::string all;
  for (size_t i = 0; i < leaves_.size(); ++i) {
    const auto has = [&](const Term& term) { return term.gradients[i].defined(); };
    all += std::any_of(terms_.begin(), terms_.end(), has) ? '1' : '0';
  }
  return all;
}

void GradientTree::send(Bucket& bucket) {
  for (const Term& term : terms_) {
    std::vector<std::byte>& bytes =
        bucket.terms.emplace_back(static_cast<size_t>(bucket.count) * size_of(bucket.dtype));
    std::byte* to = bytes.data();
    for (const size_t i : bucket.leaves) write(term.gradients[i], *leaves_[i], to);
  }
  if (reduce_ == parallel::Reduce::fast) {
    bucket.sum = std::move(bucket.terms.front());
    return ranks_.fast_sum(bucket.sum.data(), bucket.count, bucket.dtype);
  }
  bucket.sum.resize(bucket.terms.front().size());
  std::vector<const void*> terms;
  for (const std::vector<std::byte>& bytes : bucket.terms) terms.push_back(bytes.data());
  bucket.reduction = ranks_.begin_sum(shards_, std::move(terms), bucket.sum.data(), bucket.count, bucket.dtype);
}

void GradientTree::put_sum(Bucket& bucket, const std::vector<bool>& wanted) {
  if (bucket.reduction) ranks_.finish(*bucket.reduction);
  const std::byte* from = bucket.sum.data();
  for (const size_t i : bucket.leaves) {
    const Tensor& value = leaves_[i]->value();
    const size_t bytes = static_cast<size_t>(value.numel()) * size_of(value.dtype());
    if (wanted[i])
      leaves_[i]->set_grad(Tensor::from_bytes({from, bytes}, value.shape(), value.dtype(), value.device()));
    from += bytes;
  }
}

void GradientTree::finish(const std::vector<std::string>& reached) {
  const NoGrad unrecorded;
  if (!ranks_.several()) {
    for (size_t i = 0; i < leaves_.size(); ++i) leaves_[i]->set_grad(std::move(terms_.front().gradients[i]));
    return;
  }
  if (reduce_ == parallel::Reduce::fast)
    while (terms_.size() > 1) {
      add_term(terms_[terms_.size() - 2], std::move(terms_.back()));
      terms_.pop_back();
    }
  std::vector<bool> wanted(leaves_.size());
  for (const std::string& of_rank : reached)
    for (size_t i = 0; i < wanted.size(); ++i) wanted[i] = wanted[i] || of_rank[i] == '1';
  for (Bucket& bucket : buckets_) send(bucket);
  for (Bucket& bucket : buckets_) put_sum(bucket, wanted);
}

}  // namespace grus::training
