// Stable sorting: keys whose unsigned order is that of the numbers, by radix (LSD) from the least significant byte on;
// short rows by merging.
#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/base/thread_pool.h"

namespace grus::cpu {
namespace {

constexpr int64_t radix_from = 256;  // elements of a row from which counting bytes pays
constexpr int buckets = 256;

template <class T>
using KeyOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

/// Returns a key in the order of x: NaN is the largest, both zeros are equal.
template <class T>
KeyOf<T> key_of(T x) {
  using Key = KeyOf<T>;
  constexpr Key sign = Key{1} << (8 * sizeof(Key) - 1);
  if constexpr (std::is_integral_v<T>) {
    return static_cast<Key>(x) ^ sign;
  } else {
    if (x != x) return std::numeric_limits<Key>::max();
    const Key bits = std::bit_cast<Key>(x == 0 ? T(0) : x);
    return bits & sign ? ~bits : bits | sign;
  }
}

template <class Key>
struct Entry {
  Key key;
  uint32_t id;
};

/// Counts every byte of every key in one pass, then moves the entries once for each byte that differs.
template <class Key>
void radix_sort(std::vector<Entry<Key>>& entries, std::vector<Entry<Key>>& room) {
  std::array<std::array<uint32_t, buckets>, sizeof(Key)> counts{};
  for (const auto& entry : entries)
    for (size_t byte = 0; byte < sizeof(Key); ++byte) ++counts[byte][entry.key >> (8 * byte) & 0xff];
  room.resize(entries.size());
  for (size_t byte = 0; byte < sizeof(Key); ++byte) {
    auto& count = counts[byte];
    if (count[entries[0].key >> (8 * byte) & 0xff] == entries.size()) continue;
    uint32_t total = 0;
    for (uint32_t& each : count) total += std::exchange(each, total);
    for (const auto& entry : entries) room[count[entry.key >> (8 * byte) & 0xff]++] = entry;
    entries.swap(room);
  }
}

template <class T>
void sort_rows(const Matrix& values, const Matrix& ids, const Matrix& x, bool descending, int64_t begin, int64_t end) {
  using Key = KeyOf<T>;
  std::vector<Entry<Key>> entries(static_cast<size_t>(x.cols)), room;
  for (int64_t i = begin; i < end; ++i) {
    const T* from = data<const T>(x) + i * x.row_stride;
    for (int64_t j = 0; j < x.cols; ++j) {
      const Key key = key_of(from[j]);
      entries[static_cast<size_t>(j)] = {descending ? static_cast<Key>(~key) : key, static_cast<uint32_t>(j)};
    }
    if (x.cols >= radix_from) radix_sort(entries, room);
    else std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    T* const value = data<T>(values) + i * values.row_stride;
    int64_t* const id = data<int64_t>(ids) + i * ids.row_stride;
    for (int64_t j = 0; j < x.cols; ++j) {
      id[j] = entries[static_cast<size_t>(j)].id;
      value[j] = from[id[j]];
    }
  }
}

}  // namespace

Status sort(Context* context, const Matrix& values, const Matrix& ids, const Matrix& x, bool descending) {
  if (!is_number(x.dtype) || x.cols < 1 || x.cols > std::numeric_limits<uint32_t>::max())
    return reference_backend().sort(context, values, ids, x, descending);
  parallel_for(x.rows, rows_per_task(32 * x.cols), [&](int64_t begin, int64_t end) {
    if (x.dtype == DType::f32) sort_rows<float>(values, ids, x, descending, begin, end);
    else if (x.dtype == DType::f64) sort_rows<double>(values, ids, x, descending, begin, end);
    else if (x.dtype == DType::i32) sort_rows<int32_t>(values, ids, x, descending, begin, end);
    else sort_rows<int64_t>(values, ids, x, descending, begin, end);
  });
  return Status::ok;
}

}  // namespace grus::cpu
