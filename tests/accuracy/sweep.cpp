#include "tests/accuracy/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <thread>

namespace grus::accuracy {
namespace {

template <class T>
struct Exact;
template <>
struct Exact<float> {
  using Type = double;
  static double of(const Function& f, float x) { return f.exact(static_cast<double>(x)); }
};
template <>
struct Exact<double> {
  using Type = long double;
  static long double of(const Function& f, double x) { return f.exact_of_f64(static_cast<long double>(x)); }
};

/// |y - exact| in units of T's last place there, with infinity one step above the largest number.
template <class T, class R>
double units_between(T y, R exact, double floor) {
  using Limits = std::numeric_limits<T>;
  const R end = std::ldexp(R(1), Limits::max_exponent);
  const R a = std::clamp(static_cast<R>(y), -end, end), b = std::clamp(exact, -end, end);
  int exponent = 0;
  std::frexp(std::max(std::abs(b), static_cast<R>(floor)), &exponent);
  exponent = std::min(exponent, Limits::max_exponent);
  const int last = std::max(exponent - Limits::digits, Limits::min_exponent - Limits::digits);
  return static_cast<double>(std::ldexp(std::abs(a - b), -last));
}

/// Tells whether y is NaN or infinite where it should not be, or not NaN where it should; or, for a function with floor
/// 0, is not the nearest number at 0 and infinity or has the wrong sign at 0.
template <class T, class R>
bool is_wrong(const Function& f, T x, T y, R exact) {
  if (std::isnan(x)) return !std::isnan(y);
  if (std::isinf(x) && !f.at_infinity) return false;
  if (std::isnan(exact) || std::isnan(y)) return std::isnan(exact) != std::isnan(y);
  if (f.floor == 0 && y == 0 && exact == 0 && std::signbit(y) != std::signbit(exact)) return true;
  if (f.floor == 0 && (x == 0 || std::isinf(x))) return y != static_cast<T>(exact);
  return std::isinf(y) && std::abs(exact) < static_cast<R>(std::numeric_limits<T>::max());
}

template <class T>
void judge(const Function& f, const std::vector<T>& xs, const std::vector<T>& ys, Found& found) {
  for (size_t i = 0; i < xs.size(); ++i) {
    const auto exact = Exact<T>::of(f, xs[i]);
    ++found.numbers;
    if (is_wrong(f, xs[i], ys[i], exact)) {
      if (found.wrong++ == 0) {
        found.wrong_x = static_cast<double>(xs[i]);
        found.wrong_y = static_cast<double>(ys[i]);
        found.wrong_exact = static_cast<double>(exact);
      }
      continue;
    }
    // Most results are the nearest number, which is quickly seen.
    if (found.units >= 0.5 && ys[i] == static_cast<T>(exact) && f.floor == 0) continue;
    if (std::isnan(exact) || std::isnan(ys[i])) continue;
    const double units = units_between(ys[i], exact, f.floor);
    if (units <= found.units) continue;
    found.units = units;
    found.x = static_cast<double>(xs[i]);
    found.y = static_cast<double>(ys[i]);
    found.exact = static_cast<double>(exact);
  }
}

}  // namespace

void Found::add(const Found& other) {
  numbers += other.numbers;
  if (wrong == 0) wrong_x = other.wrong_x, wrong_y = other.wrong_y, wrong_exact = other.wrong_exact;
  wrong += other.wrong;
  if (other.units <= units) return;
  units = other.units, x = other.x, y = other.y, exact = other.exact;
}

std::string text(const Found& found) {
  std::string line =
      fmt::format("{:6.3f} at {:.9g}: {:.9g}, exact {:.17g}", found.units, found.x, found.y, found.exact);
  if (found.wrong > 0)
    line += fmt::format("; {} wrong, such as {:.9g}: {:.9g}, exact {:.17g}", found.wrong, found.wrong_x, found.wrong_y,
                        found.wrong_exact);
  return line;
}

template <class T>
Found check(const Function& function, Device device, const std::vector<T>& xs) {
  Found found;
  judge(function, xs, function.compute(Tensor::from(xs, device)).template to_vector<T>(), found);
  return found;
}
template Found check(const Function&, Device, const std::vector<float>&);
template Found check(const Function&, Device, const std::vector<double>&);

Found sweep_f32(const Function& function, Device device, uint32_t stride, int threads) {
  constexpr uint64_t all = uint64_t(1) << 32, at_once = 1 << 14;
  const uint64_t chunk = at_once * stride;
  std::vector<Found> found(static_cast<size_t>(threads));
  const auto work = [&](int thread) {
    std::vector<float> xs;
    for (uint64_t from = chunk * static_cast<uint64_t>(thread); from < all;
         from += chunk * static_cast<uint64_t>(threads)) {
      xs.clear();
      // An odd step within a stride makes low bits differ from place to place.
      for (uint64_t i = from, k = 0; i < std::min(from + chunk, all); i += stride, ++k)
        xs.push_back(std::bit_cast<float>(static_cast<uint32_t>(std::min(i + k * 7919 % stride, all - 1))));
      found[static_cast<size_t>(thread)].add(check(function, device, xs));
    }
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
  work(0);
  for (std::thread& other : others) other.join();
  for (int thread = 1; thread < threads; ++thread) found[0].add(found[static_cast<size_t>(thread)]);
  return found[0];
}

template <class T>
std::vector<T> edges() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> result = {Limits::quiet_NaN(), T(0), Limits::infinity()};
  // At these numbers exp, sigmoid, softplus, tanh and erf reach their limits in f32 and f64, or algorithms change.
  for (double x :
       {1e-300,  1e-30,  1e-8,  1e-4,   0.1733, 0.3466, 0.5,     0.5493, 0.693147, 0.70710678, 1.0,   1.04,  1.41421356,
        2.0,     3.92,   5.0,   5.9,    8.3,    8.66,   9.0109,  10.0,   16.635,   17.0,       18.7,  19.06, 20.0,
        36.7,    37.0,   40.0,  50.0,   87.336, 88.0,   88.7228, 89.0,   103.97,   104.0,      105.0, 150.0, 700.0,
        708.396, 709.78, 710.0, 745.13, 746.0,  1000.0, 1e4,     1e8,    1e13,     2e19,       1e30,  1e200})
    for (double offset : {-1e-3, -1e-7, 0.0, 1e-7, 1e-3}) result.push_back(static_cast<T>(x * (1 + offset)));
  for (T x : {Limits::denorm_min(), Limits::min() - Limits::denorm_min(), Limits::min(), Limits::max()}) {
    result.push_back(x);
    result.push_back(x / 3);
  }
  const size_t positive = result.size();
  for (size_t i = 0; i < positive; ++i) {
    result.push_back(-result[i]);
    result.push_back(std::nextafter(result[i], T(0)));
    result.push_back(-std::nextafter(result[i], Limits::infinity()));
  }
  return result;
}
template std::vector<float> edges();
template std::vector<double> edges();

std::vector<double> samples_f64(int64_t n) {
  std::vector<double> result;
  uint64_t state = 1;
  for (int64_t i = 0; i < n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    // Half of the numbers are near 1, where algorithms change; the rest have any exponent.
    const uint64_t exponent = i % 2 ? 1023 - 12 + (state >> 60) + (state >> 59 & 7) : state >> 53 & 0x7ff;
    const uint64_t bits = (state << 30 ^ state >> 12) & 0xfffffffffffff;
    result.push_back(std::bit_cast<double>((i % 4 < 2 ? uint64_t(0) : uint64_t(1) << 63) | exponent << 52 | bits));
  }
  return result;
}

}  // namespace grus::accuracy
