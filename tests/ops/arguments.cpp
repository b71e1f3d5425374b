// Arguments that no row of the table varies: numbers and sizes at the ends of their types, lengths, rows of sources.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "ops/base/checkpoint.h"
#include "ops/base/hook.h"
#include "ops/loss/linear_cross_entropy.h"
#include "ops/loss/loss.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"
#include "ops/sequence/attention_gru.h"
#include "ops/sequence/gru.h"
#include "ops/sequence/lstm.h"
#include "ops/sequence/sequence.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

namespace {

constexpr int64_t most = std::numeric_limits<int64_t>::max(), least = std::numeric_limits<int64_t>::min();
constexpr double inf = std::numeric_limits<double>::infinity();

Tensor zeros(Shape shape, Device d, DType dtype = DType::f64) { return Tensor::zeros(shape, dtype, d); }

bool says_device(const std::string& message, const char* op) {
  return message.starts_with(fmt::format("[{}] need one device, got", op));
}

/// Visits each device with another one beside it.
void for_each_pair(const std::function<void(Device, Device)>& visit) {
  for (const Device& a : devices())
    for (const Device& b : devices())
      if (a != b) visit(a, b);
}

}  // namespace

TEST_CASE("numbers: beside integers, one that they are not is refused in the op's name") {
  for (const Device& d : devices()) {
    const Tensor x = i32({5, -7}, {2}, d), y = i64({5}, {1}, d), mask = Tensor::from_bools({true, false}, {2}, d);
    const auto refused = [](const char* op, const char* value) {
      return fmt::format("[{}] need an integral number in [-2147483648, 2147483647] for i32 (2), got {}", op, value);
    };
    CHECK(message_of([&] { return x + 3e9; }) == refused("add", "3000000000"));
    CHECK(message_of([&] { return 2.5 * x; }) == refused("mul", "2.5"));
    CHECK(message_of([&] { return x - std::nan(""); }) == refused("sub", "nan"));
    CHECK(message_of([&] { return maximum(x, -3e9); }) == refused("maximum", "-3000000000"));
    CHECK(message_of([&] { return clamp(x, 0, 3e9); }) == refused("clamp", "3000000000"));
    CHECK(message_of([&] { return clamp(x, -inf, 3); }) == refused("clamp", "-inf"));
    CHECK(message_of([&] { return where(mask, x, 0.5); }) == refused("where", "0.5"));
    CHECK(message_of([&] { return where(mask, 3e9, x); }) == refused("where", "3000000000"));
    CHECK(message_of([&] { return masked_fill(x, mask, 3e9); }) == refused("masked_fill", "3000000000"));
    CHECK(message_of([&] { return pad(x, {{1, 1}}, 0.5); }) == refused("pad", "0.5"));
    CHECK(message_of([&] { return y + 1e19; }).starts_with("[add] need an integral number in [-9223372036854775808, "));
    CHECK(message_of([&] { return x / 2.5; }) == "[div] need f32 or f64, got i32 (2)");
    CHECK(message_of([&] { return mask + 2.5; }) == "[add] need numbers, got bool (2); cast() it first");
    CHECK(values(masked_fill(logical_not(mask), mask, 2)) == std::vector<double>{1, 1});
    CHECK(message_of([&] { return masked_fill(zeros({2}, d), zeros({2}, d), 2); }) ==
          "[masked_fill] need a bool tensor, got f64 (2)");
  }
}

TEST_CASE("compare: integers beside any number compare as numbers do") {
  const std::vector<double> numbers{
      -inf, -1e19, -0x1p63,      -3e9,         -2147483649.0, -2147483648.0, -2.5,   -2,   -0.5, 0,           0.5,
      2,    2.5,   2147483647.0, 2147483647.5, 2147483648.0,  3e9,           0x1p63, 1e19, inf,  std::nan("")};
  for (const Device& d : devices()) {
    const Tensor narrow = i32({std::numeric_limits<int32_t>::min(), -3, -2, 0, 2, 3, 2147483647}, {7}, d);
    const Tensor wide = i64({least, -3, -2, 0, 2, 3, most}, {7}, d), bools = Tensor::from_bools({true, false}, {2}, d);
    for (const Tensor& x : {narrow, wide, bools}) {
      const std::vector<double> xs = values(x);  // least and most become doubles beyond which no number here lies
      for (const double b : numbers) {
        if (x.dtype() == DType::i64 && std::abs(b) == 0x1p63) continue;
        const auto check = [&](const char* op, const Tensor& right, const Tensor& left, auto expected) {
          const std::vector<double> r = values(right), l = values(left);
          for (size_t i = 0; i < xs.size(); ++i) {
            CHECK_MESSAGE(r[i] == expected(xs[i], b), name_of(x.dtype()), ": ", xs[i], " ", op, " ", b);
            CHECK_MESSAGE(l[i] == expected(b, xs[i]), name_of(x.dtype()), ": ", b, " ", op, " ", xs[i]);
          }
        };
        check("<", x < b, b < x, std::less<double>());
        check("<=", x <= b, b <= x, std::less_equal<double>());
        check(">", x > b, b > x, std::greater<double>());
        check(">=", x >= b, b >= x, std::greater_equal<double>());
        check("==", equal(x, b), equal(b, x), std::equal_to<double>());
        check("!=", not_equal(x, b), not_equal(b, x), std::not_equal_to<double>());
      }
    }
    CHECK(values(i64({most, least}, {2}, d) < 0x1p63) == std::vector<double>{1, 1});
    CHECK(values(i64({most, least}, {2}, d) <= -0x1p63) == std::vector<double>{0, 1});
  }
}

