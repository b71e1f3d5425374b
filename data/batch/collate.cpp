#include "data/batch/collate.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>

#include "core/base/error.h"
#include "data/read/host_tensor.h"

namespace grus::data {
namespace {

using Bytes = std::vector<std::byte>;

void require_same(const Tensor& first, const Tensor& x, const Shape& a, const Shape& b, size_t i, const char* what) {
  require<UsageError>(x.defined(), "[collate] need a tensor, got an undefined one as example {} of the batch", i);
  require<DtypeError>(first.dtype() == x.dtype(), "[collate] need tensors of one dtype, got {} and, as example {}, {}",
                      first.dtype(), i, x.dtype());
  require(a == b, "[collate] need {} of one shape, got {} and, as example {} of the batch, {}", what, a, i, b);
}

// Row t of sequence b begins at row_of(b) + t * row_bytes.
template <class RowsOf>
Tensor packed(const Lengths& lengths, DType dtype, const Shape& shape, size_t row_bytes, const RowsOf& rows_of) {
  Bytes bytes(static_cast<size_t>(lengths.total()) * row_bytes);
  std::byte* to = bytes.data();
  for (int64_t t = 0; t < lengths.longest(); ++t)
    for (int64_t i = 0; i < lengths.alive(t); ++i, to += row_bytes) {
      const std::byte* from = rows_of(static_cast<size_t>(lengths.order()[static_cast<size_t>(i)]));
      std::memcpy(to, from + static_cast<size_t>(t) * row_bytes, row_bytes);
    }
  return Tensor::from_bytes(bytes, shape, dtype);
}

template <class T>
Packed packed_numbers(const std::vector<std::vector<T>>& examples) {
  std::vector<int64_t> sizes;
  for (const auto& example : examples) sizes.push_back(static_cast<int64_t>(example.size()));
  Lengths lengths(std::move(sizes));
  Tensor rows = packed(lengths, dtype_of<T>, {lengths.total()}, sizeof(T),
                       [&](size_t b) { return reinterpret_cast<const std::byte*>(examples[b].data()); });
  return {std::move(rows), std::move(lengths)};
}

}  // namespace

Tensor collate(const std::vector<Tensor>& examples) {
  require<UsageError>(!examples.empty(), "[collate] need an example, got none");
  const Tensor& first = examples.front();
  for (size_t i = 0; i < examples.size(); ++i)
    require_same(first, examples[i], first.shape(), examples[i].shape(), i, "tensors");
  const size_t each = first.shape().bytes(size_of(first.dtype()));
  const Shape shape = first.shape().inserted(0, static_cast<int64_t>(examples.size()));
  Bytes bytes(shape.bytes(size_of(first.dtype())));
  for (size_t i = 0; i < examples.size(); ++i) copy_elements(examples[i], bytes.data() + i * each);
  return Tensor::from_bytes(bytes, shape, first.dtype());
}

Tensor collate(const std::vector<int64_t>& examples) { return Tensor::from(examples); }
Tensor collate(const std::vector<float>& examples) { return Tensor::from(examples); }
Tensor collate(const std::vector<double>& examples) { return Tensor::from(examples); }
Tensor collate(const std::vector<bool>& examples) {
  return Tensor::from_bools(examples, {static_cast<int64_t>(examples.size())});
}

Packed collate(const std::vector<std::vector<int32_t>>& examples) { return packed_numbers(examples); }
Packed collate(const std::vector<std::vector<int64_t>>& examples) { return packed_numbers(examples); }
Packed collate(const std::vector<std::vector<float>>& examples) { return packed_numbers(examples); }
Packed collate(const std::vector<std::vector<double>>& examples) { return packed_numbers(examples); }

Packed collate(const std::vector<Ragged>& examples) {
  require<UsageError>(!examples.empty(), "[collate] need an example, got none");
  const Tensor& first = examples.front().steps;
  std::vector<int64_t> sizes;
  std::vector<Bytes> bytes;
  for (size_t i = 0; i < examples.size(); ++i) {
    const Tensor& x = examples[i].steps;
    require<UsageError>(x.defined() && x.rank() > 0,
                        "[collate] need sequences with an axis of steps, got {} as example {} of the batch",
                        x.defined() ? to_string(x.shape()) : "an undefined one", i);
    require_same(first, x, first.shape().without(0), x.shape().without(0), i, "steps");
    sizes.push_back(x.dim(0));
    bytes.push_back(x.to_bytes());
  }
  Lengths lengths(std::move(sizes));
  const Shape shape = first.shape().with(0, lengths.total());
  const size_t row_bytes = first.shape().without(0).bytes(size_of(first.dtype()));
  Tensor rows = packed(lengths, first.dtype(), shape, row_bytes, [&](size_t b) { return bytes[b].data(); });
  return {std::move(rows), std::move(lengths)};
}

}  // namespace grus::data
