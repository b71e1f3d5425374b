// Convolutions, pooling and the layouts of windows under them.
#include "ops/conv/conv.h"

#include "ops/conv/pool.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "tests/ops/table/row.h"

namespace grus::test {
namespace {

std::vector<Input> operands(Shape x, Shape weight, bool bias = true) {
  std::vector<Input> inputs{{x}, {"weight", weight}};
  if (bias) inputs.push_back({"bias", {weight[0]}});
  return inputs;
}

std::vector<Row> window_rows() {
  const auto columns = [](Pair kernel, WindowOptions o) -> Function {
    return [=](const Tensor& x) { return im2col(x, kernel, o); };
  };
  return {
      {"im2col",
       "the windows of an image as columns",
       floats,
       2,
       {{"3 x 2", {{{2, 2, 4, 3}}}, columns({3, 2}, {})},
        {"stride, padding, dilation", {{{1, 2, 5, 4}}}, columns({2, 3}, {{2, 1}, {1, 2}, {3, 2}})},
        {"nothing", {{{0, 1, 2, 2}}}, columns(2, {})},
        {"by hand",
         {given({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6})},
         columns({2, 2}, {.padding = {0, 1}}),
         {{{1, 4, 4}, {0, 1, 2, 3, 1, 2, 3, 0, 0, 4, 5, 6, 4, 5, 6, 0}}}},
        {"large", {{{3, 5, 40, 41}}}, columns(3, {.padding = 1}), {}, {}, Size::large}},
       {{[](Device d) {
           im2col(zeros({1, 1, 2, 4}, d), 3);
         },
         "[im2col] need an image that holds a window of 3 x 3, got (1, 1, 2, 4) padded by 0 x 0"},
        {[](Device d) {
           im2col(zeros({1, 1, 4, 4}, d), 3, {.stride = {0, 1}});
         },
         "[im2col] need kernel, stride and dilation of at least 1 and a padding of at least 0, got 3, 0, 1 and 0"}}},
      {"col2im",
       "the sum of what windows have of each pixel",
       floats,
       2,
       {{"2 x 2",
         {{{2, 8, 6}}},
         [](const Tensor& x) {
           return col2im(x, {4, 3}, 2);
         }},
        {"stride, padding",
         {{{1, 4, 4}}},
         [](const Tensor& x) {
           return col2im(x, {3, 3}, 2, {.stride = {2, 1}, .padding = {1, 0}, .dilation = {1, 1}});
         }},
        {"by hand",
         {given({1, 2, 2}, {1, 2, 3, 4})},
         [](const Tensor& x) {
           return col2im(x, {1, 3}, {1, 2});
         },
         {{{1, 1, 1, 3}, {1, 5, 4}}}}},
       {{[](Device d) {
           col2im(zeros({1, 4, 3}, d), {4, 3}, 2);
         },
         "[col2im] need 3 x 2 windows, got y (1, 4, 3)"}}}};
}

Function convolve(const ConvOptions& o, bool fused = true) {
  return [=](In in) { return (fused ? conv2d : conv2d_composed)(in["x"], in["weight"], in["bias"], o); };
}

/// Another use of x, whose gradient is there before that of the convolution.
Function convolve_and_square(bool fused) {
  return [=](In in) {
    const Tensor y = (fused ? conv2d : conv2d_composed)(in["x"], in["weight"], in["bias"], {});
    return std::vector<Tensor>{y, square(in["x"])};
  };
}

Sample conv_sample(std::string what, std::vector<Input> inputs, const ConvOptions& o = {}, Size size = Size::ordinary) {
  return {std::move(what), std::move(inputs), convolve(o), {}, convolve(o, false), size};
}

Row conv2d_row() {
  return {"conv2d",
          "y[b, o] = bias[o] + sum_c x[b, c] * weight[o, c]",
          floats,
          2,
          {conv_sample("3 x 2", operands({2, 2, 4, 3}, {2, 2, 3, 2})),
           conv_sample("without a bias, padding 1", operands({1, 2, 3, 3}, {2, 2, 3, 3}, false), {.padding = 1}),
           conv_sample("stride, padding, dilation", operands({2, 1, 5, 4}, {2, 1, 2, 3}), {{2, 1}, {1, 2}, {3, 2}}),
           conv_sample("two groups", operands({2, 4, 2, 3}, {2, 2, 2, 2}), {.groups = 2}),
           conv_sample("a group for each channel", operands({1, 2, 3, 3}, {4, 1, 2, 2}), {.padding = 1, .groups = 2}),
           conv_sample("1 x 1", operands({2, 2, 2, 2}, {3, 2, 1, 1})),
           {"1 x 1, and another use of x",
            operands({2, 2, 2, 2}, {3, 2, 1, 1}),
            convolve_and_square(true),
            {},
            convolve_and_square(false)},
           conv_sample("1 x 1 with a stride", operands({1, 2, 3, 3}, {3, 2, 1, 1}), {.stride = 2}),
           conv_sample("no images", operands({0, 2, 3, 3}, {1, 2, 2, 2})),
           conv_sample("large", operands({2, 9, 60, 61}, {10, 9, 3, 3}), {.padding = 1}, Size::large),
           conv_sample("large, groups, stride", operands({3, 6, 50, 70}, {8, 3, 5, 5}),
                       {.stride = {2, 3}, .padding = 2, .groups = 2}, Size::large),
           {"by hand",
            {given({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6}), given("weight", {1, 1, 2, 2}, {1, 0, 0, -1}),
             given("bias", {1}, {10})},
            convolve({}),
            {{{1, 1, 1, 2}, {6, 6}}}}},
          {{[](Device d) {
              conv2d(zeros({1, 3, 4, 4}, d), zeros({2, 2, 3, 3}, d));
            },
            "[conv2d] need x (B, C, H, W) and weight (O, C / 1, kh, kw) of 1 groups, got (1, 3, 4, 4) and (2, 2, 3, "
            "3)"},
           {[](Device d) {
              conv2d(zeros({1, 2, 2, 4}, d), zeros({2, 2, 3, 3}, d));
            },
            "[conv2d] need an image that holds a window of 3 x 3, got (1, 2, 2, 4) padded by 0 x 0"},
           {[](Device d) {
              conv2d(zeros({1, 2, 4, 4}, d), zeros({2, 2, 3, 3}, d), zeros({3}, d));
            },
            "[conv2d] need bias (2), got (3)"}},
          1e-4};
}

std::vector<Row> sequence_conv_rows() {
  const auto one = [](Conv1dOptions o) -> Function {
    return [=](In in) { return conv1d(in["x"], in["weight"], in["bias"], o); };
  };
  const auto steps = [](ConvSequenceOptions o) -> Function {
    return [=](In in) { return conv_sequence(in["x"], in["weight"], in["bias"], o); };
  };
  const auto by_conv1d = [](In in) {  // padding 4 on both sides, then the last 4 places off
    const Tensor y = conv1d(permute(in["x"], {1, 2, 0}), in["weight"], in["bias"], {.padding = 4, .dilation = 2});
    return permute(y.columns(0, -4), {2, 0, 1});
  };
  const Input x = given("x", {3, 1, 1}, {1, 2, 4}), weight = given("weight", {1, 1, 2}, {1, -1});
  return {{"conv1d",
           "y[b, o] = bias[o] + sum_c x[b, c] * weight[o, c]",
           floats,
           2,
           {{"k = 3", operands({2, 2, 5}, {2, 2, 3}), one({.padding = 1})},
            {"stride, dilation, groups", operands({1, 4, 7}, {2, 2, 2}, false), one({2, 1, 3, 2})},
            {"large", operands({4, 33, 301}, {30, 33, 5}), one({.padding = 2}), {}, {}, Size::large},
            {"by hand", {given("x", {1, 1, 3}, {1, 2, 4}), weight}, one({}), {{{1, 1, 2}, {-1, -2}}}}},
           {{[](Device d) {
               conv1d(zeros({2, 3}, d), zeros({2, 3, 1}, d));
             },
             "[conv1d] need x (B, C, L) and weight (O, C / 1, k) of 1 groups, got (2, 3) and (2, 3, 1)"}},
           1e-4},
          {"conv_sequence",
           "y[t] = bias + sum_j weight[:, :, j] x[t + j dilation - before]",
           floats,
           2,
           {{"k = 3", operands({5, 2, 2}, {3, 2, 3}), steps({.before = 1, .after = 1})},
            {"causal, dilation 2", operands({4, 2, 2}, {2, 2, 3}), steps({.before = 4, .dilation = 2}), {}, by_conv1d},
            {"no sequences", operands({3, 0, 2}, {2, 2, 2}), steps({})},
            {"large", operands({90, 7, 33}, {30, 33, 5}), steps({.before = 2, .after = 2}), {}, {}, Size::large},
            {"by hand", {x, weight}, steps({}), {{{2, 1, 1}, {-1, -2}}}}},
           {{[](Device d) {
               conv_sequence(zeros({2, 1, 3}, d), zeros({2, 3, 5}, d), {}, {.before = 1});
             },
             "[conv_sequence] need at least 5 steps, padding included, got x (2, 1, 3)"}},
           1e-4}};
}

using Pool = Tensor (*)(const Tensor&, Pair, const PoolOptions&);

Row pool_row(const char* op, const char* equation, Pool fused, Pool composed, Expected by_hand) {
  const auto sample = [=](std::string what, Shape x, Pair kernel, PoolOptions o, Size size = Size::ordinary) -> Sample {
    return {std::move(what),
            {{x}},
            [=](const Tensor& x) { return fused(x, kernel, o); },
            {},
            [=](const Tensor& x) { return composed(x, kernel, o); },
            size};
  };
  return {op,
          equation,
          floats,
          2,
          {sample("2 x 2", {2, 2, 4, 5}, 2, {}),
           sample("overlapping, padding", {1, 2, 4, 4}, {3, 2}, {.stride = Pair(1, 2), .padding = {1, 1}}),
           sample("no images", {0, 2, 3, 3}, 2, {}),
           sample("large", {3, 7, 61, 60}, 3, {.stride = Pair(2), .padding = 1}, Size::large),
           {"by hand",
            {given({1, 1, 2, 4}, {1, -2, 3, 2, -4, 5, 1, 0})},
            [=](const Tensor& x) { return fused(x, 2, {}); },
            {by_hand}}},
          {{[=](Device d) {
              fused(zeros({1, 1, 4, 4}, d), 2, {.padding = 2});
            },
            std::string("[") + op + "] need a padding of at most half of the kernel 2 x 2, got 2 x 2"}}};
}

std::vector<Row> small_pool_rows() {
  const auto line = given({1, 1, 4}, {1, -2, 3, 5});
  const auto error = [](const char* op, Tensor (*f)(const Tensor&)) -> ErrorCase {
    return {[f](Device d) {
              f(zeros({2, 3, 0}, d));
            },
            std::string("[") + op + "] need x (B, C, ...) with values, got (2, 3, 0)"};
  };
  return {{"max_pool1d",
           "the largest of each window",
           floats,
           2,
           {{"k = 3", {{{2, 2, 6}}}, [](const Tensor& x) { return max_pool1d(x, 3, {.stride = 2, .padding = 1}); }},
            {"by hand", {line}, [](const Tensor& x) { return max_pool1d(x, 2); }, {{{1, 1, 2}, {1, 5}}}}},
           {}},
          {"avg_pool1d",
           "the mean of each window",
           floats,
           2,
           {{"k = 3", {{{2, 2, 6}}}, [](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 2, .padding = 1}); }},
            {"by hand", {line}, [](const Tensor& x) { return avg_pool1d(x, 2); }, {{{1, 1, 2}, {-0.5, 4}}}}},
           {}},
          {"global_max_pool",
           "the largest of each channel",
           floats,
           2,
           {{"(2, 3, 2, 2)", {{{2, 3, 2, 2}}}, Function(global_max_pool)},
            {"by hand", {line}, Function(global_max_pool), {{{1, 1}, {5}}}}},
           {error("global_max_pool", global_max_pool)}},
          {"global_avg_pool",
           "the mean of each channel",
           floats,
           2,
           {{"(2, 3, 2, 2)", {{{2, 3, 2, 2}}}, Function(global_avg_pool)},
            {"by hand", {line}, Function(global_avg_pool), {{{1, 1}, {1.75}}}}},
           {error("global_avg_pool", global_avg_pool)}}};
}

}  // namespace

std::vector<Row> conv_rows() {
  std::vector<Row> all = window_rows();
  all.push_back(conv2d_row());
  for (Row& row : sequence_conv_rows()) all.push_back(std::move(row));
  all.push_back(
      pool_row("max_pool2d", "the largest of each window", max_pool2d, max_pool2d_composed, {{1, 1, 1, 2}, {5, 3}}));
  all.push_back(
      pool_row("avg_pool2d", "the mean of each window", avg_pool2d, avg_pool2d_composed, {{1, 1, 1, 2}, {0, 1.5}}));
  for (Row& row : small_pool_rows()) all.push_back(std::move(row));
  return all;
}

}  // namespace grus::test