TEST_CASE("sizes: steps, amounts and counts at the ends of 64 bits are taken as numbers, or refused") {
  for (const Device& d : devices()) {
    const Tensor x = Tensor::arange(0, 6, d).reshape({2, 3});
    CHECK(values(slice(x, 1, 1, std::nullopt, most)) == std::vector<double>{1, 4});
    CHECK(values(slice(x, 0, least, most, most - 1)) == std::vector<double>{0, 1, 2});
    CHECK(slice(x, 1, 2, 1, most).shape() == Shape{2, 0});
    CHECK(message_of([&] {
            return pad(x, {{most, most}});
          }) == fmt::format("[pad] need sizes that fit in 64 bits, got {} + {}", most, most));
    CHECK(message_of([&] { return pad(x, {{most - 3, 0}}); }).ends_with("has too many elements"));
    CHECK(message_of([&] {
            return split(x, {most, most, 4}, 1);
          }) == fmt::format("[split] need sizes that fit in 64 bits, got {} + {}", most, most));
    CHECK(message_of([&] { return repeat(x, most, 1); }) ==
          fmt::format("[repeat] need sizes that fit in 64 bits, got 3 times {}", most));
    CHECK(message_of([&] { return tile(x, most / 3, 1); }).ends_with("has too many elements"));
    CHECK(message_of([&] {
            return repeat(zeros({8, 0}, d), most / 4, 0);
          }) == fmt::format("[repeat] need sizes that fit in 64 bits, got 8 times {}", most / 4));
    const Tensor wide = zeros({int64_t{1} << 59, 0}, d);
    const std::vector<Tensor> pieces(16, wide);
    CHECK(message_of([&] { return concat(pieces, 0); }).starts_with("[concat] need sizes that fit in 64 bits"));
    CHECK(
        message_of([&] { return broadcast_to(zeros({1}, d), {int64_t{1} << 60}); }).ends_with("has too many elements"));
    CHECK(message_of([&] { return zeros({int64_t{1} << 33, 0}, d) + zeros({1, 1}, d); }) == "");
    CHECK(message_of([&] {
            return scatter_rows(zeros({0, 2}, d), i64({}, {0}, d), -5);
          }) == "[scatter_rows] need at least 0 rows, got -5");
    CHECK(message_of([&] { return one_hot(i64({0}, {1}, d), int64_t{1} << 62); }).ends_with("has too many elements"));
    const std::vector<Tensor> parts = chunk(x, 5, 1);
    CHECK(parts.size() == 5);
    CHECK(values(parts[2]) == std::vector<double>{2, 5});
    CHECK(parts[4].shape() == Shape{2, 0});
    Rng rng(0);
    CHECK(message_of([&] {
            return dropout(zeros({2, 3}, d), 0.5, rng, i64({0, least}, {2}, d));
          }).starts_with("[dropout] need row ids of at least 0"));
  }
}

TEST_CASE("cross_entropy: class weights that want a gradient would get none, and are refused") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = f64({0, 1, 2, 3}, {2, 2}, d), weight = tape.watch(f64({1, 2}, {2}, d));
    const Tensor targets = i64({0, 1}, {2}, d);
    const std::string end = " need class weights that are constants, got ones that want a gradient: detach()";
    for (const auto op : {cross_entropy, cross_entropy_composed})
      CHECK(message_of([&] { op(x, targets, {.weight = weight}); }) == "[cross_entropy]" + end);
    CHECK(message_of([&] { nll_loss(x, targets, {.weight = weight}); }) == "[nll_loss]" + end);
    for (const auto op : {linear_cross_entropy, linear_cross_entropy_composed})
      CHECK(message_of([&] { op(x, x, {}, targets, {.weight = weight}); }) == "[linear_cross_entropy]" + end);
    CHECK(message_of([&] { cross_entropy(x, targets, {.weight = weight.detach()}); }) == "");
  }
}

