// Buckets of gradients: their memory, what goes into it, and what comes back.
#include <fmt/format.h>

#include <charconv>

#include "core/tensor/raw.h"
#include "training/gradient_tree.h"

namespace grus::training {
namespace {

// Leaves begin where kernels like their rows to.
constexpr int64_t aligned(int64_t count) { return (count + 15) / 16 * 16; }

std::byte* memory_of(const Tensor& x) {
  const View view = Raw::view(x);
  return static_cast<std::byte*>(view.buffer->handle) + static_cast<size_t>(view.offset) * size_of(view.dtype);
}

}  // namespace

void GradientTree::make_buckets(const std::vector<size_t>& order) {
  buckets_.clear();
  places_.resize(leaves_.size());
  for (const size_t i : order) {
    const Tensor& value = leaves_[i]->value();
    const int64_t count = aligned(value.numel());
    const auto full = [&](const Bucket& bucket) {
      return bucket.dtype != value.dtype() ||
             (bucket.count + count) * static_cast<int64_t>(size_of(value.dtype())) > options_.bucket_bytes;
    };
    if (buckets_.empty() || full(buckets_.back())) buckets_.emplace_back().dtype = value.dtype();
    Bucket& bucket = buckets_.back();
    places_[i] = {buckets_.size() - 1, bucket.count};
    bucket.leaves.push_back(i);
    bucket.count += count;
  }
  for (Bucket& bucket : buckets_) {
    bucket.sum = ranks_.make_sum(shards_, bucket.count, bucket.dtype, options_.sum);
    bucket.terms.resize(bucket.sum->own_terms());
  }
}

// Memory that somebody still reads, as a gradient of the step before, stays as it is.
void GradientTree::begin() {
  terms_.clear();
  reached_.assign(leaves_.size(), '0');
  done_.assign(leaves_.size(), false);
  order_.clear();
  begun_ = 0;
  last_ = false;
  for (Bucket& bucket : buckets_) {
    bucket.missing = bucket.leaves.size();
    for (Tensor& term : bucket.terms)
      if (!term.defined() || !Raw::owns_storage_alone(term))
        term = Tensor::zeros({bucket.count}, bucket.dtype, Device("cpu"));
  }
}

Tensor GradientTree::place_of(size_t leaf, size_t term) {
  const auto& [bucket, at] = places_[leaf];
  const Shape& shape = leaves_[leaf]->value().shape();
  return Raw::reshape(Raw::rows(buckets_[bucket].terms[term], at, at + shape.numel()), shape);
}

// Writes the elements of x, or as many of -0.
void GradientTree::put(size_t leaf, size_t term, const Tensor& x) {
  Tensor place = place_of(leaf, term);
  const Device cpu = place.device();
  if (!x.defined()) {
    cpu.check(cpu.kernels().fill(cpu.context(), Raw::write_view(place), -0.0), "gradient");
  } else if (x.device() == cpu) {
    cpu.check(cpu.kernels().copy(cpu.context(), Raw::write_view(place), Raw::view(x), false), "gradient");
  } else {
    const View view = Raw::view(x);
    const Device device = x.device();
    const size_t width = size_of(x.dtype());
    device.check(
        device.kernels().download(device.context(), memory_of(place), view.buffer,
                                  static_cast<size_t>(view.offset) * width, static_cast<size_t>(x.numel()) * width),
        "gradient");
  }
}

void GradientTree::send_whole() {
  for (; begun_ < buckets_.size() && buckets_[begun_].missing == 0; ++begun_) {
    Bucket& bucket = buckets_[begun_];
    std::vector<const void*> terms;
    for (const Tensor& term : bucket.terms) terms.push_back(memory_of(term));
    ranks_.begin(*bucket.sum, terms, memory_of(bucket.terms[0]));
  }
}

void GradientTree::put_sum(Bucket& bucket, const std::vector<bool>& wanted) {
  ranks_.finish(*bucket.sum);
  for (const size_t i : bucket.leaves) {
    if (!wanted[i]) continue;
    const Tensor sum = place_of(i, 0);
    const Device device = leaves_[i]->value().device();
    leaves_[i]->set_grad(device == sum.device() ? sum : sum.to(device));
  }
}

void GradientTree::learn_order() {
  const std::string text = ranks_.from_leader("order of gradients", fmt::format("{}", fmt::join(order_, " ")));
  std::vector<size_t> order;
  for (const char* at = text.data(); at < text.data() + text.size(); ++at)
    at = std::from_chars(at, text.data() + text.size(), order.emplace_back()).ptr;
  make_buckets(order);
}

}  // namespace grus::training
