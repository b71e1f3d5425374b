// Training throughput of an attention translator on fixed work: the steps of torch_bahdanau.py, with the same keys.
//   ./dev bench bahdanau --data DIR [--steps 20 --batch 128 --threads 2 --dropout 0.5 --load F --precision bf16
//   --activations bf16 --json
//                                     --profile --trace F --show-step F --anomaly --vocab V --no-peak]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/threads.h"
#include "core/device/precision.h"
#include "core/watch/anomaly.h"
#include "core/watch/profile.h"
#include "core/watch/tape_print.h"
#include "nn/serialize.h"
#include "optim/adam.h"
#include "optim/clip.h"
#include "page/step_page.h"
#include "tests/bench/measure.h"
#include "tests/bench/peer_model.h"

using namespace grus;
using namespace grus::bench;

namespace {

struct Options {
  std::string data, load;
  int64_t steps = 20, warmup = 3, batch = 128, vocab = 0;
  int threads = 2;
  double dropout = 0.5;
  uint64_t seed = 1;
  bool json = false, profile = false, anomaly = false, no_peak = false;
  std::string trace, show_step;
  Precision activations = Precision::f32;
};

struct Measured {
  double seconds = 0;
  int64_t target_tokens = 0, source_tokens = 0, parameters = 0;
  std::vector<int64_t> vocab;
  std::vector<double> losses;
  double gflop = 0;  // of the products, at real places
};

/// Returns the model's number of words: --vocab, to which the file's words are cut, or the file's and the four
/// specials.
int64_t cut_to(PeerVocab& words, int64_t vocab) {
  if (vocab == 0) return static_cast<int64_t>(words.size()) + 4;
  std::erase_if(words, [vocab](const auto& word) { return word.second >= vocab; });
  return vocab;
}

/// One side of the text in numbers: words themselves are not kept while a model trains.
struct Side {
  int64_t vocab;
  std::vector<std::vector<int32_t>> rows;
};

/// Returns the first rows of a file, in the numbers of its own words.
Side side_of(const std::string& path, int64_t vocab, int64_t pairs) {
  PeerVocab words = peer_vocab(path);
  vocab = cut_to(words, vocab);
  return {vocab, peer_rows(path, words, pairs)};
}

Measured train(const Options& o) {
  const std::string source_path = o.data + "/train.lc.norm.tok.de", target_path = o.data + "/train.lc.norm.tok.en";
  const int64_t pairs = (o.steps + o.warmup) * o.batch;
  const auto [source_vocab, source] = side_of(source_path, o.vocab, pairs);
  const auto [target_vocab, target] = side_of(target_path, o.vocab, pairs);
  Measured m;
  m.vocab = {source_vocab, target_vocab};
  require<UsageError>(static_cast<int64_t>(source.size()) == pairs, "--steps: need {} pairs, {} has {}", pairs,
                      source_path, source.size());
  Rng rng(o.seed);
  manual_seed(o.seed);
  PeerModel model(m.vocab[0], m.vocab[1], o.dropout, rng);
  if (!o.load.empty()) nn::load_weights(o.load, model);
  const nn::Parameters parameters = model.named_parameters();
  m.parameters = model.parameter_count();
  optim::Adam adam(parameters);
  double start = 0;
  std::unique_ptr<Profile> profile;
  std::unique_ptr<StepPage> step_page;
  for (int64_t step = 0; step < o.steps + o.warmup; ++step) {
    if (step == o.warmup) {
      start = seconds();
      m.target_tokens = m.source_tokens = 0;
      if (o.profile) profile = std::make_unique<Profile>();
    }
    if (step + 1 == o.steps + o.warmup && !o.show_step.empty()) {
      profile = std::make_unique<Profile>();
      step_page = std::make_unique<StepPage>();
    }
    const int64_t begin = step * o.batch, end = begin + o.batch;
    const PackedIds s = packed_ids(source, begin, end, 0, 0), inputs = packed_ids(target, begin, end, 0, 1);
    const PackedIds targets = packed_ids(target, begin, end, 1, 0);
    adam.zero_grad();
    std::optional<AnomalyWatch> watch;
    if (o.anomaly) watch.emplace();
    const ActivationScope activations(o.activations);
    Tape tape;
    const Tensor loss = model(s, inputs, targets.ids);
    tape.backward(loss);
    if (step_page) step_page->write_html(o.show_step, parameters);
    if (step_page) print(tape);
    adam.step(optim::clip_scale(parameters, 1.0).scale);
    m.target_tokens += targets.lengths.total();
    m.source_tokens += s.lengths.total();
    m.losses.push_back(std::round(loss.item() * 1e4) / 1e4);
  }
  m.seconds = seconds() - start;
  m.gflop =
      6e-9 * static_cast<double>(model.target_weights() * m.target_tokens + model.source_weights() * m.source_tokens);
  if (o.profile && profile)
    fmt::print("{}\n{}\n{}\n", profile->table(), profile->table(Profile::By::module),
               profile->table(Profile::By::kernel));
  if (profile && !o.trace.empty()) profile->write_trace(o.trace);
  return m;
}

}  // namespace

