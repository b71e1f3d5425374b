// Ops at PyTorch's values and gradients (tests/golden/make_ops.py): infinities, NaN, zeros, ties, scalars, options.
#include "tests/support/golden.h"

#include <functional>
#include <limits>

#include "core/tape/tape.h"
#include "grus.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

namespace {

using Tensors = std::vector<Tensor>;

/// Gives a call its inputs by name, on a device and on the tape.
struct Inputs {
  const Tensor& operator[](const std::string& name) const {
    const Tensor* found = nn::find(tensors, name);
    REQUIRE_MESSAGE(found != nullptr, "need an input ", name);
    return *found;
  }
  Device device;
  nn::NamedTensors tensors;
};
using In = const Inputs&;

struct Call {
  std::string name;
  std::function<Tensors(In)> f;
};

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr DType wide = DType::f64;

#define CALL(name, ...)                                               \
  {                                                                   \
    name, []([[maybe_unused]] In in) { return Tensors{__VA_ARGS__}; } \
  }
#define PAIR(name, ...)                \
  {                                    \
    name, [](In in) {                  \
      const auto y = __VA_ARGS__;      \
      return Tensors{y.values, y.ids}; \
    }                                  \
  }

std::vector<Call> elementwise_calls() {
  return {CALL("leaky_relu", leaky_relu(in["x"], 0.2)), CALL("elu", elu(in["x"], 1.5)), CALL("gelu", gelu(in["x"])),
          CALL("prelu", leaky_relu(in["x"], in["a"]))};
}

std::vector<Call> reduce_calls() {
  return {CALL("prod", prod(in["x"])),
          CALL("prod/axis", prod(in["x"], 1)),
          CALL("var", var(in["x"])),
          CALL("var/axis", var(in["x"], 0, 0, true)),
          CALL("var/special", var(in["x"], 1)),
          CALL("std", stddev(in["x"], 1)),
          CALL("std/constant", stddev(in["x"], 1)),
          CALL("norm/1", norm(in["x"], 1, 1)),
          CALL("norm/2", norm(in["x"], 2, 1)),
          CALL("norm/inf", norm(in["x"], infinity, 1)),
          CALL("norm/1 of all", norm(in["x"], 1)),
          CALL("norm/2 of all", norm(in["x"])),
          CALL("norm/inf of all", norm(in["x"], infinity)),
          CALL("norm/zero", norm(in["x"], 2, 1)),
          CALL("norm/special", norm(in["x"], 2, 1)),
          CALL("any", any(in["x"], 1)),
          CALL("all", all(in["x"], 1)),
          CALL("logsumexp", logsumexp(in["x"], 1))};
}

std::vector<Call> ordered_calls() {
  return {CALL("cumsum", cumsum(in["x"], 1)),
          CALL("cumsum/special", cumsum(in["x"], 0)),
          CALL("cumsum/scalar", cumsum(in["x"], 0)),
          CALL("cumprod", cumprod(in["x"], 1)),
          CALL("cumprod/axis 0", cumprod(in["x"], 0)),
          CALL("cumprod/scalar", cumprod(in["x"], 0)),
          PAIR("sort", sort(in["x"])),
          PAIR("sort/descending", sort(in["x"], -1, true)),
          PAIR("sort/axis 0", sort(in["x"], 0)),
          PAIR("sort/scalar", sort(in["x"], 0)),
          CALL("flip", flip(in["x"], 1))};
}

std::vector<Call> part_calls() {
  std::vector<Call> calls{
      CALL("diagonal/axes", diagonal(in["x"], 1, 2, 0)),
      CALL("roll", roll(in["x"], 3, 1)),
      CALL("roll/back", roll(in["x"], -7, 0)),
      CALL("unfold", unfold(in["x"], 1, 3, 2)),
      CALL("unfold/wide", unfold(in["x"], -1, 5, 1)),
      CALL("masked_select", masked_select(in["x"], in["mask"] > 0.0)),
      CALL("nonzero", nonzero(in["x"])),
      CALL("nonzero/scalar", nonzero(in["x"])),
      CALL("index_put", index_put(in["x"], {Tensor::from(std::vector<int64_t>{2, 0}, in.device)}, in["a"])),
      CALL("index_put/add",
           index_put(in["x"], {in["ids"], Tensor::from(std::vector<int64_t>{3, 1}, in.device)}, in["a"], true)),
      CALL("arange", Tensor::arange(1, -2.5, -0.3, wide, in.device)),
      CALL("linspace", Tensor::linspace(-1, 3, 7, wide, in.device)),
      CALL("linspace/one", Tensor::linspace(-1, 3, 1, wide, in.device)),
      CALL("eye", Tensor::eye(2, 4, wide, in.device))};
  for (const int k : {-2, 0, 1, 9}) {
    calls.push_back({"triu/" + std::to_string(k), [k](In in) { return Tensors{triu(in["x"], k)}; }});
    calls.push_back({"tril/" + std::to_string(k), [k](In in) { return Tensors{tril(in["x"], k)}; }});
  }
  for (const int k : {-1, 0, 2, 4})
    calls.push_back({"diagonal/" + std::to_string(k), [k](In in) { return Tensors{diagonal(in["x"], k)}; }});
  return calls;
}

std::vector<Call> loss_calls() {
  std::vector<Call> calls{
      CALL("kl_div/zero", kl_div(in["x"], in["t"], {.batch_mean = true})),
      CALL("kl_div/log", kl_div(in["x"], in["t"], {.log_target = true, .batch_mean = true})),
      CALL("smooth_l1_loss/beta 0", smooth_l1_loss(in["x"], in["t"], 0)),
      CALL("binary_cross_entropy/ends", binary_cross_entropy(in["x"], in["t"], {.reduction = Reduction::none})),
      CALL("binary_cross_entropy/weight", binary_cross_entropy(in["x"], in["t"], {.weight = in["w"]})),
      CALL("bce_with_logits/weights",
           bce_with_logits(in["x"] * 30, in["t"], {.weight = in["w"], .pos_weight = flip(in["w"], 0)})),
      CALL("cosine_similarity", cosine_similarity(in["a"], in["b"])),
      CALL("cosine_similarity/axis 0", cosine_similarity(in["a"], in["b"], 0)),
      CALL("cosine_similarity/zero", cosine_similarity(in["a"], in["b"])),
      CALL("cosine_embedding_loss/0", cosine_embedding_loss(in["a"], in["b"], in["t"], 0, Reduction::none)),
      CALL("cosine_embedding_loss/0.3", cosine_embedding_loss(in["a"], in["b"], in["t"], 0.3, Reduction::none))};
  const std::pair<const char*, Reduction> reductions[] = {
      {"mean", Reduction::mean}, {"sum", Reduction::sum}, {"none", Reduction::none}};
  for (const auto& [r, reduction] : reductions) {
    const auto add = [&, r = std::string(r)](const char* name, std::function<Tensors(In)> f) {
      calls.push_back({name + ("/" + r), std::move(f)});
    };
    add("kl_div",
        [reduction = reduction](In in) { return Tensors{kl_div(in["x"], in["t"], {.reduction = reduction})}; });
    add("binary_cross_entropy", [reduction = reduction](In in) {
      return Tensors{binary_cross_entropy(in["x"], in["t"], {.reduction = reduction})};
    });
    add("smooth_l1_loss",
        [reduction = reduction](In in) { return Tensors{smooth_l1_loss(in["x"], in["t"], 0.7, reduction)}; });
  }
  for (const int p : {1, 2})
    for (const bool swap : {false, true})
      calls.push_back({"triplet_margin_loss/" + std::to_string(p) + (swap ? " swap" : ""), [=](In in) {
                         const TripletMarginOptions o{
                             .margin = 1.5, .p = static_cast<double>(p), .swap = swap, .reduction = Reduction::none};
                         return Tensors{triplet_margin_loss(in["a"], in["b"], in["c"], o)};
                       }});
  return calls;
}

using Ints = std::vector<int64_t>;
Call ctc(const std::string& what, Tensor labels, Ints steps, Ints lengths, CtcLossOptions options) {
  return {"ctc_loss/" + what, [=](In in) {
            return Tensors{ctc_loss(log_softmax(in["x"]), labels.to(in.device), steps, lengths, options)};
          }};
}

std::vector<Call> ctc_calls() {
  const Device cpu("cpu");
  const Tensor labels = i64({1, 1, 2, 3, 2, 3, 1, 0, 0, 2, 0, 0, 1, 1, 1}, {5, 3}, cpu);
  const Tensor flat = i64({1, 1, 2, 3, 2, 3, 1, 2}, {8}, cpu), shifted = i64({0, 0, 1, 2, 1, 2}, {2, 3}, cpu);
  const Ints lengths{3, 3, 1, 0, 3}, steps{7, 5, 2, 4, 3};
  return {ctc("mean", labels, steps, lengths, {.zero_infinity = true}),
          ctc("sum", labels, steps, lengths, {.reduction = Reduction::sum, .zero_infinity = true}),
          ctc("none", labels, steps, lengths, {.reduction = Reduction::none, .zero_infinity = true}),
          ctc("infinite", labels, steps, lengths, {.reduction = Reduction::none}),
          ctc("flat", flat, {7, 5, 2, 4, 6}, {3, 3, 1, 0, 1}, {.reduction = Reduction::none}),
          ctc("blank", shifted, {7, 6}, {3, 2}, {.blank = 3})};
}

std::vector<Call> calls() {
  std::vector<Call> all;
  for (const auto family : {elementwise_calls, reduce_calls, ordered_calls, part_calls, loss_calls, ctc_calls})
    for (Call& call : family()) all.push_back(std::move(call));
  return all;
}

/// Returns the call of a case. The name of an einsum is its equation.
Call call_of(const std::vector<Call>& all, const std::string& name) {
  const std::string einsum_of = "einsum/";
  if (name.starts_with(einsum_of)) {
    const std::string equation = name.substr(einsum_of.size());
    if (equation.find(',') == equation.npos)
      return {name, [equation](In in) { return Tensors{einsum(equation, in["a"])}; }};
    return {name, [equation](In in) { return Tensors{einsum(equation, in["a"], in["b"])}; }};
  }
  for (const Call& call : all)
    if (call.name == name) return call;
  FAIL("make_ops.py has a case that no call stands for: ", name);
  return {};
}

void check_near(const Tensor& got, const Tensor& expected, double tolerance, const std::string& what) {
  REQUIRE_MESSAGE(got.shape() == expected.shape(), what, ": ", to_string(got.shape()), ", not ",
                  to_string(expected.shape()));
  const std::vector<double> a = values_of(got), b = values_of(expected);
  for (size_t i = 0; i < a.size(); ++i) {
    const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) ||
                      std::abs(a[i] - b[i]) <= tolerance * std::max(1.0, std::abs(b[i]));
    CHECK_MESSAGE(same, what, ", element ", i, ": ", a[i], ", but PyTorch has ", b[i]);
  }
}

