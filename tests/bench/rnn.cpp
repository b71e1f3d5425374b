// One GRU or LSTM layer, forward and backward, over the grid of torch_rnn.py, with the same keys.
//   ./dev bench rnn [--cell gru|lstm --threads 2 --repeats 7 --precision bf16]
//   ./dev bench rnn --size 20,12,256,512 [--ragged --seconds S --profile]   one size; its memory instead of the share
//   of peak
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

#include "core/base/threads.h"
#include "core/watch/profile.h"
#include "nn/gru.h"
#include "nn/lstm.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
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

struct Options {
  std::string cell = "gru";
  int threads = 2, repeats = 7;
  double seconds = 1e9;
  bool profile = false;
};

/// Times a layer: one warm-up, or two when there is time, then repeats until they or the seconds are used up. Without
/// the machine's best product the line has the peak of memory, which would otherwise be that product's.
template <class Layer>
void run(const Size& size, const Options& o, const std::optional<Peaks>& peaks) {
  const auto [T, B, I, H, ragged] = size;
  Rng rng(1);
  Layer layer({.input = I, .hidden = H}, rng);
  const Ref<Leaf> x = Leaf::create(random_normal({T, B, I}, 0, 1, rng));
  const Tensor g = random_normal({T, B, H}, 0, 1, rng);
  std::vector<int64_t> each;
  for (int64_t b = 0; b < B; ++b) each.push_back(ragged ? 1 + (b * 7919) % T : T);
  std::vector<double> forward, both;
  int64_t valid = 0;
  std::unique_ptr<Profile> profile;
  const double end_of_time = seconds() + o.seconds;
  const auto used_up = [&] { return static_cast<int>(both.size()) == o.repeats || seconds() > end_of_time; };
  for (int i = 0; both.empty() || !used_up(); ++i) {
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
    if (i == 0 || (i == 1 && !used_up())) continue;
    if (o.profile && !profile) profile = std::make_unique<Profile>();
    forward.push_back(middle - start);
    both.push_back(end - start);
  }
  if (profile) fmt::print("{}\n{}\n", profile->table(), profile->table(Profile::By::kernel));
  profile.reset();
  const double gflop = 2e-9 * static_cast<double>(layer.cell(0).weight_hh.dim(0) * (I + H) * valid),
               f = median(forward), b = median(both);
  nlohmann::ordered_json line{{"program", "grus"},
                              {"machine", machine()},
                              {"cell", o.cell},
                              {"T", T},
                              {"B", B},
                              {"I", I},
                              {"H", H},
                              {"ragged", ragged},
                              {"threads", o.threads},
                              {"forward_ms", f * 1e3},
                              {"forward_backward_ms", b * 1e3},
                              {"forward_gflops", gflop / f},
                              {"forward_backward_gflops", 3 * gflop / b}};
  if (peaks) add_share(line, *peaks, 3 * gflop / b);
  else line["peak_rss_mib"] = peak_rss_mib();
  fmt::print("{}\n", line.dump());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  Options o;
  std::vector<int64_t> sides;
  bool ragged = false;
  CLI::App app("One recurrent layer, forward and backward, over a grid of sizes, or of one size");
  app.add_option("--cell", o.cell)->check(CLI::IsMember({"gru", "lstm"}));
  app.add_option("--threads", o.threads)->check(CLI::PositiveNumber);
  app.add_option("--repeats", o.repeats)->check(CLI::PositiveNumber);
  app.add_option("--seconds", o.seconds, "start no repeat of a size after this time")->check(CLI::PositiveNumber);
  CLI::Option* const one = app.add_option("--size", sides, "T,B,I,H: this size only")
                               ->delimiter(',')
                               ->expected(4)
                               ->check(CLI::PositiveNumber);
  app.add_flag("--ragged", ragged)->needs(one);
  app.add_flag("--profile", o.profile, "print where the time of the repeats after the first goes")->needs(one);
  add_precision_option(app);
  CLI11_PARSE(app, argc, argv);
  set_num_threads(o.threads);
  const auto measure = o.cell == "gru" ? run<nn::Gru> : run<nn::Lstm>;
  if (!sides.empty()) {
    measure({sides[0], sides[1], sides[2], sides[3], ragged}, o, {});
    return 0;
  }
  const Peaks peaks = gemm_peaks();
  for (const Size& size : grid) measure(size, o, peaks);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench rnn: {}\n", error.what());
  return 1;
}
