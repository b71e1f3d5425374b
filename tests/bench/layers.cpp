// Layers beside torch_layers.py, with the same keys, forward and backward: attention, convolutions, norms.
//   ./dev bench layers [--only attention|conv|norm --threads 2 --repeats 7]
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <functional>

#include "core/base/threads.h"
#include "core/tape/tape.h"
#include "ops/conv/conv.h"
#include "ops/conv/pool.h"
#include "ops/math/elementwise.h"
#include "ops/math/norm.h"
#include "ops/math/reduce.h"
#include "ops/sequence/dot_attention.h"
#include "tests/bench/measure.h"

using namespace grus;
using namespace grus::bench;

namespace {

struct Options {
  std::string only;
  int threads = 2, repeats = 7;
};

/// Times f(inputs), which reaches every input, forward and backward; two warm-ups.
void measure(const Options& o, const char* kind, const std::string& name, const std::vector<Shape>& shapes,
             double forward_gflop, const std::function<Tensor(const std::vector<Tensor>&)>& f) {
  if (!o.only.empty() && o.only != kind) return;
  Rng rng(1);
  std::vector<Ref<Leaf>> leaves;
  for (const Shape& shape : shapes) leaves.push_back(Leaf::create(random_normal(shape, 0, 1, rng)));
  Tensor g;
  std::vector<double> forward, both;
  for (int i = 0; i < o.repeats + 2; ++i) {
    std::vector<Tensor> inputs;
    for (const Ref<Leaf>& leaf : leaves) {
      leaf->zero_grad();
      inputs.push_back(leaf->tensor());
    }
    const double start = seconds();
    Tape tape;
    const Tensor y = f(inputs);
    const double middle = seconds();
    if (!g.defined()) g = random_normal(y.shape(), 0, 1, rng);
    tape.backward(y, g);
    const double end = seconds();
    if (i < 2) continue;
    forward.push_back(middle - start);
    both.push_back(end - start);
  }
  const double first = median(forward), all = median(both);
  nlohmann::ordered_json line{{"program", "grus"},    {"machine", machine()},      {"layer", name},
                              {"threads", o.threads}, {"forward_ms", first * 1e3}, {"forward_backward_ms", all * 1e3}};
  if (forward_gflop > 0) line["forward_gflops"] = forward_gflop / first;
  fmt::print("{}\n", line.dump());
}

void attention(const Options& o) {
  for (const bool causal : {false, true})
    for (const int64_t heads : {4, 8})
      for (const int64_t T : {128, 256, 512, 1024}) {
        const Shape shape{4, heads, T, 64};
        measure(o, "attention", fmt::format("attention B 4 H {} T {} D 64{}", heads, T, causal ? " causal" : ""),
                {shape, shape, shape}, 4e-9 * static_cast<double>(4 * heads * T * T * 64) * (causal ? 0.5 : 1),
                [causal](const std::vector<Tensor>& in) {
                  return scaled_dot_product_attention(in[0], in[1], in[2], {.causal = causal});
                });
      }
}

void convolutions(const Options& o) {
  struct Image {
    int64_t B, C, size, O;
  };
  for (const auto [B, C, size, O] : {Image{16, 3, 32, 64}, {16, 64, 32, 64}, {8, 128, 28, 128}, {8, 256, 14, 256}})
    measure(o, "conv", fmt::format("conv2d 3x3 B {} C {} {}x{} O {}", B, C, size, size, O),
            {{B, C, size, size}, {O, C, 3, 3}, {O}}, 2e-9 * static_cast<double>(B * O * C * 9 * size * size),
            [](const std::vector<Tensor>& in) { return conv2d(in[0], in[1], in[2], {.padding = 1}); });
  for (const int64_t k : {3, 5})
    for (const int64_t C : {128, 512}) {
      const double gflop = 2e-9 * static_cast<double>(32 * 200 * C * C * k);
      measure(o, "conv", fmt::format("conv1d k {} B 32 C {} L 200", k, C), {{32, C, 200}, {C, C, k}, {C}}, gflop,
              [k](const std::vector<Tensor>& in) { return conv1d(in[0], in[1], in[2], {.padding = k / 2}); });
      measure(o, "conv", fmt::format("conv_sequence k {} B 32 C {} T 200", k, C), {{200, 32, C}, {C, C, k}, {C}}, gflop,
              [k](const std::vector<Tensor>& in) {
                return conv_sequence(in[0], in[1], in[2], {.before = k / 2, .after = k / 2});
              });
    }
  measure(o, "conv", "max_pool2d 2x2 B 16 C 64 64x64", {{16, 64, 64, 64}}, 0,
          [](const std::vector<Tensor>& in) { return max_pool2d(in[0], 2); });
}

void norms(const Options& o) {
  for (const int64_t width : {128, 512, 2048})
    measure(o, "norm", fmt::format("layer_norm 4096 x {}", width), {{4096, width}, {width}, {width}}, 0,
            [](const std::vector<Tensor>& in) { return layer_norm(in[0], in[1], in[2]); });
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app("Attention, convolutions and norms, forward and backward.");
  Options o;
  app.add_option("--only", o.only, "attention, conv or norm")->check(CLI::IsMember({"attention", "conv", "norm"}));
  app.add_option("--threads", o.threads)->capture_default_str();
  app.add_option("--repeats", o.repeats)->capture_default_str();
  CLI11_PARSE(app, count, arguments);
  set_num_threads(o.threads);
  attention(o);
  convolutions(o);
  norms(o);
}
