// One GRU or LSTM layer, forward and backward, over the grid of torch_rnn.py, with the same keys.
//   ./dev bench rnn [--cell gru|lstm --threads 2 --repeats 7 --precision bf16]
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/threads.h"
#include "nn/gru.h"
#include "nn/lstm.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "tests/bench/measure.h"

using namespace grus;
using namespace grus::bench;

namespace {

struct Size {
  int64_t T, B, I, H;
  bool ragged;
};
constexpr Size grid[] = {{20, 1, 256, 512, false},   {20, 12, 256, 512, false},   {20, 64, 256, 512, false},
                         {20, 128, 256, 512, false}, {20, 128, 256, 512, true},   {100, 32, 128, 128, false},
                         {100, 32, 128, 128, true},  {50, 64, 1024, 1024, false}, {784, 128, 1, 64, false}};

template <class Layer>
void run(const char* cell, const Size& size, int threads, int repeats, const Peaks& peaks) {
  const auto [T, B, I, H, ragged] = size;
  Rng rng(1);
  Layer layer({.input = I, .hidden = H}, rng);
  const Ref<Leaf> x = Leaf::create(random_normal({T, B, I}, 0, 1, rng));
  const Tensor g = random_normal({T, B, H}, 0, 1, rng);
  std::vector<int64_t> each;
  for (int64_t b = 0; b < B; ++b) each.push_back(ragged ? 1 + (b * 7919) % T : T);
  std::vector<double> forward, both;
  int64_t valid = 0;
  for (int i = 0; i < repeats + 2; ++i) {
    layer.zero_grad();
    x->zero_grad();
    const double start = seconds();
    Tape tape;
    const Lengths lengths(each, T);
    valid = lengths.total();
    const Tensor y = layer(x->tensor(), lengths).y;
    const double middle = seconds();
    tape.backward(sum(y * g));
    const double end = seconds();
    if (i < 2) continue;
    forward.push_back(middle - start);
    both.push_back(end - start);
  }
  const double gflop = 2e-9 * static_cast<double>(layer.cell(0).weight_hh.dim(0) * (I + H) * valid),
               f = median(forward), b = median(both);
  nlohmann::ordered_json line{{"program", "grus"},
                              {"cell", cell},
                              {"T", T},
                              {"B", B},
                              {"I", I},
                              {"H", H},
                              {"ragged", ragged},
                              {"threads", threads},
                              {"forward_ms", f * 1e3},
                              {"forward_backward_ms", b * 1e3},
                              {"forward_gflops", gflop / f},
                              {"forward_backward_gflops", 3 * gflop / b}};
  add_share(line, peaks, 3 * gflop / b);
  fmt::print("{}\n", line.dump());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  int threads = 2, repeats = 7;
  std::string cell = "gru";
  CLI::App app("One recurrent layer, forward and backward, over a grid of sizes");
  app.add_option("--cell", cell)->check(CLI::IsMember({"gru", "lstm"}));
  app.add_option("--threads", threads)->check(CLI::PositiveNumber);
  app.add_option("--repeats", repeats)->check(CLI::PositiveNumber);
  add_precision_option(app);
  CLI11_PARSE(app, argc, argv);
  set_num_threads(threads);
  const Peaks peaks = gemm_peaks();
  for (const Size& size : grid)
    if (cell == "gru") run<nn::Gru>("gru", size, threads, repeats, peaks);
    else run<nn::Lstm>("lstm", size, threads, repeats, peaks);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench rnn: {}\n", error.what());
  return 1;
}
