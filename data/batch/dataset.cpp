#include "data/batch/dataset.h"

#include <cstring>

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "data/read/host_tensor.h"

namespace grus::data {
namespace {

struct TensorSource : Source<Tensor> {
  explicit TensorSource(const Tensor& x) : rows(on_host(x)), row_shape(x.shape().without(0)) {}
  int64_t size() const override { return rows.dim(0); }
  Tensor get(int64_t i, uint64_t) const override { return Raw::reshape(Raw::rows(rows, i, i + 1), row_shape); }
  const Tensor rows;
  const Shape row_shape;
};

}  // namespace

Dataset<Tensor> from_tensors(const Tensor& x) {
  require<UsageError>(x.defined(), "[from_tensors] need a tensor, got an undefined one");
  require<UsageError>(x.rank() > 0, "[from_tensors] need a tensor with a leading axis of examples, got shape {}",
                      x.shape());
  return Dataset<Tensor>(std::make_shared<const TensorSource>(x));
}

namespace detail {

void require_one_size(std::initializer_list<int64_t> sizes) {
  for (const int64_t size : sizes)
    require<UsageError>(size == *sizes.begin(), "[zip] need as many examples on every side, got {} and {}",
                        *sizes.begin(), size);
}

Tensor matrix_of_rows(std::span<const int64_t> lengths, DType dtype, const std::function<const void*(size_t)>& row) {
  const int64_t columns = lengths.empty() ? 0 : lengths.front();
  const size_t bytes = static_cast<size_t>(columns) * size_of(dtype);
  std::vector<std::byte> all(bytes * lengths.size());
  for (size_t i = 0; i < lengths.size(); ++i) {
    require<DataError>(lengths[i] == columns, "[to_matrix] need {} columns, as in row 0, got {} in row {}", columns,
                       lengths[i], i);
    if (bytes > 0) std::memcpy(all.data() + i * bytes, row(i), bytes);
  }
  return Tensor::from_bytes(all, {static_cast<int64_t>(lengths.size()), columns}, dtype, host_device());
}

}  // namespace detail
}  // namespace grus::data
