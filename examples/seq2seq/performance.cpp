#include "examples/seq2seq/performance.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "core/base/error.h"
#include "core/base/threads.h"
#include "core/watch/profile.h"
#include "examples/support/program.h"
#include "ops/math/matmul.h"
#include "parallel/world.h"
#include "report/machine.h"
#include "seq2seq/protocols/protocol.h"
#include "seq2seq/trainer.h"
#include "training/fit.h"
#include "training/terminal_line.h"

namespace grus::seq2seq {
namespace {

constexpr int64_t warm_up = 3;  // steps, of which all but the first give the FLOPs of a token

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int64_t peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

// All ranks multiply at once, as they do in a step.
double best_product() {
  constexpr int64_t side = 1024;
  const Tensor a = Tensor::ones({side, side}), b = Tensor::ones({side, side});
  double best = 0;
  for (int repeat = 0; repeat < 8; ++repeat) {
    const double start = training::seconds_now();
    const Tensor y = matmul(a, b);
    y.device().synchronize();
    best = std::max(best, 2e-9 * static_cast<double>(side * side * side) / (training::seconds_now() - start));
  }
  return best;
}

/// Counts what this rank trained on.
class CountedPairs : public PairSource {
 public:
  using PairSource::PairSource;
  double pairs = 0, tokens = 0;
  training::Loss loss() override {
    pairs += static_cast<double>(batch().inputs.lengths.batch());
    tokens += static_cast<double>(batch().labels.numel());
    return PairSource::loss();
  }
};

/// Profiles the steps that warm up, and takes the time of the others.
class Stopwatch : public training::Callback {
 public:
  explicit Stopwatch(CountedPairs& source) : source_(source) {}
  double seconds = 0, cpu = 0, pairs = 0, tokens = 0, flops_of_token = 0;
  parallel::Traffic traffic = {};

  bool on_every_rank() const override { return true; }
  void step_begin(const training::StepBegin& event, training::Control&) override {
    if (event.step != 2) return;
    source_.tokens = 0;
    profile_.emplace();
  }
  void step_end(const training::StepEnd& event, training::Control& control) override {
    control.read_figures();  // waits for the device
    if (event.step == warm_up) begin();
    if (event.step > warm_up) {
      seconds = training::seconds_now() - start_;
      cpu = cpu_seconds() - cpu_start_;
      pairs = source_.pairs;
      tokens = source_.tokens;
      traffic = parallel::world().traffic();
    }
  }