TEST_CASE("cross_entropy: a target is ignored by its whole value, and the cure is named") {
  for (const Device& d : devices()) {
    const Tensor x = draw({3, 4}, -1, 1, 1, d);
    const int64_t far = int64_t{1} << 32, odd = (int64_t{1} << 53) + 1;
    const double all = cross_entropy(x, i64({0, 1, 0}, {3}, d)).item();
    const double some = cross_entropy(x.rows(0, 2), i64({0, 1}, {2}, d)).item();
    for (const auto f : {cross_entropy, cross_entropy_composed}) {
      for (const int64_t index : {far, -far, odd, least, most, int64_t{-100}})
        for (const double smoothing : {0.0, 0.1}) {
          const CrossEntropyOptions options{.ignore_index = index, .label_smoothing = smoothing};
          CHECK(f(x, i64({0, 1, index}, {3}, d), options).item() ==
                doctest::Approx(f(x.rows(0, 2), i64({0, 1}, {2}, d), {.label_smoothing = smoothing}).item()));
          CHECK(f(x, i64({0, 1, 0}, {3}, d), options).item() ==
                doctest::Approx(f(x, i64({0, 1, 0}, {3}, d), {.label_smoothing = smoothing}).item()));
          CHECK(f(x, i32({0, 1, 0}, {3}, d), options).item() ==
                doctest::Approx(f(x, i32({0, 1, 0}, {3}, d), {.label_smoothing = smoothing}).item()));
        }
      CHECK(message_of([&] {
              return f(x, i64({0, 1, odd - 1}, {3}, d), {.ignore_index = odd});
            }) == "[cross_entropy] need targets in [0, 4), got 9007199254740992 at (2), which is not the ignore_index");
      CHECK(message_of([&] {
              return f(x, i64({0, 1, -1}, {3}, d), {});
            }) == "[cross_entropy] need targets in [0, 4), got -1 at (2), which is not the ignore_index");
    }
    CHECK(all != doctest::Approx(some));
    const Tensor weight = draw({5, 4}, -1, 1, 2, d), ids = i32({0, 4, 2}, {3}, d);
    const double loss = linear_cross_entropy(x, weight, {}, ids).loss.item();
    CHECK(linear_cross_entropy(x, weight, {}, ids, {.chunk_rows = most}).loss.item() == doctest::Approx(loss));
    for (const int64_t index : {far, far + 2, least, most}) {
      CHECK(linear_cross_entropy(x, weight, {}, ids, {.ignore_index = index}).loss.item() == doctest::Approx(loss));
      CHECK(linear_cross_entropy(x, weight, {}, i64({0, index, 2}, {3}, d), {.ignore_index = index}).loss.item() ==
            doctest::Approx(linear_cross_entropy(x, weight, {}, i32({0, -100, 2}, {3}, d)).loss.item()));
    }
  }
}

TEST_CASE("attention: rows of other sources are refused, whatever they would point to") {
  for (const Device& d : devices()) {
    const Lengths source({2, 1}, -1, d), same({2, 1}, -1, d), other({1, 2}, -1, d), longer({4, 4, 4}, -1, d);
    const AttentionMemory memory{zeros({3, 4}, d), zeros({3, 2}, d), source};
    const Tensor query = zeros({2, 4}, d), v = zeros({4}, d);
    for (const auto op :
         {static_cast<AttentionOutput (*)(const Tensor&, const AttentionMemory&, const AttentionRows&, const Tensor&)>(
              additive_attention),
          additive_attention_composed}) {
      CHECK(op(query, memory, attention_rows(same, {1, 0}), v).context.shape() == Shape{2, 2});
      for (const AttentionRows& rows : {attention_rows(other, {0, 1}), attention_rows(longer, {2, 0})})
        CHECK(message_of([&] { return op(query, memory, rows, v); }) ==
              "[additive_attention] need rows that attention_rows made for these 2 sources, got 2 rows of others");
      CHECK(message_of([&] {
              return op(query, memory, {}, v);
            }).starts_with("[additive_attention] need query (rows = 0, A)"));
    }
    CHECK(message_of([&] { return attention_rows(source, {2}); }) ==
          "[additive_attention] need sources in [0, 2), got 2");
    CHECK(message_of([&] { return attention_rows(source, {-1}); }) ==
          "[additive_attention] need sources in [0, 2), got -1");
    const Lengths three({2, 1, 1}, 3, d), long_one({5, 1}, -1, d);
    for (const Lengths* lengths : {&three, &long_one})
      CHECK(message_of([&] {
              return additive_attention(query, zeros({3, 2, 4}, d), zeros({3, 2, 2}, d), v, lengths);
            }).starts_with("[additive_attention] need lengths of 2 sources of at most 3 places, got "));
  }
}

