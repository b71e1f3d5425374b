#pragma once
// What the C++20 library of emscripten 3.1 (LLVM's 13) lacks of the standard, as far as the runtime asks for it. It is
// included before every file.
#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#if _LIBCPP_VERSION < 14000
namespace std {

template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
  return __builtin_bit_cast(To, from);
}

template <class T>
requires is_unbounded_array_v<T> unique_ptr<T> make_unique_for_overwrite(size_t count) {
  return unique_ptr<T>(new remove_extent_t<T>[count]);
}

template <class T>
requires is_floating_point_v<T> from_chars_result from_chars(const char* first, const char* last, T& value) {
  const string text(first, last);
  if (text.empty() || text[0] == '+' || isspace(static_cast<unsigned char>(text[0])))
    return {first, errc::invalid_argument};
  char* end = nullptr;
  const double read = strtod(text.c_str(), &end);
  if (end == text.c_str()) return {first, errc::invalid_argument};
  const char* const behind = first + (end - text.c_str());
  if (read > numeric_limits<T>::max() || read < numeric_limits<T>::lowest()) return {behind, errc::result_out_of_range};
  value = static_cast<T>(read);
  return {behind, errc()};
}

namespace ranges {

template <class R, class F>
constexpr auto find_if(R&& r, F f) {
  return std::find_if(std::begin(r), std::end(r), [&](const auto& x) { return std::invoke(f, x); });
}
template <class R, class T, class P = identity>
constexpr auto find(R&& r, const T& value, P of = {}) {
  return ranges::find_if(r, [&](const auto& x) { return std::invoke(of, x) == value; });
}
template <class R, class F>
constexpr bool any_of(R&& r, F f) {
  return ranges::find_if(r, f) != std::end(r);
}
template <class R, class F>
constexpr bool none_of(R&& r, F f) {
  return !ranges::any_of(r, f);
}
template <class R, class F>
constexpr bool all_of(R&& r, F f) {
  return ranges::none_of(r, [&](const auto& x) { return !std::invoke(f, x); });
}
template <class R, class F = std::less<>>
constexpr auto max_element(R&& r, F less = {}) {
  return std::max_element(std::begin(r), std::end(r), less);
}
template <class R, class F = std::less<>>
constexpr void sort(R&& r, F less = {}) {
  std::sort(std::begin(r), std::end(r), less);
}
template <class R, class P>
constexpr void sort(R&& r, initializer_list<int>, P of) {
  ranges::sort(r, [&](const auto& a, const auto& b) { return std::invoke(of, a) < std::invoke(of, b); });
}
template <class R>
constexpr auto unique(R&& r) {
  return pair(std::unique(std::begin(r), std::end(r)), std::end(r));
}
template <class R, class To>
constexpr auto copy(R&& r, To to) {
  return std::copy(std::begin(r), std::end(r), to);
}
template <class R, class To, class F>
constexpr auto transform(R&& r, To to, F f) {
  return std::transform(std::begin(r), std::end(r), to, f);
}

}  // namespace ranges
}  // namespace std
#endif
