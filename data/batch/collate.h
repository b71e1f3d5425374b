#pragma once
// What the examples of a batch become, by their type; several values of an example become several of the batch:
//   Tensor (...)                    Tensor (B, ...), of one shape
//   integers                        i64 (B), as cross_entropy takes labels
//   float, double, bool             f32, f64, bool (B)
//   std::vector of numbers          Packed: rows (N) of all, without padding
//   Ragged: a Tensor (T, ...)       Packed: rows (N, ...)
//   std::string                     std::vector<std::string>
//   std::pair, std::tuple           a pair or a tuple of these
// Tensors of a batch are on default_device().
#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/tensor/lengths.h"
#include "core/tensor/tensor.h"

namespace grus::data {

/// A sequence of T steps, of a length of its own.
struct Ragged {
  Tensor steps;  // (T, ...)
};

/// Sequences side by side without padding, as packed rows (core/tensor/lengths.h), for forward_packed() and scan().
/// Sequence b is example b of the batch.
struct Packed {
  Tensor rows;  // (N, ...)
  Lengths lengths;
};

/// Stacks tensors of one shape (...) and dtype to (B, ...). Throws ShapeError or DtypeError, naming both, for others.
Tensor collate(const std::vector<Tensor>& examples);
Tensor collate(const std::vector<int64_t>& examples);
template <class T>
requires std::is_integral_v<T> Tensor collate(const std::vector<T>& examples) {
  static_assert(sizeof(T) < sizeof(int64_t), "need integers that an i64 holds");
  return collate(std::vector<int64_t>(examples.begin(), examples.end()));
}
Tensor collate(const std::vector<float>& examples);
Tensor collate(const std::vector<double>& examples);
Tensor collate(const std::vector<bool>& examples);
/// Throws ShapeError for sequences whose steps are of different shapes.
Packed collate(const std::vector<Ragged>& examples);
Packed collate(const std::vector<std::vector<int32_t>>& examples);
Packed collate(const std::vector<std::vector<int64_t>>& examples);
Packed collate(const std::vector<std::vector<float>>& examples);
Packed collate(const std::vector<std::vector<double>>& examples);
inline std::vector<std::string> collate(std::vector<std::string>& examples) { return std::move(examples); }
template <class... Values>
auto collate(std::vector<std::tuple<Values...>>& examples);
template <class First, class Second>
auto collate(std::vector<std::pair<First, Second>>& examples);

/// The number of steps of an example, by which batches are bounded and buckets sorted: of several values the largest.
/// A number has none (0), and neither has a Tensor of shape ().
template <class T>
requires std::is_arithmetic_v<T> int64_t length_of(const T&) { return 0; }
inline int64_t length_of(const Tensor& x) { return x.rank() == 0 ? 0 : x.dim(0); }
inline int64_t length_of(const Ragged& x) { return length_of(x.steps); }
inline int64_t length_of(const std::string& text) { return static_cast<int64_t>(text.size()); }
template <class T>
int64_t length_of(const std::vector<T>& x) {
  return static_cast<int64_t>(x.size());
}
template <class... Values>
int64_t length_of(const std::tuple<Values...>& x) {
  return std::apply([](const auto&... value) { return std::max({int64_t{0}, length_of(value)...}); }, x);
}
template <class First, class Second>
int64_t length_of(const std::pair<First, Second>& x) {
  return std::max<int64_t>(length_of(x.first), length_of(x.second));
}

namespace detail {

template <size_t K, class Examples>
auto collate_values(Examples& examples) {
  std::vector<std::tuple_element_t<K, typename Examples::value_type>> values;
  values.reserve(examples.size());
  for (auto& example : examples) values.push_back(std::move(std::get<K>(example)));
  return collate(values);
}

}  // namespace detail

template <class... Values>
auto collate(std::vector<std::tuple<Values...>>& examples) {
  return [&]<size_t... K>(std::index_sequence<K...>) { return std::tuple{detail::collate_values<K>(examples)...}; }
  (std::index_sequence_for<Values...>());
}
template <class First, class Second>
auto collate(std::vector<std::pair<First, Second>>& examples) {
  auto first = detail::collate_values<0>(examples);
  return std::pair{std::move(first), detail::collate_values<1>(examples)};
}

}  // namespace grus::data
