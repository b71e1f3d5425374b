#pragma once
// Where the examples of a data set come from.
#include <cstdint>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/tensor/random.h"
#include "data/batch/shuffle.h"

namespace grus::data {

/// A Source has examples 0 ... size() - 1. Several threads ask at a time. Where an example is drawn at random, `key`
/// (another one for each epoch) and i decide about it alone.
template <class Example>
class Source {
 public:
  virtual ~Source() = default;
  virtual int64_t size() const = 0;
  virtual Example get(int64_t i, uint64_t key) const = 0;
  /// Tells sources of other examples, or of another order, apart where that costs little.
  virtual uint64_t fingerprint() const { return static_cast<uint64_t>(size()); }
};

template <class Example>
class Dataset;

namespace detail {

template <class Example>
struct VectorSource : Source<Example> {
  explicit VectorSource(std::vector<Example> all) : examples(std::move(all)) {}
  int64_t size() const override { return static_cast<int64_t>(examples.size()); }
  Example get(int64_t i, uint64_t) const override { return examples[static_cast<size_t>(i)]; }
  const std::vector<Example> examples;
};

// f(x) where f takes it, else f(x, rng).
template <class F, class X>
decltype(auto) call(const F& f, X&& x, [[maybe_unused]] uint64_t seed) {
  if constexpr (std::is_invocable_v<const F&, X>) {
    return std::invoke(f, std::forward<X>(x));
  } else {
    static_assert(std::is_invocable_v<const F&, X, Rng&>,
                  "need a function of an example, or of an example and an Rng&, that several threads may call (const)");
    Rng rng(seed);
    return std::invoke(f, std::forward<X>(x), rng);
  }
}
template <class F, class X>
using ResultOf = std::decay_t<decltype(call(std::declval<const F&>(), std::declval<X>(), 0))>;

template <class Example, class F>
struct MappedSource : Source<ResultOf<F, Example>> {
  MappedSource(Dataset<Example> d, F g) : from(std::move(d)), f(std::move(g)) {}
  int64_t size() const override { return from.size(); }
  ResultOf<F, Example> get(int64_t i, uint64_t key) const override {
    // What the function and what is below it draw has seeds of its own.
    return call(f, from.get(i, derived_seed(key, 0)), derived_seed(derived_seed(key, 1), static_cast<uint64_t>(i)));
  }
  uint64_t fingerprint() const override { return from.fingerprint(); }
  const Dataset<Example> from;
  const F f;
};

template <class F>
struct GeneratedSource : Source<ResultOf<F, int64_t>> {
  GeneratedSource(int64_t n, F g) : count(n), f(std::move(g)) {}
  int64_t size() const override { return count; }
  ResultOf<F, int64_t> get(int64_t i, uint64_t key) const override {
    return call(f, i, derived_seed(key, static_cast<uint64_t>(i)));
  }
  const int64_t count;
  const F f;
};

template <class Example>
struct JoinedSource : Source<Example> {
  JoinedSource(Dataset<Example> a, Dataset<Example> b) : first(std::move(a)), second(std::move(b)) {}
  int64_t size() const override { return first.size() + second.size(); }
  Example get(int64_t i, uint64_t key) const override {
    return i < first.size() ? first.get(i, derived_seed(key, 0)) : second.get(i - first.size(), derived_seed(key, 1));
  }
  uint64_t fingerprint() const override { return derived_seed(first.fingerprint(), second.fingerprint()); }
  const Dataset<Example> first, second;
};

template <class... Examples>
struct Join {
  using Type = std::tuple<Examples...>;
};
template <class First, class Second>
struct Join<First, Second> {
  using Type = std::pair<First, Second>;
};
template <class... Examples>
using Joined = typename Join<Examples...>::Type;

template <class... Examples>
struct ZippedSource : Source<Joined<Examples...>> {
  explicit ZippedSource(const Dataset<Examples>&... all) : sets(all...) {}
  int64_t size() const override { return std::get<0>(sets).size(); }
  Joined<Examples...> get(int64_t i, uint64_t key) const override {
    return join(i, key, std::index_sequence_for<Examples...>());
  }
  uint64_t fingerprint() const override {
    uint64_t print = 0;
    std::apply([&](const auto&... set) { ((print = derived_seed(print, set.fingerprint())), ...); }, sets);
    return print;
  }
  template <size_t... K>
  Joined<Examples...> join(int64_t i, uint64_t key, std::index_sequence<K...>) const {
    return {std::get<K>(sets).get(i, derived_seed(key, K))...};
  }
  const std::tuple<Dataset<Examples>...> sets;
};

}  // namespace detail
}  // namespace grus::data
