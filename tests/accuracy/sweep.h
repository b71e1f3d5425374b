#pragma once
// The largest error of a function over many numbers: all of f32, or samples of f32 and f64.
#include <cstdint>
#include <string>
#include <vector>

#include "tests/accuracy/functions.h"

namespace grus::accuracy {

/// The worst that was seen. `wrong`: a NaN or the sign of a zero should not be, or a limit is not reached.
struct Found {
  double units = 0;  // units of the last place
  double x = 0, y = 0, exact = 0;
  int64_t numbers = 0, wrong = 0;
  double wrong_x = 0, wrong_y = 0, wrong_exact = 0;
  void add(const Found& other);
  bool within(double most) const { return units <= most && wrong == 0; }
};
std::string text(const Found& found);

/// Goes through all floats whose bits are a multiple of `stride` (and a remainder that varies), on `threads`.
Found sweep_f32(const Function& function, Device device, uint32_t stride, int threads);
/// Goes through the given numbers.
template <class T>
Found check(const Function& function, Device device, const std::vector<T>& xs);
/// Returns zeros, infinities, NaN, the smallest and largest denormal and normal numbers, places where results end, and
/// their neighbours, with both signs.
template <class T>
std::vector<T> edges();
/// Returns n numbers of every exponent that matters.
std::vector<double> samples_f64(int64_t n);

}  // namespace grus::accuracy