void check_case(const GoldenCase& c, const Call& call, Device device, DType dtype) {
  const double tolerance = dtype == DType::f32 ? 2e-5 : 1e-11;
  const std::string what = fmt::format("{} on {} in {}", c.name, device.name(), name_of(dtype));
  Tape tape;
  Inputs in{device, {}};
  Tensors asked, outputs, seeds;
  for (const auto& [name, x] : c.tensors) {
    if (name[0] == 'y' || name[0] == 'w' || name.starts_with("d/")) {
      if (name != "w") continue;
    }
    const Tensor here = c.at(name, dtype).to(device);
    in.tensors.push_back({name, c.has("d/" + name) ? tape.watch(here) : here});
  }
  const Tensors ys = call.f(in);
  for (size_t i = 0; i < ys.size(); ++i) {
    check_near(ys[i], c.at("y" + std::to_string(i)), tolerance, what);
    if (!c.has("w" + std::to_string(i))) continue;
    outputs.push_back(ys[i]);
    seeds.push_back(c.at("w" + std::to_string(i), dtype).to(device));
  }
  for (const auto& [name, x] : in.tensors) {
    if (!c.has("d/" + name)) continue;
    const Tensor slope = tape.grad(outputs, seeds, std::span(&x, 1), false)[0];
    check_near(slope.defined() ? slope : zeros_like(x), c.at("d/" + name), tolerance, what + ", gradient of " + name);
  }
}

}  // namespace

TEST_CASE("ops: values and gradients are PyTorch's, at special numbers, sizes and options too") {
  const std::vector<Call> all = calls();
  const std::vector<GoldenCase> cases = golden_cases("ops");
  for (const Call& call : all)
    CHECK_MESSAGE(std::any_of(cases.begin(), cases.end(), [&](const GoldenCase& c) { return c.name == call.name; }),
                  "make_ops.py has no case ", call.name);
  for (const GoldenCase& c : cases)
    for (const Device& device : devices())
      for (const DType dtype : {DType::f64, DType::f32}) check_case(c, call_of(all, c.name), device, dtype);
}