TEST_CASE("lengths: on another device than the rest they are refused in the op's name") {
  for_each_pair([](Device d, Device away) {
    const Lengths lengths({2, 1}, -1, away), here({2, 1}, -1, d);
    const Tensor rows = zeros({3, 2}, d), padded = zeros({2, 2, 2}, d);
    const GruWeights gru_weights{zeros({6, 2}, d), zeros({6, 2}, d), {}, {}};
    const LstmWeights lstm_weights{zeros({8, 2}, d), zeros({8, 2}, d), {}, {}};
    CHECK(says_device(message_of([&] { return pack(padded, lengths); }), "pack"));
    CHECK(says_device(message_of([&] { return unpack(rows, lengths); }), "unpack"));
    for (const auto f : {gru_packed, gru_packed_composed})
      CHECK(says_device(message_of([&] { return f(rows, lengths, {}, gru_weights, {}, false); }), "gru"));
    for (const auto f : {lstm_packed, lstm_packed_composed})
      CHECK(says_device(message_of([&] { return f(rows, lengths, {}, lstm_weights, false); }), "lstm"));
    CHECK(says_device(message_of([&] { return gru(padded, &lengths, {}, gru_weights); }), "gru"));
    CHECK(says_device(message_of([&] { return lstm(padded, &lengths, {}, lstm_weights); }), "lstm"));
    const AttentionMemory memory{rows, rows, lengths}, good{rows, rows, here};
    const Tensor query = zeros({2, 2}, d), v = zeros({2}, d);
    CHECK(says_device(message_of([&] {
                        return additive_attention(query, memory, attention_rows(here, {0, 1}), v);
                      }),
                      "additive_attention"));
    CHECK(says_device(message_of([&] {
                        return additive_attention(query, good, attention_rows(lengths, {0, 1}), v);
                      }),
                      "additive_attention"));
    const AttentionGruWeights w{{}, {zeros({6, 4}, d), zeros({6, 2}, d), {}, {}}, zeros({2, 2}, d), {}, v, {}};
    for (const auto f : {attention_gru, attention_gru_composed}) {
      CHECK(says_device(message_of([&] { return f(rows, lengths, query, good, w); }), "attention_gru"));
      CHECK(says_device(message_of([&] { return f(rows, here, query, memory, w); }), "attention_gru"));
    }
  });
}

TEST_CASE("recurrence: errors are in the caller's shapes, and name the argument") {
  for (const Device& d : devices()) {
    const GruWeights w{zeros({15, 4}, d, DType::f32), zeros({15, 5}, d, DType::f32), {}, {}};
    CHECK(message_of([&] {
            return gru(Tensor::zeros({3, 2, 4}, DType::i32, d), nullptr, {}, w);
          }) == "[gru] need f32 or f64, got i32 (3, 2, 4)");
    CHECK(message_of([&] {
            return gru(zeros({3, 2, 4}, d), nullptr, {}, w);
          }) == "[gru] need one dtype, got f64 (3, 2, 4) and f32 (15, 5)");
    CHECK(message_of([&] {
            return gru(zeros({3, 2, 6}, d, DType::f32), nullptr, {}, w);
          }) == "[gru] need x (T, B, I) and weight_ih (.., I), got (3, 2, 6) and (15, 4)");
    const Tensor x = zeros({2, 4}, d, DType::f32);
    CHECK(message_of([&] {
            return gru_cell(x, zeros({2, 4}, d, DType::f32), w);
          }) == "[gru_cell] need h (B = 2, H = 5), got (2, 4)");
    CHECK(message_of([&] { return gru_cell(x, {}, w); }) == "[gru_cell] need a state, got an undefined one");
    CHECK(message_of([&] {
            return gru_cell(x, zeros({2, 5}, d), w);
          }) == "[gru_cell] need one dtype, got f32 (2, 4) and f64 (2, 5)");
    CHECK(message_of([&] {
            return gru_packed(x, Lengths({2}, -1, d), {}, {w.weight_ih, {}, {}, {}});
          }) == "[gru] need tensors, got an undefined one");
  }
}

TEST_CASE("hooks and checkpoints: a function that is none is refused when it is given") {
  CHECK(message_of([] { return on_gradient(Tensor::ones({1}), nullptr); }) ==
        "[on_gradient] need a function, got none");
  const std::function<Tensor(std::span<const Tensor>)> none;
  CHECK(message_of([&] { return checkpoint(none, {Tensor::ones({1})}); }) == "[checkpoint] need a function, got none");
}
