// Methods of Tensor are the functions of ops/, and what a variable may be used for: x += y, integers, ranges.
#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "core/tape/tape.h"
#include "ops/math/cumulative.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/mask.h"
#include "ops/math/matmul.h"
#include "ops/math/moments.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/math/sort.h"
#include "ops/math/triangle.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

namespace {

using Tensors = std::vector<Tensor>;

struct BothForms {
  std::string name;
  std::function<Tensors(const Tensor&x, const Tensor&y)> method, function;
};

Tensors both(const Extremum& e) { return {e.values, e.ids}; }
Tensors both(const Sorted& s) { return {s.values, s.ids}; }
Tensors both(const TopK& t) { return {t.values, t.ids}; }

std::vector<BothForms> elementwise_pairs() {
  std::vector<BothForms> pairs;
#define GRUS_UNARY(name, ...) \
  pairs.push_back(            \
      {#name, [](auto& x, auto&) { return Tensors{x.name()}; }, [](auto& x, auto&) { return Tensors{name(x)}; }});
#define GRUS_BINARY(name, ...)                                 \
  pairs.push_back({#name,                                      \
                   [](auto& x, auto& y) {                      \
                     return Tensors{x.name(y), x.name(0.5)};   \
                   },                                          \
                   [](auto& x, auto& y) {                      \
                     return Tensors{name(x, y), name(x, 0.5)}; \
                   }});
#define GRUS_COMPARE(name, ...) GRUS_BINARY(name)
#include "core/device/elementwise.def"
  return pairs;
}

#define SAME(call, ...)                                                                                                  \
  {                                                                                                                      \
#call,                                                                                                               \
        [](auto& x, [[maybe_unused]] auto& y)                                                                            \
             -> Tensors { return {x.call(__VA_ARGS__)}; },                                                               \
                                                        [](auto& x, [[maybe_unused]] auto& y)                            \
                                                             -> Tensors { return {call(x __VA_OPT__(, ) __VA_ARGS__)}; } \
  }

Tensor first_places(const Tensor& x) { return Tensor::zeros({1, x.dim(1)}, DType::i64, x.device()); }

std::vector<BothForms> other_pairs() {
  return {SAME(sum, 1, true),
          SAME(mean, 0),
          SAME(amax, {0, 1}),
          SAME(amin, 1),
          SAME(max),
          SAME(min),
          SAME(argmax, 1),
          SAME(argmin, 0, true),
          SAME(logsumexp, 1),
          SAME(prod, 1),
          SAME(any, 0),
          SAME(all, 1, true),
          SAME(var, 1, 0),
          SAME(stddev, 0),
          SAME(norm, 1, 1),
          SAME(cumsum, 1),
          SAME(cumprod, 0),
          SAME(argsort, 0, true),
          SAME(roll, 1, 0),
          SAME(unfold, 1, 2, 1),
          SAME(triu),
          SAME(tril, -1),
          SAME(diagonal),
          SAME(nonzero),
          SAME(masked_select, y > 0.0),
          SAME(index_put, {first_places(x)[0].slice(0, 0, 1)}, y[0]),
          {"sort", [](auto& x, auto&) { return both(x.sort(0, true)); },
           [](auto& x, auto&) { return both(sort(x, 0, true)); }},
          {"max", [](auto& x, auto&) { return both(x.max(1)); }, [](auto& x, auto&) { return both(max(x, 1)); }},
          {"min", [](auto& x, auto&) { return both(x.min(0, true)); },
           [](auto& x, auto&) { return both(min(x, 0, true)); }},
          {"top_k", [](auto& x, auto&) { return both(x.top_k(2)); }, [](auto& x, auto&) { return both(top_k(x, 2)); }},
          {"matmul", [](auto& x, auto& y) -> Tensors { return {x.matmul(y.transpose())}; },
           [](auto& x, auto& y) -> Tensors { return {matmul(x, transpose(y))}; }},
          {"where",
           [](auto& x, auto& y) -> Tensors {
             return {x.where(x < y, y), x.where(x < y, 7)};
           },
           [](auto& x, auto& y) -> Tensors {
             return {where(x < y, x, y), where(x < y, x, 7)};
           }},
          {"logical",
           [](auto& x, auto& y) -> Tensors {
             const Tensor a = x < 0, b = y < 0;
             return {a.logical_and(b), a.logical_or(b), a.logical_not()};
           },
           [](auto& x, auto& y) -> Tensors {
             const Tensor a = x < 0, b = y < 0;
             return {logical_and(a, b), logical_or(a, b), logical_not(a)};
           }},
          SAME(clamp, -0.5, 0.5),
          SAME(softmax, 0),
          SAME(log_softmax, 1),
          SAME(permute, {1, 0}),
          SAME(transpose),
          SAME(unsqueeze, 1),
          {"squeeze", [](auto& x, auto&) -> Tensors { return {x.unsqueeze(1).squeeze(1)}; },
           [](auto& x, auto&) -> Tensors { return {squeeze(unsqueeze(x, 1), 1)}; }},
          SAME(flatten),
          SAME(flip, 1),
          SAME(slice, 1, -2),
          SAME(slice, 1, 0, 3, 2),
          SAME(tile, 2, 1),
          SAME(broadcast_to, {4, 2, 3}),
          {"split",
           [](auto& x, auto&) {
             return x.split({1, 2}, 1);
           },
           [](auto& x, auto&) {
             return split(x, {1, 2}, 1);
           }},
          {"split, of sizes in a vector",
           [](auto& x, auto&) {
             return x.split(std::vector<int64_t>{2, 1}, 1);
           },
           [](auto& x, auto&) {
             return split(x, std::vector<int64_t>{2, 1}, 1);
           }},
          {"chunk", [](auto& x, auto&) { return x.chunk(2, 1); }, [](auto& x, auto&) { return chunk(x, 2, 1); }},
          SAME(reshape, {3, -1}),
          SAME(clone),
          SAME(detach),
          {"to", [](auto& x, auto&) -> Tensors { return {x.to(DType::f32)}; },
           [](auto& x, auto&) -> Tensors { return {to(x, DType::f32)}; }},
          SAME(index_select, 1, first_places(x).reshape({3})),
          SAME(gather, 0, first_places(x)),
          SAME(scatter_add, 0, first_places(x), y.rows(0, 1)),
          SAME(masked_fill, y < 0, 3)};
}

#undef SAME

}  // namespace

TEST_CASE("methods: each is the function of its name, with its values and gradients") {
  std::vector<BothForms> pairs = elementwise_pairs();
  for (BothForms& pair : other_pairs()) pairs.push_back(std::move(pair));
  const Device d = devices().back();
  for (const BothForms& pair : pairs) {
    CAPTURE(pair.name);
    Tape tape;
    const Tensor x = tape.watch(draw({2, 3}, -1, 1, 1, d)), y = tape.watch(draw({2, 3}, -1, 1, 2, d));
    const Tensors method = pair.method(x, y), function = pair.function(x, y);
    REQUIRE(method.size() == function.size());
    for (size_t k = 0; k < method.size(); ++k) {
      CHECK(method[k].shape() == function[k].shape());
      CHECK(method[k].dtype() == function[k].dtype());
      CHECK(method[k].to_bytes() == function[k].to_bytes());
      CHECK((method[k].node().tape == 0) == (function[k].node().tape == 0));
      if (method[k].node().tape == 0) continue;
      for (const Tensor& input : {x, y}) {
        const Tensor seed = Tensor::ones(method[k].shape(), method[k].dtype(), d);
        const Tensor a = tape.grad(method[k], std::span(&input, 1), false, seed)[0],
                     b = tape.grad(function[k], std::span(&input, 1), false, seed)[0];
        CHECK(a.defined() == b.defined());
        if (a.defined()) CHECK(a.to_bytes() == b.to_bytes());
      }
    }
  }
}

TEST_CASE("to and clone: gradients go back through a copy, to another device and dtype too; detach() cuts") {
  for (const Device& d : devices()) {
    const Device other = d == devices().front() ? devices().back() : devices().front();
    Tape tape;
    const Tensor x = tape.watch(f64({1, 2, 3}, {3}, d));
    const Tensor copy = x.clone(), moved = x.to(other), narrow = x.to(DType::f32);
    check_equal(tape.grad(sum(copy * copy), {x})[0], {3}, {2, 4, 6});
    const Tensor there = tape.grad(sum(moved * moved), {x})[0];
    CHECK(there.device() == d);
    check_equal(there, {3}, {2, 4, 6});
    const Tensor wide = tape.grad(sum(narrow * narrow), {x})[0];
    CHECK(wide.dtype() == DType::f64);
    check_equal(wide, {3}, {2, 4, 6});
    check_equal(tape.grad(sum(x * x.detach().clone()), {x})[0], {3}, {1, 2, 3});
    CHECK(x.detach().clone().node().tape == 0);
    check_equal(x.to(d).to(DType::f64), {3}, {1, 2, 3});
  }
}

TEST_CASE("x += y: the variable is bound to a new value, recorded; what shared its elements keeps them") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor a = tape.watch(f64({1, 2}, {2}, d)), b = tape.watch(f64({3, 5}, {2}, d));
    Tensor x = a;
    const Tensor alias = x, squared = x * x;
    x += b;
    check_equal(x, {2}, {4, 7});
    check_equal(alias, {2}, {1, 2});
    check_equal(tape.grad(sum(squared), {a})[0], {2}, {2, 4});
    x -= 1.0;
    x *= b;
    x /= a;
    x *= 2;
    x -= a;
    x += 0.5;
    x /= 4;
    check_equal(x, {2}, {(3 * 3 / 1.0 * 2 - 1 + 0.5) / 4, (6 * 5 / 2.0 * 2 - 2 + 0.5) / 4});
    // x = ((a + b - 1) b / a * 2 - a + 0.5) / 4
    check_equal(tape.grad(sum(x), {b})[0], {2}, {(2 * 3 + 1 - 1) / 1.0 / 2, (2 * 5 + 2 - 1) / 2.0 / 2});
    Tensor whole = i64({7, -2}, {2}, d);
    whole += i64({1, 1}, {2}, d);
    whole *= 3;
    CHECK(whole.to_vector<int64_t>() == std::vector<int64_t>{24, -3});
    CHECK(message_of([&] {
            whole += i64({1, 2, 3, 4}, {2, 2}, d);
          }) == "[+=] need what leaves the shape (2) as it is, got (2, 2)");
    CHECK(message_of([&] { whole /= 2; }) == "[div] need f32 or f64, got i64 (2)");
    CHECK(whole.to_vector<int64_t>() == std::vector<int64_t>{24, -3});
  }
}

