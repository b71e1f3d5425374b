#include "tests/properties/plain.h"

#include <fmt/format.h>

#include <cmath>

#include "core/tape/tape.h"
#include "ops/math/elementwise.h"

namespace grus::test {

int64_t count(const Sizes& sizes) {
  int64_t n = 1;
  for (const int64_t size : sizes) n *= size;
  return n;
}

size_t place(const Sizes& sizes, const Index& index) {
  int64_t at = 0;
  for (size_t axis = 0; axis < sizes.size(); ++axis) at = at * sizes[axis] + index[axis];
  return static_cast<size_t>(at);
}

std::vector<Index> indices(const Sizes& sizes) {
  std::vector<Index> all{{}};
  for (const int64_t size : sizes) {
    std::vector<Index> longer;
    for (const Index& start : all)
      for (int64_t i = 0; i < size; ++i) {
        longer.push_back(start);
        longer.back().push_back(i);
      }
    all = std::move(longer);
  }
  return all;
}

Index Array::broadcast_index(const Index& index) const {
  Index own(index.end() - static_cast<std::ptrdiff_t>(sizes.size()), index.end());
  for (size_t axis = 0; axis < own.size(); ++axis)
    if (sizes[axis] == 1) own[axis] = 0;
  return own;
}

Array made(const Sizes& sizes, const std::function<double(const Index&)>& f) {
  Array y(sizes);
  size_t at = 0;
  for (const Index& index : indices(sizes)) y.numbers[at++] = f(index);
  return y;
}

Sizes draw_sizes(Choices& choices, int rank, int least_rank) {
  Sizes sizes(static_cast<size_t>(choices.in(least_rank, rank)));
  for (int64_t& size : sizes) {
    const int64_t kind = choices.in(0, 15);
    size = kind == 14 ? 0 : kind == 15 ? choices.in(1, 40) : choices.in(1, 4);
  }
  while (count(sizes) > 4000) sizes.pop_back();
  return sizes;
}

Sizes draw_narrower(Choices& choices, const Sizes& whole) {
  const int64_t dropped = choices.in(0, static_cast<int64_t>(whole.size()));
  Sizes sizes(whole.begin() + (choices.maybe() ? dropped : 0), whole.end());
  for (int64_t& size : sizes)
    if (choices.in(0, 2) == 2) size = 1;
  return sizes;
}

Array draw_numbers(Choices& choices, const Sizes& sizes) {
  Array x(sizes);
  std::mt19937_64 engine(static_cast<uint64_t>(choices.in(0, 1 << 30)));
  for (double& number : x.numbers) number = static_cast<double>(engine() % 33) / 8 - 2;
  return x;
}

int draw_axis(Choices& choices, const Sizes& sizes) {
  return static_cast<int>(choices.in(0, static_cast<int64_t>(sizes.size()) - 1));
}

Device draw_device(Choices& choices) { return Device(choices.maybe() ? "cpu" : "reference"); }
DType draw_float(Choices& choices) { return choices.maybe() ? DType::f32 : DType::f64; }

Tensor tensor_of(Choices& choices, const Array& x, DType dtype, Device device) {
  const int64_t before = choices.in(0, 3), size = count(x.sizes);
  std::vector<double> numbers(static_cast<size_t>(before), 99.0);
  numbers.insert(numbers.end(), x.numbers.begin(), x.numbers.end());
  return cast(Tensor::from(numbers, device), dtype).rows(before, before + size).reshape(shape_of(x.sizes));
}

Tensor ids_of(const std::vector<int64_t>& ids, const Sizes& sizes, Device device) {
  return Tensor::from(ids, shape_of(sizes), device);
}

Shape shape_of(const Sizes& sizes) { return Shape(std::span<const int64_t>(sizes)); }
std::string text(const Sizes& sizes) { return to_string(shape_of(sizes)); }

std::string difference(const Tensor& y, const Array& expected, double tolerance) {
  if (y.shape() != shape_of(expected.sizes)) return fmt::format(": shape {}, not {}", y.shape(), text(expected.sizes));
  const std::vector<double> numbers = cast(y.detach(), DType::f64).to_vector<double>();
  for (size_t i = 0; i < numbers.size(); ++i) {
    const double want = expected.numbers[i];
    if (numbers[i] == want || std::abs(numbers[i] - want) <= tolerance * std::max(1.0, std::abs(want))) continue;
    return fmt::format(": element {} of {} is {}, not {}", i, y.shape(), numbers[i], want);
  }
  return "";
}

std::string adjoint_difference(Choices& choices, const std::function<Tensor(const Tensor&)>& f, const Array& x,
                               Device device) {
  Tape tape;
  const Tensor input = tape.watch(tensor_of(choices, x, DType::f64, device));
  const Tensor y = f(input);
  if (!tape.tracks(y)) return ": the result is not on the tape";
  const Array w = draw_numbers(choices, Sizes(y.shape().begin(), y.shape().end()));
  const Tensor dx = tape.grad(y, std::span(&input, 1), false, tensor_of(choices, w, DType::f64, device))[0];
  if (dx.shape() != input.shape()) return fmt::format(": a gradient {} of an input {}", dx.shape(), input.shape());
  const std::vector<double> outputs = y.detach().to_vector<double>(), slopes = dx.to_vector<double>();
  double forward = 0, backward = 0;
  for (size_t i = 0; i < outputs.size(); ++i) forward += outputs[i] * w.numbers[i];
  for (size_t i = 0; i < slopes.size(); ++i) backward += slopes[i] * x.numbers[i];
  if (std::abs(forward - backward) <= 1e-9 * std::max(1.0, std::abs(forward))) return "";
  return fmt::format(": <f(x), w> = {}, but <x, gradient> = {}", forward, backward);
}

}  // namespace grus::test
