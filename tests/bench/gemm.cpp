// Products as training and decoding need them, by OpenBLAS and by the packed kernels of the cpu backend, in GFLOP/s and
// as a share of the machine's best product.
//   ./dev bench gemm [--threads 2 --seconds 0.2 --precision bf16 --json]
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "core/base/threads.h"
#include "core/device/precision.h"
#include "core/tensor/random.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "tests/bench/measure.h"

using namespace grus;
using namespace grus::bench;

namespace {

struct Sides {
  int64_t n, k;
};
constexpr Sides sides[] = {{1536, 512}, {512, 1536}, {1536, 1536}, {512, 512}, {5921, 1792}, {6000, 256}, {256, 1280}};
constexpr int64_t rows[] = {1, 4, 12, 32, 64, 128, 512, 1792};

/// The three products of a linear layer are y = x w^T, dx = dy w and dw += dy^T x.
enum class Use { forward, backward, weight_gradient };
constexpr const char* name_of(Use use) {
  return use == Use::forward ? "y = x w^T" : use == Use::backward ? "dx = dy w" : "dw += dy^T x";
}

struct Result {
  double blas, ours;  // GFLOP/s; ours 0: not used for this product
};

/// Returns the best rate of one product repeated for at least `least` seconds.
double rate(const Matrix& y, const Matrix& a, const Matrix& b, MatmulOptions options, double beta, bool weight,
            double least) {
  const Device cpu("cpu");
  const double work = 2e-9 * static_cast<double>(y.rows * y.cols * (options.transpose_a ? a.rows : a.cols));
  double best = 0;
  const double end = seconds() + least;
  for (int repeat = 0; repeat < 3 || seconds() < end; ++repeat) {
    const double start = seconds();
    launch::gemm(cpu, y, a, b, options, beta, 1, 1, weight);
    if (repeat > 0) best = std::max(best, work / (seconds() - start));  // the first repeat packs
  }
  return best;
}

Result measure(Use use, int64_t m, const Sides& s, double least) {
  const Device cpu("cpu");
  Rng rng(1);
  Tensor x = random_uniform({m, s.k}, -1, 1, rng, DType::f32, cpu),
         w = random_uniform({s.n, s.k}, -1, 1, rng, DType::f32, cpu),
         y = random_uniform({m, s.n}, -1, 1, rng, DType::f32, cpu);
  const auto both = [&](Tensor& to, const Tensor& a, const Tensor& b, MatmulOptions options) {
    const Matrix target = Raw::write_matrix(to);
    return Result{rate(target, Raw::matrix(a), Raw::matrix(b), options, 0, false, least),
                  rate(target, Raw::matrix(a), Raw::matrix(b), options, 0, true, least)};
  };
  if (use == Use::forward) return both(y, x, w, {.transpose_b = true});
  if (use == Use::backward) return both(x, y, w, {});
  return {rate(Raw::write_matrix(w), Raw::matrix(y), Raw::matrix(x), {.transpose_a = true}, 1, false, least), 0};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Products of the sizes of recurrent models");
  int threads = 2;
  double least = 0.1;
  bool json = false;
  app.add_option("--threads", threads)->check(CLI::PositiveNumber);
  app.add_option("--seconds", least, "least time for each product")->check(CLI::NonNegativeNumber);
  app.add_flag("--json", json, "one JSON line a product");
  add_precision_option(app, {"f32", "bf16", "int8"});
  CLI11_PARSE(app, argc, argv);
  set_num_threads(threads);
  const double peak = gemm_peaks().current();
  if (!json) fmt::print("{}: best product {:.1f} GFLOP/s\n", machine(), peak);
  for (const Sides& s : sides)
    for (Use use : {Use::forward, Use::backward, Use::weight_gradient})
      for (int64_t m : rows) {
        const Result r = measure(use, m, s, least);
        if (json) {
          fmt::print("{}\n", nlohmann::json({{"use", name_of(use)},
                                             {"M", m},
                                             {"N", s.n},
                                             {"K", s.k},
                                             {"threads", threads},
                                             {"openblas_gflops", r.blas},
                                             {"packed_gflops", r.ours},
                                             {"precision", precision_name()},
                                             {"peak_gflops", peak}})
                                 .dump());
          continue;
        }
        fmt::print("{:13} M {:4} N {:4} K {:4}: unpacked {:6.1f} ({:3.0f} %)", name_of(use), m, s.n, s.k, r.blas,
                   100 * r.blas / peak);
        if (r.ours > 0) fmt::print(", packed weight {:6.1f} ({:3.0f} %)", r.ours, 100 * r.ours / peak);
        fmt::print("\n");
      }
}