int main(int argc, char** argv) try {
  Options o;
  CLI::App app("Training steps of a 20.6 M-parameter attention translator on fixed batches");
  app.add_option("--data", o.data, "folder with train.lc.norm.tok.{de,en}")->required();
  app.add_option("--steps", o.steps)->check(CLI::PositiveNumber);
  app.add_option("--warmup", o.warmup)->check(CLI::NonNegativeNumber);
  app.add_option("--batch", o.batch)->check(CLI::PositiveNumber);
  app.add_option("--threads", o.threads)->check(CLI::PositiveNumber);
  app.add_option("--dropout", o.dropout)->check(CLI::Range(0.0, 0.99));
  app.add_option("--load", o.load, "initial weights (safetensors)");
  app.add_option("--seed", o.seed);
  app.add_flag("--profile", o.profile, "print where the time of the steps goes");
  app.add_option("--trace", o.trace, "with --profile: file for the trace")->needs("--profile");
  app.add_option("--show-step", o.show_step, "file for a page of the last step, whose tape is printed");
  add_precision_option(app);
  app.add_option("--activations", o.activations, "what a step keeps for its gradients")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Precision>{
          {"f32", Precision::f32}, {"bf16", Precision::bf16}, {"f16", Precision::f16}}));
  add_device_option(app);
  app.add_flag("--anomaly", o.anomaly, "look for NaN and infinities");
  app.add_option("--vocab", o.vocab, "words of each side (default: those of the files, seen at least twice)")
      ->check(CLI::Range(5, 100'000'000));
  CLI::Option* const json = app.add_flag("--json", o.json, "one JSON line (the default: a line for people)");
  app.add_flag("--no-peak", o.no_peak, "without the machine's best product")->needs(json);
  CLI11_PARSE(app, argc, argv);
  set_num_threads(o.threads);
  const Measured m = train(o);
  const int64_t peak_memory = peak_rss_mib();  // before the products below ask for more
  const double gflops = m.gflop / m.seconds;
  const Peaks peaks = o.no_peak ? Peaks{} : gemm_peaks();
  const double tokens_per_second = static_cast<double>(m.target_tokens) / m.seconds;
  if (!o.json) {
    fmt::print("{:.0f} target tokens/s, {:.1f} of {:.1f} GFLOP/s ({:.0f} %), {} MiB, loss {:.4f} -> {:.4f}\n{}\n",
               tokens_per_second, gflops, peaks.current(), 100 * gflops / peaks.current(), peak_memory,
               m.losses.front(), m.losses.back(), machine());
    return 0;
  }
  nlohmann::ordered_json line{{"program", "grus"},          {"machine", machine()},
                              {"threads", o.threads},       {"batch", o.batch},
                              {"steps", o.steps},           {"params", m.parameters},
                              {"vocab", m.vocab},           {"tokens", m.target_tokens},
                              {"seconds", m.seconds},       {"target_tokens_per_second", tokens_per_second},
                              {"model_gflops", gflops},     {"losses", m.losses},
                              {"peak_rss_mib", peak_memory}};
  if (!o.no_peak) add_share(line, peaks, gflops);
  fmt::print("{}\n", line.dump());
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench bahdanau: {}\n", error.what());
  return 1;
}
