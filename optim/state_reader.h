#pragma once
#include "nn/parameter.h"

namespace grus::optim {

/// A StateReader reads a saved state by names and gathers what does not fit, so that one error tells all of it.
class StateReader {
 public:
  StateReader(const char* who, const nn::NamedTensors& state) : who_(who), state_(state) {}

  bool has(const std::string& name) const { return nn::find(state_, name) != nullptr; }
  /// Throws DataError when the state says that another kind of optimizer wrote it: its letters as `kind` (N) i32.
  void require_kind();
  /// Returns a copy in this shape, in the dtype and on the device of `like`, or an undefined tensor when none fits.
  Tensor take(const std::string& name, const Shape& shape, const Tensor& like);
  /// Returns `count` numbers (count) of a dtype, or an undefined tensor when none fit.
  Tensor take_numbers(const std::string& name, DType dtype, int64_t count);
  /// Throws DataError that lists missing, misshapen and unexpected names.
  void finish() const;

 private:
  const Tensor* fitting(const std::string& name, const Shape& shape, DType dtype);
  const char* who_;
  const nn::NamedTensors& state_;
  std::vector<std::string> taken_, missing_, misshapen_;
};

/// Returns the numbers of a state. Throws DataError for one below 0 or not finite.
std::vector<int64_t> counts_of(const char* who, const char* name, const Tensor& numbers);
std::vector<double> rates_of(const char* who, const char* name, const Tensor& numbers);

}  // namespace grus::optim