TEST_CASE("integers: negated, absolute, squared and cut at 0 as they are, the smallest too") {
  constexpr int64_t least = std::numeric_limits<int64_t>::min();
  constexpr int32_t small = std::numeric_limits<int32_t>::min();
  for (const Device& d : devices()) {
    const Tensor ids = i64({3, -4, 0, least}, {4}, d);
    CHECK((-ids).to_vector<int64_t>() == std::vector<int64_t>{-3, 4, 0, least});
    CHECK(abs(ids).to_vector<int64_t>() == std::vector<int64_t>{3, 4, 0, least});
    CHECK(relu(ids).to_vector<int64_t>() == std::vector<int64_t>{3, 0, 0, 0});
    CHECK(square(i64({3, -4}, {2}, d)).to_vector<int64_t>() == std::vector<int64_t>{9, 16});
    CHECK((-i32({3, small}, {2}, d)).to_vector<int32_t>() == std::vector<int32_t>{-3, small});
    CHECK(message_of([&] { (void)exp(ids); }) == "[exp] need f32 or f64, got i64 (4)");
    CHECK(message_of([&] { (void)-Tensor::from_bools({true}, {1}, d); }) ==
          "[neg] need numbers, got bool (1); cast() it first");
    CHECK((-(ids > 0).to(DType::i32)).to_vector<int32_t>() == std::vector<int32_t>{-1, 0, 0, 0});
  }
}

