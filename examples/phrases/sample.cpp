// The subcommand `sample`: table 3 of Cho et al. 2014, targets that the model makes up itself.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/batch/shuffle.h"
#include "examples/phrases/scorer.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/sampling.h"
#include "ops/math/softmax.h"

namespace grus::phrases {
namespace {

using seq2seq::DecoderState;

struct Sample {
  std::vector<int32_t> ids;
  double log_probability = 0;
};

// Draws an id for each row of log-probabilities, by p^(1/temperature); specials but <eos> are never drawn.
std::vector<int64_t> draw_ids(const Tensor& scores, double temperature, data::SplitMix& random) {
  std::vector<double> uniforms(static_cast<size_t>(scores.dim(0)));
  for (double& u : uniforms) u = static_cast<double>(random.next() >> 11) * 0x1p-53;
  std::vector<int64_t> ids =
      categorical(scores.columns(data::EOS), uniforms, {.temperature = temperature}).to_vector<int64_t>();
  for (int64_t& id : ids) id += data::EOS;
  return ids;
}

// Draws `count` targets of one source, word by word from p(y_t | y_<t, c); those that reach the limit are left out.
std::vector<Sample> draw_samples(const seq2seq::Architecture& model, const std::vector<int32_t>& source,
                                 const SampleOptions& o, data::SplitMix random) {
  const NoGrad no_grad;
  const std::vector<std::vector<int32_t>> sources{source};
  const auto decoder = model.decode(seq2seq::pack_tokens(sources));
  const seq2seq::OutputLayer output = model.output();
  std::vector<Sample> live(static_cast<size_t>(o.count)), finished;
  DecoderState state = decoder->start();
  std::vector<int64_t> rows(live.size());  // rows of the state, by live sample
  std::vector<int32_t> words(live.size(), data::SOS);
  for (int64_t step = 0; step <= o.max_length && !live.empty(); ++step) {
    for (Tensor& part : state) part = gather_rows(part, Tensor::from(rows));
    auto next = decoder->step(Tensor::from(words), state, std::vector<int64_t>(live.size(), 0));
    const Tensor scores = log_softmax(linear(next.rows, output.weight, output.bias), -1);
    const auto values = scores.to_vector<float>();
    state = std::move(next.state);
    const int64_t width = scores.dim(1);
    const std::vector<int64_t> drawn = draw_ids(scores, o.temperature, random);
    std::vector<Sample> going;
    rows.clear(), words.clear();
    for (size_t i = 0; i < live.size(); ++i) {
      const float* row = values.data() + static_cast<int64_t>(i) * width;
      const auto id = static_cast<int32_t>(drawn[i]);
      live[i].log_probability += static_cast<double>(row[id]);
      if (id == data::EOS) {
        finished.push_back(std::move(live[i]));
        continue;
      }
      live[i].ids.push_back(id);
      going.push_back(std::move(live[i]));
      rows.push_back(static_cast<int64_t>(i));
      words.push_back(id);
    }
    live = std::move(going);
  }
  return finished;
}

void print_best(const std::string& phrase, const std::vector<Sample>& samples, const data::Codec& codec, int64_t best) {
  std::map<std::vector<int32_t>, std::pair<double, int64_t>> distinct;
  for (const Sample& sample : samples) {
    auto& [log_probability, times] = distinct[sample.ids];
    log_probability = sample.log_probability;
    ++times;
  }
  std::vector<std::pair<std::vector<int32_t>, std::pair<double, int64_t>>> order(distinct.begin(), distinct.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second.first > b.second.first; });
  order.resize(std::min(order.size(), static_cast<size_t>(best)));
  for (const auto& [ids, figures] : order)
    fmt::print("{} ||| {} ||| {:.6g} ||| {}\n", phrase, codec.decode(ids), figures.first, figures.second);
}

}  // namespace

int sample(const SampleOptions& o) {
  Scorer scorer(o.use);
  uint64_t stream = 0;
  for (const std::string& phrase : phrases_to_use(o.phrases)) {
    const auto ids = scorer.saved().codecs.source.encode(phrase);
    const data::SplitMix random(static_cast<uint64_t>(o.seed), stream++);
    print_best(phrase, draw_samples(scorer.model(), ids, o, random), scorer.saved().codecs.target, o.best);
  }
  return 0;
}

}  // namespace grus::phrases
