#pragma once
// Data sets: examples by number, made when they are asked for.
// Sources: dataset.cpp, npy_rows.cpp.
#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "data/batch/selection.h"
#include "data/batch/source.h"

namespace grus::data {

/// A Dataset is a value: some examples of a source, in an order. Copies share the source. Nothing is computed before an
/// example is asked for.
template <class Example>
class Dataset {
 public:
  using value_type = Example;

  /// Makes an empty data set; one of what a source, or a vector, has.
  Dataset() = default;
  explicit Dataset(std::shared_ptr<const Source<Example>> source)
      : source_(std::move(source)), chosen_(source_->size()) {}
  explicit Dataset(std::vector<Example> examples);

  int64_t size() const { return chosen_.size(); }
  bool empty() const { return size() == 0; }
  /// Throws UsageError unless 0 <= i < size().
  Example operator[](int64_t i) const { return get(i, 0); }
  /// Returns example i as the epoch of this key sees it (see Source).
  Example get(int64_t i, uint64_t key) const {
    const int64_t place = chosen_[i];  // throws first: an empty data set has no source
    return source_->get(place, key);
  }
  /// Makes all examples now.
  std::vector<Example> to_vector() const {
    std::vector<Example> all;
    all.reserve(static_cast<size_t>(size()));
    for (int64_t i = 0; i < size(); ++i) all.push_back((*this)[i]);
    return all;
  }
  Dataset cache() const { return Dataset(to_vector()); }

  /// y = f(x), or f(x, rng): an Rng that epoch and example decide alone, so that what is drawn does not depend on
  /// threads, batches and order. f may also be a member. Several threads call f at a time.
  template <class F>
  auto map(F f) const;
  /// Keeps the examples for which f(x) holds; all are made for that, once, now.
  template <class F>
  Dataset filter(const F& f) const {
    std::vector<int64_t> kept;
    for (int64_t i = 0; i < size(); ++i)
      if (std::invoke(f, (*this)[i])) kept.push_back(i);
    return subset(kept);
  }
  /// Appends other's examples to these.
  Dataset concat(const Dataset& other) const;

  // See Selection.
  Dataset take(int64_t n) const { return Dataset(source_, chosen_.take(n)); }
  Dataset skip(int64_t n) const { return Dataset(source_, chosen_.skip(n)); }
  Dataset subset(std::span<const int64_t> which) const { return Dataset(source_, chosen_.subset(which)); }
  Dataset subset(std::initializer_list<int64_t> which) const { return subset(std::span(which.begin(), which.size())); }
  Dataset shuffle(uint64_t seed) const { return Dataset(source_, chosen_.shuffle(seed)); }
  /// Splits at random, by label or in order (see data::split): auto [train, test] = d.split({0.9, 0.1}).
  template <size_t N>
  std::array<Dataset, N> split(const double (&fractions)[N], const SplitOptions& options = {}) const {
    const std::vector<Selection> parts = data::split(chosen_, fractions, options);
    std::array<Dataset, N> sets;
    for (size_t k = 0; k < N; ++k) sets[k] = Dataset(source_, parts[k]);
    return sets;
  }

  /// Tells data sets of other sizes or orders apart; see Source for what it says of their examples.
  uint64_t fingerprint() const { return derived_seed(source_ ? source_->fingerprint() : 0, chosen_.fingerprint()); }

 private:
  Dataset(std::shared_ptr<const Source<Example>> source, Selection chosen)
      : source_(std::move(source)), chosen_(std::move(chosen)) {}

  std::shared_ptr<const Source<Example>> source_;  // null in an empty data set
  Selection chosen_;
};

/// Takes a share of the examples away and returns it; see data::split. Throws DataError where one of the two parts
/// would be empty.
template <class Example>
std::vector<Example> hold_out(std::vector<Example>& examples, double share, const SplitOptions& options) {
  const auto [kept, held] = Dataset<Example>(std::move(examples)).split({1 - share, share}, options);
  examples = kept.to_vector();
  return held.to_vector();
}

/// f(i) or f(i, rng) is example i of n, as with map.
template <class F>
auto generate(int64_t n, F f);

/// Example i is the pair, or the tuple, of the sets' examples i. Throws UsageError unless all have one size.
template <class First, class... Rest>
auto zip(const Dataset<First>& first, const Dataset<Rest>&... rest);

/// Example i is x[i], on the host. Throws UsageError for a tensor without a leading axis. Several tensors give pairs or
/// tuples of their rows; throws UsageError unless their leading sizes agree.
Dataset<Tensor> from_tensors(const Tensor& x);
template <class... More>
auto from_tensors(const Tensor& x, const Tensor& y, const More&... more) {
  return zip(from_tensors(x), from_tensors(y), from_tensors(more)...);
}
/// Rows of equal length as a tensor (rows, columns) for from_tensors, on the host. Throws DataError for a row of
/// another length. T is float, double, int32_t or int64_t.
template <class T>
Tensor to_matrix(const std::vector<std::vector<T>>& rows);

/// The rows of an .npy file, which stay in the file: example i is array[i], on the host, read at its place when it is
/// asked for, so that the file may be larger than memory. It is not mapped, because a mapped file that gets shorter
/// ends the process. Throws DataError, naming the file, for what read_npy refuses, gzip, Fortran order of more than one
/// axis, and, at any example, for a file that has changed since.
Dataset<Tensor> npy_rows(const std::string& path);

namespace detail {
void require_one_size(std::initializer_list<int64_t> sizes);
Tensor matrix_of_rows(std::span<const int64_t> lengths, DType dtype, const std::function<const void*(size_t)>& row);
}  // namespace detail

template <class Example>
Dataset<Example>::Dataset(std::vector<Example> examples)
    : Dataset(std::make_shared<const detail::VectorSource<Example>>(std::move(examples))) {}

template <class Example>
template <class F>
auto Dataset<Example>::map(F f) const {
  using Mapped = detail::MappedSource<Example, F>;
  return Dataset<detail::ResultOf<F, Example>>(std::make_shared<const Mapped>(*this, std::move(f)));
}

template <class Example>
Dataset<Example> Dataset<Example>::concat(const Dataset& other) const {
  return Dataset(std::make_shared<const detail::JoinedSource<Example>>(*this, other));
}

template <class F>
auto generate(int64_t n, F f) {
  using Generated = detail::GeneratedSource<F>;
  return Dataset<detail::ResultOf<F, int64_t>>(std::make_shared<const Generated>(n, std::move(f)));
}

template <class First, class... Rest>
auto zip(const Dataset<First>& first, const Dataset<Rest>&... rest) {
  static_assert(sizeof...(Rest) > 0, "need several data sets");
  detail::require_one_size({first.size(), rest.size()...});
  using Zipped = detail::ZippedSource<First, Rest...>;
  return Dataset<detail::Joined<First, Rest...>>(std::make_shared<const Zipped>(first, rest...));
}

template <class T>
Tensor to_matrix(const std::vector<std::vector<T>>& rows) {
  std::vector<int64_t> lengths;
  for (const std::vector<T>& row : rows) lengths.push_back(static_cast<int64_t>(row.size()));
  return detail::matrix_of_rows(lengths, dtype_of<T>, [&](size_t i) { return rows[i].data(); });
}

}  // namespace grus::data
