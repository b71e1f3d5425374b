// Times every op of its family on vectors of n elements, or matrices (n / 100, 100), one JSON line each; ops.py puts
// them beside PyTorch's (torch_ops.py has the same names and shapes).
//   ./dev bench ops --python PATH [--sizes 1000,100000,10000000 --only cumsum]
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/base/threads.h"
#include "grus.h"
#include "tests/bench/measure.h"

using namespace grus;
using namespace grus::bench;

namespace {

/// What an op is given: x and y in (0.1, 0.9), as vectors or as matrices of 100 columns; ids below 100, in x's shape.
struct Given {
  Tensor x, y, ids, mask;
};

struct Case {
  std::string family, name;
  bool matrix;  // x is (n / 100, 100)
  std::function<Tensor(const Given&)> f;
  bool backward = true;
};

#define GRUS_BENCH(family, name, matrix, ...)            \
  {                                                      \
    family, name, matrix, [](const Given& g) -> Tensor { \
      const Tensor &x = g.x, &y = g.y;                   \
      (void)x, (void)y;                                  \
      return __VA_ARGS__;                                \
    }                                                    \
  }

std::vector<Case> elementwise_cases() {
  std::vector<Case> cases;
#define GRUS_UNARY(name, ...) cases.push_back({"elementwise", #name, false, [](const Given& g) { return name(g.x); }});
#define GRUS_BINARY(name, ...) \
  cases.push_back({"elementwise", #name, false, [](const Given& g) { return name(g.x, g.y); }});
#define GRUS_COMPARE(name, ...) \
  cases.push_back({"elementwise", #name, false, [](const Given& g) { return name(g.x, g.y); }, false});
#include "core/device/elementwise.def"
  cases.push_back(GRUS_BENCH("elementwise", "clamp", false, clamp(x, 0.2, 0.8)));
  cases.push_back(GRUS_BENCH("elementwise", "where", false, where(g.mask, x, y)));
  cases.push_back(GRUS_BENCH("elementwise", "add scalar", false, x + 1));
  cases.push_back(GRUS_BENCH("elementwise", "add row", true, x + y[0]));
  return cases;
}

std::vector<Case> reduce_cases() {
  std::vector<Case> cases;
  const auto along = [&](const char* name, Tensor (*f)(const Tensor&, const Axes&, bool), bool backward = true) {
    for (const int axis : {0, 1})
      cases.push_back({"reduction", fmt::format("{} axis {}", name, axis), true,
                       [=](const Given& g) { return f(g.x, axis, false); }, backward});
    cases.push_back(
        {"reduction", fmt::format("{} all", name), true, [=](const Given& g) { return f(g.x, {}, false); }, backward});
  };
  along("sum", sum);
  along("mean", mean);
  along("amax", amax);
  along("prod", prod);
  along("logsumexp", logsumexp);
  along("var", [](const Tensor& x, const Axes& axes, bool keepdim) { return var(x, axes, 1, keepdim); });
  along("std", [](const Tensor& x, const Axes& axes, bool keepdim) { return stddev(x, axes, 1, keepdim); });
  along("norm", [](const Tensor& x, const Axes& axes, bool keepdim) { return norm(x, 2, axes, keepdim); });
  along("any", any, false);
  along("all", all, false);
  along("argmax", argmax, false);
  cases.push_back(GRUS_BENCH("reduction", "softmax", true, softmax(x)));
  cases.push_back(GRUS_BENCH("reduction", "log_softmax", true, log_softmax(x)));
  return cases;
}

std::vector<Case> order_cases() {
  return {GRUS_BENCH("along", "cumsum axis 0", true, cumsum(x, 0)),
          GRUS_BENCH("along", "cumsum axis 1", true, cumsum(x, 1)),
          GRUS_BENCH("along", "cumsum vector", false, cumsum(x, 0)),
          GRUS_BENCH("along", "cumprod axis 1", true, cumprod(x, 1)),
          GRUS_BENCH("along", "sort axis 1", true, sort(x, 1).values),
          GRUS_BENCH("along", "sort vector", false, sort(x, 0).values),
          GRUS_BENCH("along", "top_k", true, top_k(x, 5).values)};
}

std::vector<Case> part_cases() {
  return {GRUS_BENCH("shape", "transpose", true, transpose(x)),
          GRUS_BENCH("shape", "slice", true, slice(x, 1, 10, 60)),
          GRUS_BENCH("shape", "concat", true, concat({x, y}, 1)),
          GRUS_BENCH("shape", "pad", true, pad(x, {{1, 1}})),
          GRUS_BENCH("shape", "flip", true, flip(x, 1)),
          GRUS_BENCH("shape", "roll", true, roll(x, 3, 1)),
          GRUS_BENCH("shape", "unfold", true, unfold(x, 1, 4, 2)),
          GRUS_BENCH("shape", "triu", true, triu(x)),
          GRUS_BENCH("shape", "diagonal", true, diagonal(x)),
          GRUS_BENCH("index", "gather", true, gather(x, 1, g.ids)),
          GRUS_BENCH("index", "scatter_add", true, scatter_add(x, 1, g.ids, y)),
          GRUS_BENCH("index", "index_select", true, index_select(x, 0, g.ids[0])),
          GRUS_BENCH("index", "masked_select", false, masked_select(x, g.mask)),
          GRUS_BENCH("index", "masked_fill", false, masked_fill(x, g.mask, 1)),
          {"index", "nonzero", false, [](const Given& g) { return nonzero(g.mask); }, false},
          GRUS_BENCH("index", "index_put", true, index_put(x, {g.ids[0]}, y[0])),
          GRUS_BENCH("product", "einsum ik,jk->i", true, einsum("ik,jk->i", x, y.rows(0, 10))),
          GRUS_BENCH("product", "einsum ik,jk->ij", true, einsum("ik,jk->ij", x, y.rows(0, 10)))};
}

std::vector<Case> loss_cases() {
  return {GRUS_BENCH("loss", "kl_div", false, kl_div(x, y)),
          GRUS_BENCH("loss", "binary_cross_entropy", false, binary_cross_entropy(x, y)),
          GRUS_BENCH("loss", "bce_with_logits", false, bce_with_logits(x, y)),
          GRUS_BENCH("loss", "smooth_l1_loss", false, smooth_l1_loss(x, y)),
          GRUS_BENCH("loss", "mse_loss", false, mse_loss(x, y)),
          GRUS_BENCH("loss", "cosine_similarity", true, cosine_similarity(x, y)),
          GRUS_BENCH("loss", "triplet_margin_loss", true, triplet_margin_loss(x, y, x * 0.5))};
}

std::vector<Case> random_cases() {
  return {{"random", "uniform", false, [](const Given& g) { return random_uniform(g.x.shape(), 0, 1); }, false},
          {"random", "normal", false, [](const Given& g) { return random_normal(g.x.shape(), 0, 1); }, false},
          {"random", "randint", false, [](const Given& g) { return random_integers(g.x.shape(), 0, 1000); }, false},
          {"random", "randperm", false, [](const Given& g) { return random_permutation(g.x.numel()); }, false},
          {"random", "bernoulli", false, [](const Given& g) { return bernoulli(g.x); }, false},
          {"random", "categorical", true, [](const Given& g) { return categorical(g.x); }, false},
          {"create", "arange", false, [](const Given& g) { return Tensor::arange(0, g.x.numel()); }, false},
          {"create", "linspace", false, [](const Given& g) { return Tensor::linspace(0, 1, g.x.numel()); }, false},
          {"create", "zeros_like", false, [](const Given& g) { return zeros_like(g.x); }, false}};
}

/// CTC of 16 sequences over n / 1600 steps of 100 classes, with labels for a quarter of the steps.
Case ctc_case() {
  return {
      "loss", "ctc_loss", true, [](const Given& g) {
        const int64_t batch = 16, steps = std::max<int64_t>(1, g.x.dim(0) / batch), length = steps / 4;
        const Tensor log_probs = log_softmax(concat({g.x, g.y}).rows(0, steps * batch).reshape({steps, batch, 100}));
        std::vector<int64_t> labels;
        for (int64_t i = 0; i < batch * length; ++i) labels.push_back(1 + i * 7 % 99);
        const std::vector<int64_t> all(batch, steps), each(batch, length);
        return ctc_loss(log_probs, Tensor::from(labels), all, each);
      }};
}

Given given(int64_t n, bool matrix) {
  Rng rng(1);
  const Shape shape = matrix ? Shape{n / 100, 100} : Shape{n};
  return {random_uniform(shape, 0.1, 0.9, rng), random_uniform(shape, 0.1, 0.9, rng),
          matrix ? random_integers(shape, 0, std::min<int64_t>(100, n / 100), rng) : Tensor(),
          random_uniform(shape, 0, 1, rng) < 0.5};
}

/// Returns the least seconds of a call among those that fit into the time, after one that is not timed.
double quickest(const std::function<void()>& f, double budget) {
  f();
  double least = 1e9, spent = 0;
  for (int n = 0; n < 3 || (spent < budget && n < 1000); ++n) {
    const double start = seconds();
    f();
    const double each = seconds() - start;
    least = std::min(least, each);
    spent += each;
  }
  return least;
}

void time_case(const Case& c, int64_t n, double budget) {
  const Given inputs = given(n, c.matrix);
  nlohmann::ordered_json line{{"family", c.family}, {"op", c.name}, {"n", n}};
  line["forward_us"] = 1e6 * quickest([&] { (void)c.f(inputs); }, budget);
  if (c.backward) {
    const auto step = [&] {
      Tape tape;
      Given watched = inputs;
      watched.x = tape.watch(inputs.x);
      const Tensor y = c.f(watched);
      (void)tape.grad(sum(y), {watched.x});
    };
    line["both_us"] = 1e6 * quickest(step, budget);
  }
  fmt::print("{}\n", line.dump());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  std::vector<int64_t> sizes{1000, 100000, 10000000};
  std::string only;
  double budget = 0.2;
  int threads = 2;
  CLI::App app("Every op at several sizes");
  app.add_option("--sizes", sizes, "elements, multiples of 100")->delimiter(',')->check(CLI::PositiveNumber);
  app.add_option("--only", only, "ops whose name has this");
  app.add_option("--budget", budget, "seconds for each figure")->check(CLI::PositiveNumber);
  app.add_option("--threads", threads)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  set_num_threads(threads);
  std::vector<Case> cases;
  for (const auto family : {elementwise_cases, reduce_cases, order_cases, part_cases, loss_cases, random_cases})
    for (Case& c : family()) cases.push_back(std::move(c));
  cases.push_back(ctc_case());
  for (const Case& c : cases)
    for (const int64_t n : sizes)
      if (c.name.find(only) != std::string::npos) time_case(c, std::max<int64_t>(100, n / 100 * 100), budget);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench ops: {}\n", error.what());
  return 1;
}
