// 10. Two language models of equally many parameters, a GRU and a transformer, learn a language in which the past must
// be looked up: who has what, and then the same in another order. Run it: ./dev run 10_transformer [STEPS] [SVG FILE]
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numeric>

#include <grus/grus.h>
#include <grus/report/chart.h>

using namespace grus;

constexpr int64_t names = 8, colours = 6, things = 6, facts = 6, steps = 6 * facts, batch = 64;
constexpr int64_t words = names + colours + things;

struct Text {
  Tensor inputs, targets;  // (T, B) and (T B): a target is the word behind its input
};

/// Writes `batch` lines: six times "name colour thing", then the same six facts in another order.
Text write(Rng& rng) {
  std::vector<int64_t> inputs(steps * batch, words), targets(steps * batch);  // a line begins with the id `words`
  const std::vector<float> draws = random_uniform({batch, 4 * names}, 0, 1, rng).to_vector<float>();
  for (int64_t b = 0; b < batch; ++b) {
    const float* draw = draws.data() + b * 4 * names;
    std::vector<int64_t> order(names);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return draw[i] < draw[j]; });
    std::vector<int64_t> again(order.begin(), order.begin() + facts);
    std::sort(again.begin(), again.end(), [&](int64_t i, int64_t j) { return draw[names + i] < draw[names + j]; });
    for (int64_t t = 0; t < steps; ++t) {
      const int64_t who = t < steps / 2 ? order[t / 3] : again[t / 3 - facts];
      const auto colour = static_cast<int64_t>(draw[2 * names + who] * colours);
      const auto thing = static_cast<int64_t>(draw[3 * names + who] * things);
      const int64_t word = t % 3 == 0 ? who : t % 3 == 1 ? names + colour : names + colours + thing;
      targets[t * batch + b] = word;
      if (t + 1 < steps) inputs[(t + 1) * batch + b] = word;
    }
  }
  return {Tensor::from(inputs, {steps, batch}), Tensor::from(targets)};
}

/// Returns the least loss that any model can have, in nats a word: names come in any order, facts are made up once.
double least_loss() {
  double nats = facts * std::log(colours * things);
  for (int64_t i = 0; i < facts; ++i) nats += std::log(names - i) + std::log(facts - i);
  return nats / steps;
}

class GruModel : public nn::Module<GruModel> {
 public:
  GruModel(int64_t width, int64_t hidden, Rng& rng)
      : embedding(child("embedding", nn::Embedding({.count = words + 1, .width = width}, rng))),
        gru(child("gru", nn::Gru({.input = width, .hidden = hidden}, rng))),
        output(child("output", nn::Linear(hidden, words, rng))) {}
  Tensor forward(const Tensor& ids) const { return output(gru(embedding(ids)).y); }
  nn::Embedding embedding;
  nn::Gru gru;
  nn::Linear output;
};

class TransformerModel : public nn::Module<TransformerModel> {
 public:
  TransformerModel(int64_t width, Rng& rng)
      : embedding(child("embedding", nn::Embedding({.count = words + 1, .width = width}, rng))),
        encoder(child(
            "encoder",
            nn::TransformerEncoder(
                2,
                {.width = width, .heads = 4, .hidden = 4 * width, .dropout = 0, .norm_first = true, .rotary = Rotary{}},
                true, rng))),
        output(child("output", nn::Linear(width, words, rng))) {}
  /// Each step sees those before it, and no other.
  Tensor forward(const Tensor& ids) const { return output(encoder(embedding(ids), nn::AttentionCall{.causal = true})); }
  nn::Embedding embedding;
  nn::TransformerEncoder encoder;
  nn::Linear output;
};

/// Trains on new lines at every step. Returns the losses on lines that are never trained on, every so often.
template <class Model>
report::Series curve_of(const char* name, const Model& model, int64_t updates) {
  report::Series curve{name, {}};
  Rng rng(7), other(8);
  const Text held_out = write(other);
  optim::Adam optimizer(model.named_parameters(), {.lr = 3e-3});
  const optim::Schedule schedule = optim::warmup(50, optim::cosine(updates, 0.05));
  for (int64_t update = 0; update <= updates; ++update) {
    if (update % std::max<int64_t>(1, updates / 20) == 0) {
      const double loss = cross_entropy(flatten(model(held_out.inputs), 0, 1), held_out.targets).item();
      curve.points.push_back({static_cast<double>(update), loss});
      fmt::print("{:12} {:7} parameters, step {:5}: {:.3f} nats a word\n", name, model.parameter_count(), update, loss);
    }
    const Text text = write(rng);
    Tape tape;
    tape.backward(cross_entropy(flatten(model(text.inputs), 0, 1), text.targets));
    optimizer.set_lr_factor(schedule(update));
    optimizer.step(optim::clip_scale(model.named_parameters(), 1.0).scale);
    optimizer.zero_grad();
  }
  return curve;
}

int main(int count, char** arguments) {
  const int64_t updates = count > 1 ? std::atoll(arguments[1]) : 600;
  Rng rng(1);
  const TransformerModel transformer(48, rng);
  int64_t hidden = 8;  // the largest GRU that has no more parameters
  while (GruModel(48, hidden + 1, rng).parameter_count() <= transformer.parameter_count()) ++hidden;
  const GruModel gru(48, hidden, rng);

  report::LineChart picture{"Loss on lines never seen", "nats a word", "step"};
  picture.series = {curve_of("GRU", gru, updates), curve_of("transformer", transformer, updates)};
  const double least = least_loss();
  picture.series.push_back({"least", {{0, least}, {static_cast<double>(updates), least}}});
  fmt::print("the least that is possible: {:.3f}\n", least);
  if (count > 2) std::ofstream(arguments[2]) << report::standalone(report::line_chart(picture));
  return picture.series[1].points.back().y < picture.series[0].points.back().y ? 0 : 1;
}
