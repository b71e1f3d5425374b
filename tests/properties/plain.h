#pragma once
// Tensors as a schoolbook has them: sizes, numbers, and loops over index tuples. Nothing here calls an op of Grus.
#include <functional>
#include <string>
#include <vector>

#include "core/device/device.h"
#include "core/tensor/tensor.h"
#include "tests/support/property.h"

namespace grus::test {

using Sizes = std::vector<int64_t>;
using Index = std::vector<int64_t>;

/// Returns all indices in row-major order.
std::vector<Index> indices(const Sizes& sizes);
size_t place(const Sizes& sizes, const Index& index);
int64_t count(const Sizes& sizes);

struct Array {
  Array() = default;
  explicit Array(Sizes sizes, double value = 0)
      : sizes(std::move(sizes)), numbers(static_cast<size_t>(count(this->sizes)), value) {}
  double& operator[](const Index& index) { return numbers[place(sizes, index)]; }
  double operator[](const Index& index) const { return numbers[place(sizes, index)]; }
  /// Returns the element that stands at `index` of a shape this one broadcasts to.
  double& under(const Index& index) { return numbers[place(sizes, broadcast_index(index))]; }
  double under(const Index& index) const { return numbers[place(sizes, broadcast_index(index))]; }
  Index broadcast_index(const Index& index) const;

  Sizes sizes;
  std::vector<double> numbers;
};

/// Makes each element from its index.
Array made(const Sizes& sizes, const std::function<double(const Index&)>& f);

/// Draws up to `rank` axes, mostly short, now and then empty or long enough for vectors and threads.
Sizes draw_sizes(Choices& choices, int rank, int least_rank = 0);
/// Draws sizes that broadcast to `whole`: leading axes dropped, others made 1.
Sizes draw_narrower(Choices& choices, const Sizes& whole);
/// Draws eighths in [-2, 2]: sums and products of a few are exact in f32 too.
Array draw_numbers(Choices& choices, const Sizes& sizes);
int draw_axis(Choices& choices, const Sizes& sizes);
Device draw_device(Choices& choices);
DType draw_float(Choices& choices);

/// Puts x on a device, sometimes as a part of a larger buffer.
Tensor tensor_of(Choices& choices, const Array& x, DType dtype, Device device);
Tensor ids_of(const std::vector<int64_t>& ids, const Sizes& sizes, Device device);
Shape shape_of(const Sizes& sizes);
std::string text(const Sizes& sizes);

/// Returns "", or where y is not `expected`: |difference| > tolerance * max(1, |expected|).
std::string difference(const Tensor& y, const Array& expected, double tolerance = 0);

/// Checks that f is linear in x: <f(x), w> == <x, gradient of w>, for w as random as x, which is f64.
std::string adjoint_difference(Choices& choices, const std::function<Tensor(const Tensor&)>& f, const Array& x,
                               Device device);

}  // namespace grus::test
