// Decoding throughput on fixed work, that of torch_decode.py, with the same keys. Every hypothesis takes exactly
// --steps steps.
//   ./dev bench decode --data DIR [--beam 5 --sentences 1000 --batch 64 --steps 20 --threads 2 --precision bf16
//   --profile]
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>

#include "core/base/threads.h"
#include "core/device/precision.h"
#include "core/thread/parts.h"
#include "core/watch/profile.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "tests/bench/measure.h"
#include "tests/bench/peer_model.h"

using namespace grus;
using namespace grus::bench;

namespace {

struct Options {
  std::string data;
  int64_t sentences = 1000, batch = 64, beam = 5, steps = 20;
  int threads = 2;
  uint64_t seed = 1;
  bool profile = false;
};

/// Hypotheses hold the `beam` best of each sentence's beam * V continuations: new scores, parents and words.
struct Hypotheses {
  std::vector<float> scores;
  std::vector<int64_t> parents;
  std::vector<int32_t> words;
};
Hypotheses best_continuations(const Tensor& log_probabilities, const std::vector<float>& scores, int64_t beam) {
  const TopK top = top_k(log_probabilities, beam);  // a continuation among a sentence's best is among its row's best
  const std::vector<float> values = top.values.to_vector<float>();
  const std::vector<int64_t> ids = top.ids.to_vector<int64_t>();
  Hypotheses next;
  const auto k = static_cast<size_t>(beam);
  std::vector<std::pair<float, size_t>> candidates(k * k);
  for (size_t first = 0; first < scores.size(); first += k) {
    for (size_t i = 0; i < k * k; ++i) candidates[i] = {scores[first + i / k] + values[first * k + i], first * k + i};
    std::partial_sort(candidates.begin(), candidates.begin() + beam, candidates.end(), std::greater<>());
    for (size_t i = 0; i < k; ++i) {
      next.scores.push_back(candidates[i].first);
      next.parents.push_back(static_cast<int64_t>(candidates[i].second / k));
      next.words.push_back(static_cast<int32_t>(ids[candidates[i].second]));
    }
  }
  return next;
}

void decode(const PeerModel& model, const std::vector<std::vector<int32_t>>& rows, int64_t begin, int64_t end,
            const Options& o) {
  const PeerModel::Encoded encoded = model.encode(packed_ids(rows, begin, end, 0, 0));
  const int64_t count = (end - begin) * o.beam;
  std::vector<int64_t> sources;
  std::vector<float> scores;
  for (int64_t i = 0; i < count; ++i) {
    sources.push_back(i / o.beam);
    scores.push_back(i % o.beam == 0 ? 0.0f : -1e9f);
  }
  const AttentionRows attention = attention_rows(encoded.memory.lengths, sources);
  const AttentionGruWeights decoder = model.decoder();
  Tensor h = gather_rows(encoded.h, Tensor::from(sources));
  Tensor word = Tensor::from(std::vector<int32_t>(static_cast<size_t>(count), SOS));
  for (int64_t step = 0; step < o.steps; ++step) {
    const Tensor e = model.target_embedding(word);
    const Output out = attention_gru_step(e, h, encoded.memory, attention, decoder);
    const Tensor logits = model.output(concat({out.y, out.attention.context, e}, 1));
    if (o.beam == 1) {
      word = argmax(logits, {1});
      h = out.y;
      continue;
    }
    Hypotheses next = best_continuations(log_softmax(logits), scores, o.beam);
    scores = std::move(next.scores);
    word = Tensor::from(next.words);
    h = gather_rows(out.y, Tensor::from(next.parents));
  }
}

/// Bytes of an element of a packed weight.
double bytes_of_weight() {
  const Precision precision = product_precision();
  return precision == Precision::int8 ? 1 : precision == Precision::bf16 ? 2 : 4;
}

/// Returns the bytes of packed weights that decoding all rows reads when each step reads its weights once: the
/// decoder's at every step, the encoder's once a batch, and those of its recurrence at every source place.
double weight_bytes(const PeerModel& model, const std::vector<std::vector<int32_t>>& rows, const Options& o) {
  const auto total = static_cast<int64_t>(rows.size());
  int64_t elements = 0;
  for (int64_t begin = 0; begin < total; begin += o.batch) {
    size_t longest = 0;
    for (int64_t i = begin; i < std::min(total, begin + o.batch); ++i)
      longest = std::max(longest, rows[static_cast<size_t>(i)].size());
    elements += o.steps * model.target_weights() + model.source_weights() + model.bridge.weight.numel() +
                (static_cast<int64_t>(longest) - 1) * model.recurrent_source_weights();
  }
  return static_cast<double>(elements) * bytes_of_weight();
}

/// Adds which share of the memory's bandwidth the weights took.
void add_bandwidth(nlohmann::ordered_json& line, const PeerModel& model, const Options& o, double bytes,
                   double elapsed) {
  const double weights = 1e-9 * bytes / elapsed, memory = memory_bandwidth(o.threads);
  line["weights_mib"] = static_cast<double>(model.target_weights()) * bytes_of_weight() / (1 << 20);
  line["last_level_cache_mib"] = last_level_cache_mib();
  line["weights_gbytes_per_s"] = weights;
  line["memory_gbytes_per_s"] = memory;
  line["share_of_bandwidth"] = weights / memory;
}

}  // namespace