 private:
  void begin() {
    for (const Profile::Row& row : profile_->rows(Profile::By::kernel)) flops_of_token += row.flops;
    flops_of_token /= std::max(source_.tokens, 1.0);
    profile_.reset();
    source_.pairs = source_.tokens = 0;
    parallel::world().barrier("the first measured step");
    parallel::world().reset_traffic();
    start_ = training::seconds_now();
    cpu_start_ = cpu_seconds();
  }
  CountedPairs& source_;
  std::optional<Profile> profile_;
  double start_ = 0, cpu_start_ = 0;
};

// Adds up a fact over the lines of all ranks.
double sum_of(const std::vector<nlohmann::ordered_json>& ranks, const char* name) {
  return std::accumulate(ranks.begin(), ranks.end(), 0.0, [&](double sum, const nlohmann::ordered_json& one) {
    return sum + one.at(name).get<double>();
  });
}

void print_lines(const TrainOptions& options, const std::vector<nlohmann::ordered_json>& ranks) {
  double seconds = 0, memory = 0;
  for (const nlohmann::ordered_json& one : ranks) {
    seconds = std::max(seconds, one.at("seconds").get<double>());
    memory = std::max(memory, one.at("memory_mib").get<double>());
  }
  const double tokens = sum_of(ranks, "tokens") / seconds, pairs = sum_of(ranks, "pairs") / seconds;
  const double gflops = 1e-9 * sum_of(ranks, "flops") / seconds, peak = sum_of(ranks, "peak_gflops");
  const auto steps = static_cast<double>(options.performance);
  const nlohmann::ordered_json line = {{"steps", options.performance},
                                       {"ranks", ranks.size()},
                                       {"threads", num_threads()},
                                       {"pairs_per_second", pairs},
                                       {"target_tokens_per_second", tokens},
                                       {"gflops_per_second", gflops},
                                       {"peak_gflops_per_second", peak},
                                       {"share_of_peak", gflops / peak},
                                       {"seconds", seconds},
                                       {"cpu_seconds", sum_of(ranks, "cpu_seconds")},
                                       {"memory_mib", memory},
                                       {"sent_bytes_per_step", sum_of(ranks, "sent") / steps},
                                       {"messages_per_step", sum_of(ranks, "messages") / steps},
                                       {"reducing_seconds", sum_of(ranks, "reducing")},
                                       {"waited_seconds", sum_of(ranks, "waited")},
                                       {"cpu", report::cpu_name()},
                                       {"precision", name_of(options.precision)},
                                       {"activations", name_of(options.activations)}};
  fmt::print(
      "{} steps on {} rank{} of {} thread{}: {:.0f} sentence pairs and {:.0f} target tokens a second, {:.1f} "
      "GFLOP/s, {:.0f} % of the best product's {:.1f}, {:.0f} MiB a rank\n{}\n",
      options.performance, ranks.size(), ranks.size() == 1 ? "" : "s", num_threads(), num_threads() == 1 ? "" : "s",
      pairs, tokens, gflops, 100 * gflops / peak, peak, memory, line.dump());
}

}  // namespace

int measure_training(TrainOptions options, const Corpora& corpora) {
  require<UsageError>(!options.resume && options.init_from.empty(),
                      "--performance: need a model that begins anew, got --{}",
                      options.resume ? "resume" : "init-from");
  require<UsageError>(options.guided_alignment.empty(),
                      "--performance: need a training without --guided-alignment, got {}", options.guided_alignment);
  const Codecs codecs = learn_codecs(options, vocabulary_text(options, corpora), complain);
  const std::unique_ptr<Architecture> model = make_architecture(options, codecs.sizes());
  CountedPairs source(options, *model, training_pairs(options, corpora.train, codecs), {}, complain);
  const auto optimizer = make_optimizer(options, model->module().named_parameters());
  Stopwatch watch(source);
  training::FitOptions fit{.steps = warm_up + options.performance, .clip = options.clip, .average = options.average};
  fit.shards = options.shards;
  fit.reduce = options.reduce;
  fit.wire = options.wire;
  fit.shard_optimizer = options.shard_optimizer;
  fit.bucket_mb = options.bucket_mb;
  fit.activations = options.activations;
  fit.loss_scale = optim::loss_scale_of(options.loss_scale, options.precision);
  fit.schedule = make_schedule(options, fit.steps, source.epoch_steps());
  fit.seed = static_cast<uint64_t>(options.seed) + 1;
  fit.quiet = true;
  fit.callbacks = {&watch};
  parallel::Communicator& ranks = parallel::world();
  training::run_fit(model->module(), *optimizer, source, fit);
  ranks.barrier("the best product");
  const nlohmann::ordered_json own = {{"seconds", watch.seconds},
                                      {"cpu_seconds", watch.cpu},
                                      {"pairs", watch.pairs},
                                      {"tokens", watch.tokens},
                                      {"flops", watch.flops_of_token * watch.tokens},
                                      {"memory_mib", peak_mib()},
                                      {"peak_gflops", best_product()},
                                      {"sent", watch.traffic.sent},
                                      {"messages", watch.traffic.messages},
                                      {"reducing", watch.traffic.reducing},
                                      {"waited", watch.traffic.waited}};
  std::vector<nlohmann::ordered_json> all;
  for (const std::string& text : ranks.gather("performance", own.dump()))
    all.push_back(nlohmann::ordered_json::parse(text));
  if (ranks.leads()) print_lines(options, all);
  return 0;
}

}  // namespace grus::seq2seq
