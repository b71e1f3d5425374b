#include "tests/core/backends/harness.h"

#include <cmath>
#include <cstring>
#include <type_traits>

#include "tests/support/devices.h"

namespace grus::test {
namespace {

template <class T>
void store(const Values& from, std::vector<std::byte>& to) {
  for (size_t i = 0; i < from.size(); ++i) {
    const T value = cast_to<T>(from[i]);
    std::memcpy(to.data() + i * sizeof(T), &value, sizeof(T));
  }
}
template <class T>
void load(const std::vector<std::byte>& from, Values& to) {
  for (size_t i = 0; i < to.size(); ++i) {
    T value;
    std::memcpy(&value, from.data() + i * sizeof(T), sizeof(T));
    to[i] = cast_to<double>(value);
  }
}

template <class F>
void with_type(DType dtype, F f) {
  switch (dtype) {
    case DType::f32:
      return f(float{});
    case DType::f64:
      return f(double{});
    case DType::i32:
      return f(int32_t{});
    case DType::i64:
      return f(int64_t{});
    case DType::boolean:
    case DType::u8:
      return f(uint8_t{});
    case DType::bf16:
      return f(bfloat16{});
    case DType::f16:
      return f(float16{});
  }
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

const std::vector<Backend>& backends() {
  static const std::vector<Backend> all = [] {
    std::vector<Backend> found;
    for (const Device& device : every_device()) found.push_back({device.kernels(), device.context()});
    return found;
  }();
  return all;
}

Array::Array(const Backend& backend, DType dtype, const Values& values)
    : backend_(backend), dtype_(dtype), count_(static_cast<int64_t>(values.size())) {
  std::vector<std::byte> bytes(values.size() * size_of(dtype));
  with_type(dtype, [&](auto zero) { store<decltype(zero)>(values, bytes); });
  REQUIRE(backend.table.allocate(backend.context, bytes.size(), &buffer_) == Status::ok);
  REQUIRE(backend.table.upload(backend.context, &buffer_, 0, bytes.data(), bytes.size()) == Status::ok);
}

Array::~Array() {
  backend_.table.drop_derived(backend_.context, &buffer_);
  backend_.table.release(backend_.context, &buffer_);
}

Values Array::values() const {
  Values values(static_cast<size_t>(count_));
  std::vector<std::byte> bytes(values.size() * size_of(dtype_));
  REQUIRE(backend_.table.synchronize(backend_.context) == Status::ok);
  REQUIRE(backend_.table.download(backend_.context, bytes.data(), &buffer_, 0, bytes.size()) == Status::ok);
  with_type(dtype_, [&](auto zero) { load<decltype(zero)>(bytes, values); });
  return values;
}

View Array::view(const Sizes& dims) const {
  Sizes strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return view(dims, strides);
}

View Array::view(const Sizes& dims, const Sizes& strides, int64_t offset) const {
  View view{};
  view.buffer = &buffer_;
  view.offset = offset;
  view.dtype = dtype_;
  view.rank = static_cast<int32_t>(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    view.dims[i] = dims[i];
    view.strides[i] = strides[i];
  }
  return view;
}

Matrix Array::matrix(int64_t rows, int64_t cols, int64_t row_stride, int64_t offset) const {
  if (row_stride == 0) row_stride = cols;
  return {&buffer_, offset, dtype_, rows, cols, row_stride, rows * row_stride};
}

Values spread(int64_t n, int salt, double low, double high) {
  Values values(static_cast<size_t>(n));
  uint64_t place = 1000003ull * static_cast<uint64_t>(salt);
  for (double& value : values) {
    uint64_t x = ++place * 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 31)) * 0xBF58476D1CE4E5B9ull;
    value = low + (high - low) * static_cast<double>(x >> 11) * 0x1p-53;
  }
  return values;
}

Values joined(std::initializer_list<Values> parts) {
  Values all;
  for (const Values& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

void check_near(const Values& got, const Values& expected, double tolerance, const std::string& what) {
  REQUIRE_MESSAGE(got.size() == expected.size(), what);
  size_t worst = 0;
  double worst_excess = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    if (same(got[i], expected[i])) continue;
    const double excess = std::abs(got[i] - expected[i]) / (1 + std::abs(expected[i]));
    const double rated = std::isfinite(expected[i]) && std::isfinite(excess) ? excess : HUGE_VAL;
    if (rated > worst_excess) worst = i, worst_excess = rated;
  }
  CHECK_MESSAGE(worst_excess <= tolerance, fmt::format("{}: element {} of {} is {}, need {} within {}", what, worst,
                                                       got.size(), got[worst], expected[worst], tolerance));
}

void check_agreement(double tolerance, const std::string& what, const std::function<Values(const Backend&)>& run) {
  const Values expected = run(backends().front());
  for (const Backend& backend : backends()) {
    if (&backend == &backends().front()) continue;
    const Values got = run(backend);
    check_near(got, expected, tolerance, fmt::format("{} on {}", what, backend.table.name));
    check_near(run(backend), got, 0, fmt::format("{} on {}, once more", what, backend.table.name));
  }
}

void check_gradient(const std::function<double(const Values&)>& f, const Values& x, const Values& gradient,
                    const std::string& what) {
  constexpr double h = 1e-5;
  Values slopes;
  for (size_t i = 0; i < x.size(); ++i) {
    Values up = x, down = x;
    up[i] += h;
    down[i] -= h;
    slopes.push_back((f(up) - f(down)) / (2 * h));
  }
  check_near(gradient, slopes, 1e-8, "gradient of " + what);
}

double dot(const Values& a, const Values& b) {
  REQUIRE(a.size() == b.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace grus::test
