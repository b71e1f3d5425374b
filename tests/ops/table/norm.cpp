// Norms: of rows, of groups of channels, of channels over the batch.
#include "ops/math/norm.h"

#include "tests/ops/table/row.h"

namespace grus::test {
namespace {

using LayerNorm = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, double);
using RmsNorm = Tensor (*)(const Tensor&, const Tensor&, double);

Function layer(LayerNorm op, double eps = 0.1) {
  return [=](In in) { return op(in["x"], in["weight"], in["bias"], eps); };
}
Function rms(RmsNorm op, double eps = 0.1) {
  return [=](In in) { return op(in["x"], in["weight"], eps); };
}

std::vector<Input> with_parameters(Shape x, int64_t features, bool weight = true, bool bias = true) {
  std::vector<Input> inputs{{x}};
  if (weight) inputs.push_back({"weight", {features}});
  if (bias) inputs.push_back({"bias", {features}});
  return inputs;
}

Sample layer_sample(std::string what, std::vector<Input> inputs, Size size = Size::ordinary) {
  return {std::move(what), std::move(inputs), layer(layer_norm), {}, layer(layer_norm_composed), size};
}

Row layer_norm_row() {
  return {"layer_norm",
          "y = (x - mean) / sqrt(variance + eps) * weight + bias",
          floats,
          2,
          {layer_sample("(2, 2, 3)", with_parameters({2, 2, 3}, 3)),
           layer_sample("alone", {{{2, 4}}}),
           layer_sample("a bias alone", with_parameters({2, 4}, 4, false, true)),
           layer_sample("no rows", with_parameters({0, 3}, 3)),
           layer_sample("size 1", with_parameters({2, 1}, 1, true, false)),
           {"by hand",
            {given({2, 2}, {1, 3, -2, 6}), given("weight", {2}, {2, 3}), given("bias", {2}, {0, 1})},
            layer(layer_norm, 0),
            {{{2, 2}, {-2, 4, -2, 4}}}},
           {"equal entries",
            {given({2}, {5, 5})},
            [](const Tensor& x) { return layer_norm(x); },
            {{{2}, {0, 0}}},
            {},
            Size::extreme},
           layer_sample("large", with_parameters({130, 301}, 301), Size::large)},
          {{[](Device d) {
              const Tensor z = Tensor::zeros({2, 3}, DType::f64, d);
              layer_norm(z, z);
            },
            "[layer_norm] need weight and bias (3), got (2, 3)"},
           {[](Device d) {
              layer_norm(Tensor::zeros({2, 0}, DType::f64, d));
            },
            "[layer_norm] need x (..., F) with F of at least 1, got (2, 0)"}},
          5e-5};
}

Sample rms_sample(std::string what, std::vector<Input> inputs, Size size = Size::ordinary) {
  return {std::move(what), std::move(inputs), rms(rms_norm), {}, rms(rms_norm_composed), size};
}

Row rms_norm_row() {
  return {"rms_norm",
          "y = x / sqrt(mean x^2 + eps) * weight",
          floats,
          2,
          {rms_sample("(2, 2, 3)", with_parameters({2, 2, 3}, 3, true, false)),
           rms_sample("alone", {{{2, 4}}}),
           rms_sample("no rows", with_parameters({0, 3}, 3, true, false)),
           {"by hand",
            {given({2, 2}, {1, 7, -5, 5}), given("weight", {2}, {2, 3})},
            rms(rms_norm, 0),
            {{{2, 2}, {0.4, 4.2, -2, 3}}}},
           rms_sample("large", with_parameters({130, 301}, 301, true, false), Size::large)},
          {{[](Device d) {
              rms_norm(Tensor::zeros({2, 3}, DType::f64, d), Tensor::zeros({2}, DType::f64, d));
            },
            "[rms_norm] need weight and bias (3), got (2)"}},
          5e-5};
}

Row group_norm_row() {
  const auto groups = [](int64_t count) -> Function {
    return [count](In in) { return group_norm(in["x"], count, in["weight"], in["bias"], 0.1); };
  };
  return {"group_norm",
          "y = (x - mean) / sqrt(variance + eps) * weight + bias, mean and variance of each group of channels",
          floats,
          2,
          {{"two groups", with_parameters({2, 4, 3}, 4), groups(2)},
           {"one group, no parameters", {{{2, 2, 1, 3}}}, groups(1)},
           {"a group for each channel", with_parameters({2, 2, 3}, 2), groups(2)},
           {"nothing", with_parameters({0, 2, 3}, 2), groups(2)},
           {"by hand",
            {given({1, 2, 2}, {1, 3, -2, 6}), given("weight", {2}, {2, 3}), given("bias", {2}, {0, 1})},
            [](In in) { return group_norm(in["x"], 2, in["weight"], in["bias"], 0); },
            {{{1, 2, 2}, {-2, 2, -2, 4}}}}},
          {{[](Device d) {
              group_norm(Tensor::zeros({2, 3, 4}, DType::f64, d), 2);
            },
            "[group_norm] need groups that divide the channels of x (2, 3, 4), got 2"}},
          5e-5};
}

Row batch_moments_row() {
  const Function f = [](const Tensor& x) -> Tensors {
    const BatchMoments moments = batch_moments(x);
    return {moments.mean, moments.variance};
  };
  return {"batch_moments",
          "mean and variance of each channel",
          floats,
          2,
          {{"(3, 2, 2)", {{{3, 2, 2}}}, f},
           {"rows", {{{4, 3}}}, f},
           {"no channels", {{{4, 0}}}, f},
           {"by hand", {given({2, 2}, {1, -2, 3, 6})}, f, {{{2}, {2, 2}}, {{2}, {1, 16}}}}},
          {{[](Device d) {
              (void)batch_moments(Tensor::zeros({0, 3}, DType::f64, d));
            },
            "[batch_moments] need values, got x (0, 3)"}}};
}

Row batch_norm_row() {
  const auto inputs = [](Shape x) -> std::vector<Input> {
    return {{x}, {"mean", {2}}, {"variance", {2}, 0.5, 2}, {"weight", {2}}, {"bias", {2}}};
  };
  const Function f = [](In in) {
    return batch_norm(in["x"], in["mean"], in["variance"], in["weight"], in["bias"], 0.1);
  };
  return {"batch_norm",
          "y = (x - mean) / sqrt(variance + eps) * weight + bias for each channel",
          floats,
          2,
          {{"(2, 2, 3)", inputs({2, 2, 3}), f},
           {"rows", inputs({3, 2}), f},
           {"nothing", inputs({0, 2}), f},
           {"moments alone", {{{3, 2}}, {"mean", {2}}, {"variance", {2}, 0.5, 2}}, f},
           {"by hand",
            {given({2, 2}, {1, -2, 3, 6}), given("mean", {2}, {2, 2}), given("variance", {2}, {1, 16}),
             given("weight", {2}, {2, 3}), given("bias", {2}, {0, 1})},
            [](In in) { return batch_norm(in["x"], in["mean"], in["variance"], in["weight"], in["bias"], 0); },
            {{{2, 2}, {-2, -2, 2, 4}}}}},
          {{[](Device d) {
              const Tensor c = Tensor::zeros({2}, DType::f64, d);
              batch_norm(Tensor::zeros({2, 3, 4}, DType::f64, d), c, c);
            },
            "[batch_norm] need parameters (3) beside x (2, 3, 4), got (2)"}},
          5e-5};
}

}  // namespace

std::vector<Row> norm_rows_of_table() {
  return {layer_norm_row(), rms_norm_row(), group_norm_row(), batch_moments_row(), batch_norm_row()};
}

}  // namespace grus::test