TEST_CASE("columns and rows: ranges from either end, open ones to the end; what is out of range is one sentence") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = tape.watch(f64({1, 2, 3, 4, 5, 6}, {2, 3}, d));
    check_equal(x.columns(1, 3), {2, 2}, {2, 3, 5, 6});
    check_equal(x.columns(1), {2, 2}, {2, 3, 5, 6});
    check_equal(x.columns(0, -1), {2, 2}, {1, 2, 4, 5});
    check_equal(x.columns(-1), {2, 1}, {3, 6});
    check_equal(x.rows(-1), {1, 3}, {4, 5, 6});
    check_equal(x.rows(1).columns(1, 2), {1, 1}, {5});
    check_equal(x.reshape({1, 2, 3}).columns(2), {1, 2, 1}, {3, 6});
    check_equal(tape.grad(sum(square(x.columns(1))), {x})[0], {2, 3}, {0, 4, 6, 0, 10, 12});
    CHECK(message_of([&] { (void)x.columns(2, 1); }) == "[columns] need 0 <= begin <= end <= 3, got 2 and 1");
    CHECK(message_of([&] { (void)x.columns(0, 4); }) == "[columns] need 0 <= begin <= end <= 3, got 0 and 4");
    CHECK(message_of([&] { (void)sum(x).columns(0); }) == "[columns] need at least one axis, got shape ()");
    CHECK(message_of([&] { (void)Tensor().columns(0); }) == "[columns] need a tensor, got an undefined one");
  }
}

TEST_CASE("max along an axis: among equals the first wins, and has all of the gradient; NaN wins over all") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = tape.watch(f64({1, 5, 5, 2, 2, 0}, {2, 3}, d));
    const Extremum most = max(x, 1), least = min(x, 0, true);
    check_equal(most.values, {2}, {5, 2});
    CHECK(most.ids.to_vector<int64_t>() == std::vector<int64_t>{1, 0});
    check_equal(tape.grad(sum(most.values), {x})[0], {2, 3}, {0, 1, 0, 1, 0, 0});
    check_equal(least.values, {1, 3}, {1, 2, 0});
    CHECK(least.ids.shape() == Shape{1, 3});
    check_equal(tape.grad(sum(amax(x, 1)), {x})[0], {2, 3}, {0, 0.5, 0.5, 0.5, 0.5, 0});
    CHECK(max(f64({1, nan, 3}, {3}, d), 0).ids.item<int64_t>() == 1);
    CHECK(max(i64({4, 9}, {2}, d), 0).values.item<int64_t>() == 9);
  }
}