int main(int argc, char** argv) try {
  Options o;
  CLI::App app("Greedy and beam decoding with a fixed model, for a fixed number of steps");
  app.add_option("--data", o.data, "folder with train and test_2016_flickr .lc.norm.tok.{de,en}")->required();
  app.add_option("--sentences", o.sentences)->check(CLI::PositiveNumber);
  app.add_option("--batch", o.batch)->check(CLI::PositiveNumber);
  app.add_option("--beam", o.beam)->check(CLI::PositiveNumber);
  app.add_option("--steps", o.steps)->check(CLI::PositiveNumber);
  app.add_option("--threads", o.threads)->check(CLI::PositiveNumber);
  app.add_option("--seed", o.seed);
  app.add_flag("--profile", o.profile, "print where the time of the steps goes");
  add_precision_option(app, {"f32", "bf16", "int8"});
  add_device_option(app);
  CLI11_PARSE(app, argc, argv);
  set_num_threads(o.threads);
  const PeerVocab source_vocab = peer_vocab(o.data + "/train.lc.norm.tok.de"),
                  target_vocab = peer_vocab(o.data + "/train.lc.norm.tok.en");
  const auto rows = peer_rows(o.data + "/test_2016_flickr.lc.norm.tok.de", source_vocab, o.sentences);
  Rng rng(o.seed);
  PeerModel model(static_cast<int64_t>(source_vocab.size()) + 4, static_cast<int64_t>(target_vocab.size()) + 4, 0, rng);
  model.eval();
  // Threads decode batches of their own, as seq2seq::search() does; sentences one at a time are for their latency.
  const auto run = [&](int64_t sentences) {
    std::atomic<int64_t> next{0};
    const auto decode_batches = [&](int, int) {
      for (int64_t begin; (begin = next.fetch_add(o.batch)) < sentences;)
        decode(model, rows, begin, std::min(sentences, begin + o.batch), o);
    };
    const int64_t batches = (sentences + o.batch - 1) / o.batch;
    if (o.batch == 1) decode_batches(0, 1);
    else in_parts(default_device(), o.batch * o.beam, batches, decode_batches);
  };
  const auto total = static_cast<int64_t>(rows.size());
  run(std::min(total, o.batch));
  std::unique_ptr<Profile> profile;
  if (o.profile) profile = std::make_unique<Profile>();
  const double start = seconds();
  run(total);
  const double elapsed = seconds() - start;
  if (profile) fmt::print("{}\n{}\n", profile->table(), profile->table(Profile::By::kernel));
  profile.reset();
  const int64_t peak_memory = peak_rss_mib();
  int64_t source_tokens = 0;
  for (const auto& row : rows) source_tokens += static_cast<int64_t>(row.size());
  const auto hypotheses = static_cast<double>(total * o.steps * o.beam);
  const double gflops = 2e-9 *
                        (static_cast<double>(model.target_weights()) * hypotheses +
                         static_cast<double>(model.source_weights() * source_tokens)) /
                        elapsed;
  nlohmann::ordered_json line{{"program", "grus"},
                              {"machine", machine()},
                              {"threads", o.threads},
                              {"batch", o.batch},
                              {"beam", o.beam},
                              {"steps", o.steps},
                              {"sentences", total},
                              {"seconds", elapsed},
                              {"sentences_per_second", static_cast<double>(total) / elapsed},
                              {"model_gflops", gflops},
                              {"hypothesis_tokens_per_second", hypotheses / elapsed},
                              {"peak_rss_mib", peak_memory}};
  add_share(line, gemm_peaks(), gflops);
  if (default_device() == Device("cpu")) add_bandwidth(line, model, o, weight_bytes(model, rows, o), elapsed);
  fmt::print("{}\n", line.dump());
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench decode: {}\n", error.what());
  return 1;
}
