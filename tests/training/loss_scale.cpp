// Loss scaling, in fit() and alone.
#include "optim/loss_scale.h"

#include <atomic>

#include "data/batch/batches.h"
#include "metrics/mean.h"
#include "ops/base/hook.h"
#include "ops/loss/linear_cross_entropy.h"
#include "optim/clip.h"
#include "tests/parallel/thread_ranks.h"
#include "tests/training/small_run.h"
#include "training/carried.h"

using namespace grus;
using optim::LossScaleOptions;
using optim::LossScaler;
using parallel::Communicator;
using test::bits;
using test::message_of;
using test::Net;

namespace {

using Pair = std::pair<Tensor, Tensor>;

data::Batches<Pair> scaled_batches(int64_t size) {
  Rng rng(5);
  std::vector<std::pair<Tensor, int64_t>> examples;
  for (int64_t i = 0; i < 50; ++i) {
    const Tensor x = random_normal({3}, 0, 1, rng);
    const std::vector<float> values = x.to_vector<float>();
    examples.emplace_back(x, values[0] + values[1] > values[2]);
  }
  return data::batches(data::Dataset(std::move(examples)), {.size = size, .seed = 3},
                       [](std::vector<std::pair<Tensor, int64_t>> some) {
                         std::vector<Tensor> x;
                         std::vector<int64_t> y;
                         for (auto& one : some) x.push_back(one.first), y.push_back(one.second);
                         return Pair(data::collate(x), data::collate(y));
                       });
}

// Gradients above this limit become infinite on their way, and others stay as they are, as products in f16 have it.
Tensor narrow(const Tensor& loss, double limit) {
  const double large = 3.4e38 / limit;
  return on_gradient(loss, [large](const Tensor& dy) { return dy * large / large; });
}

struct ScaledOutcome {
  std::string weights;
  std::vector<double> figures;
  training::FitResult result;
  int64_t optimizer_steps = 0;
};

// What the loss function does in place of the cross entropy, by the number of the call.
using Change = std::function<Tensor(const Tensor& loss, int64_t call)>;

ScaledOutcome train_scaled(training::FitOptions options, Communicator* ranks = nullptr, const Change& change = {}) {
  Communicator one;
  Rng rng(1);
  Net net(rng, 0.3);
  optim::Adam adam(net.named_parameters(), {.lr = 0.05});
  auto batches = scaled_batches(14);
  metrics::Mean mean("nll");
  if (options.epochs + options.steps == 0) options.epochs = 3;
  options.metrics = {&mean};
  options.seed = 7;
  options.quiet = true;
  options.ranks = ranks ? ranks : &one;
  ScaledOutcome outcome;
  int64_t call = 0;
  outcome.result = training::fit(
      net, adam, batches,
      [&](const Net& n, const Pair& b) {
        Tensor loss = cross_entropy(n(b.first), b.second);
        if (change) loss = change(loss, call++);
        mean.update(loss.detach(), b.second.dim(0));
        return training::Loss(loss, static_cast<double>(b.second.dim(0)));
      },
      options);
  outcome.weights = bits(net);
  outcome.optimizer_steps = adam.steps();
  for (const training::Record& record : outcome.result.history)
    for (const training::Figure& one_figure : record.figures) outcome.figures.push_back(one_figure.value);
  return outcome;
}

// Compares the run with what it was when a step began that is then skipped.
struct SkipWatch : training::Callback {
  explicit SkipWatch(bool every_rank = false) : every_rank(every_rank) {}
  const bool every_rank;
  std::vector<training::StepSkipped> skips;
  std::vector<int64_t> steps;
  std::vector<double> rates;
  bool on_every_rank() const override { return every_rank; }
  void step_skipped(const training::StepSkipped& event, training::Control&) override { skips.push_back(event); }
  void step_end(const training::StepEnd& event, training::Control&) override { steps.push_back(event.step); }
  void step_figures(const training::StepFigures& event, training::Control&) override {
    rates.push_back(event.learning_rate);
  }
};

}  // namespace

TEST_CASE("loss scale: it grows behind its window, falls at an overflow, and knows when that does not help") {
  LossScaler scaler({.window = 3});
  CHECK(scaler.scale() == 1024);
  for (int i = 0; i < 3; ++i) CHECK(scaler.update(true));
  CHECK(scaler.scale() == 2048);
  CHECK(scaler.update(true));
  CHECK_FALSE(scaler.update(false));
  CHECK(scaler.scale() == 1024);
  for (int i = 0; i < 2; ++i) scaler.update(true);
  CHECK(scaler.scale() == 1024);  // an overflow begins the window anew
  scaler.update(true);
  CHECK(scaler.scale() == 2048);
  for (int i = 0; i < 11; ++i) {
    scaler.update(false);
    CHECK_FALSE(scaler.is_hopeless());
  }
  CHECK(scaler.scale() == 1);
  scaler.update(false);
  CHECK(scaler.is_hopeless());
  CHECK(scaler.scale() == 1);
  CHECK(scaler.state().skipped == 13);
  LossScaler still({.dynamic = false, .first = 64, .most_skips = 2});
  still.update(false);
  CHECK_FALSE(still.is_hopeless());
  still.update(false);
  CHECK(still.is_hopeless());
  CHECK(still.scale() == 64);
  LossScaler far({.first = 0x1p24, .window = 1});
  far.update(true);
  CHECK(far.scale() == 0x1p24);
}

TEST_CASE("loss scale: the word of a flag, and options out of range") {
  CHECK(optim::loss_scale_of("auto", Precision::f16)->dynamic);
  CHECK_FALSE(optim::loss_scale_of("auto", Precision::bf16).has_value());
  CHECK(optim::loss_scale_of("dynamic", Precision::f32)->first == 1024);
  CHECK_FALSE(optim::loss_scale_of("1", Precision::f16).has_value());
  CHECK(optim::loss_scale_of("128", Precision::f32)->first == 128);
  CHECK_FALSE(optim::loss_scale_of("128", Precision::f32)->dynamic);
  for (const char* word : {"", "some", "0.5", "-4", "nan", "inf", "1e9", "8x"})
    CHECK(message_of([&] { optim::loss_scale_of(word, Precision::f16); }) ==
          fmt::format("--loss-scale: need auto, dynamic or a number from 1 to 2^24, got '{}'", word));
  CHECK(message_of([] { LossScaler({.factor = 1}); }) == "[LossScaler] need a factor above 1, got 1");
  CHECK(message_of([] { LossScaler({.window = 0}); }) == "[LossScaler] need a window of at least 1 update, got 0");
}

TEST_CASE("half precision: gradients of improbable classes over many rows do not become 0 in f16") {
  // p = 1 / (1 + e^12) of the second class in each of 512 rows: p / 512 is below all numbers of f16.
  constexpr int64_t rows = 512;
  std::vector<float> x(rows * 2);
  for (size_t i = 0; i < x.size(); i += 2) x[i] = 1;
  nn::Parameter weight(Tensor::from<float>({12, 0, 0, 0}, {2, 2}));
  const PrecisionScope precision(Precision::f16);
  Tape tape;
  const Tensor targets = Tensor::full({rows}, 0, DType::i32);
  tape.backward(linear_cross_entropy(Tensor::from(x, {rows, 2}), weight, Tensor(), targets).loss);
  const std::vector<float> gradient = weight.grad().to_vector<float>();
  const double p = 1 / (1 + std::exp(12.0));
  CHECK(gradient[2] / p == doctest::Approx(1).epsilon(1e-2));
  CHECK(gradient[0] / p == doctest::Approx(-1).epsilon(1e-2));
}

TEST_CASE("loss scale: powers of two change no bit of a run in f32, accumulated or cut into shards") {
  for (const auto& [accumulate, shards] : {std::pair(1, 0), std::pair(3, 0), std::pair(2, 8)}) {
    training::FitOptions options{.accumulate = accumulate, .shards = shards, .clip = 0.5, .average = 0.9};
    const ScaledOutcome plain = train_scaled(options);
    options.loss_scale = LossScaleOptions{.window = 2};
    const ScaledOutcome scaled = train_scaled(options);
    CHECK(scaled.weights == plain.weights);
    CHECK(scaled.result.history.back().find("train_loss")->value ==
          plain.result.history.back().find("train_loss")->value);
    CHECK(scaled.result.history.back().find("loss_scale")->value > 1024);
  }
}

TEST_CASE("loss scale: an overflow at a step skips its update and nothing else, and the run goes on") {
  SkipWatch watch;
  training::FitOptions options{.schedule = optim::warmup(100), .average = 0.9, .callbacks = {&watch}};
  options.loss_scale = LossScaleOptions{};
  std::string before, after;
  const ScaledOutcome outcome = train_scaled(
      options, nullptr, [&](const Tensor& loss, int64_t call) { return call == 5 ? narrow(loss, 600) : loss; });
  CHECK(outcome.result.finished);
  REQUIRE(watch.skips.size() == 1);
  CHECK(watch.skips[0].step == 6);
  CHECK(watch.skips[0].position == 2);  // of the second epoch
  CHECK(watch.skips[0].loss_scale == 1024);
  CHECK(watch.skips[0].next_loss_scale == 512);
  CHECK(watch.skips[0].skipped == 1);
  CHECK(outcome.result.step == 3 * 4 - 1);  // four batches an epoch
  CHECK(outcome.optimizer_steps == outcome.result.step);
  for (size_t i = 0; i < watch.steps.size(); ++i) CHECK(watch.steps[i] == static_cast<int64_t>(i) + 1);
  for (size_t i = 0; i < watch.rates.size(); ++i)  // the schedule goes by updates
    CHECK(watch.rates[i] == doctest::Approx(0.05 * static_cast<double>(i + 1) / 100));
  const training::History& history = outcome.result.history;
  CHECK(test::figure(history[0], "skipped_steps") == 0);
  CHECK(test::figure(history[1], "skipped_steps") == 1);
  CHECK(test::figure(history[1], "loss_scale") == 512);
  CHECK(std::isfinite(test::figure(history[1], "train_loss")));
}

TEST_CASE("loss scale: a run that skips a batch ends as one without it: weights, optimizer, averages and metrics") {
  struct Without {  // an epoch without its batch `missing`
    data::Batches<Pair> all = scaled_batches(14);
    int64_t missing, at = 0;
    void start(int64_t epoch, int64_t position) { all.start(epoch, at = position); }
    std::optional<Pair> next() {
      if (at++ == missing) all.next();
      return all.next();
    }
    int64_t batches() const { return -1; }
  };
  const auto run = [](int64_t missing, int64_t bad) {
    Rng rng(1);
    Net net(rng, 0);
    optim::Adam adam(net.named_parameters(), {.lr = 0.05});
    Without batches{.missing = missing};
    metrics::Mean mean("nll");
    training::FitOptions options{.epochs = 1, .average = 0.5, .metrics = {&mean}, .quiet = true};
    options.loss_scale = LossScaleOptions{};
    int64_t call = 0;
    const training::FitResult result = training::fit(
        net, adam, batches,
        [&](const Net& n, const Pair& b) {
          Tensor loss = cross_entropy(n(b.first), b.second);
          if (call++ == bad) loss = loss / 0.0;
          mean.update(loss.detach(), b.second.dim(0));
          return training::Loss(loss, static_cast<double>(b.second.dim(0)));
        },
        options);
    std::string all = bits(net);
    for (const auto& [name, tensor] : adam.state()) {
      const std::vector<std::byte> bytes = tensor.to_bytes();
      all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    const training::Record& record = result.history[0];
    return std::tuple(all, test::figure(record, "train_loss"), test::figure(record, "train_nll"), record.step);
  };
  CHECK(run(-1, 1) == run(1, -1));
  CHECK(run(-1, 1) != run(2, -1));
}

TEST_CASE("loss scale: one bad batch among accumulated ones skips them all") {
  SkipWatch watch;
  training::FitOptions options{.epochs = 2, .accumulate = 2, .callbacks = {&watch}};
  options.loss_scale = LossScaleOptions{};
  const ScaledOutcome outcome =
      train_scaled(options, nullptr, [](const Tensor& loss, int64_t call) { return call == 1 ? loss / 0.0 : loss; });
  REQUIRE(watch.skips.size() == 1);
  CHECK(watch.skips[0].position == 2);
  CHECK(outcome.result.step == 3);
}

TEST_CASE("loss scale: a true NaN ends the training with its origin, at a scale of 1 or behind so many skips") {
  const Change bad = [](const Tensor& loss, int64_t call) { return call >= 2 ? loss + log(loss * 0 - 1) : loss; };
  training::FitOptions options{.epochs = 20};
  options.loss_scale = LossScaleOptions{};
  const std::string dynamic = message_of([&] { train_scaled(options, nullptr, bad); });
  CHECK_MESSAGE(dynamic.find("step 3 (epoch 4): [log]") == 0, dynamic);
  CHECK_MESSAGE(
      dynamic.find("(steps skipped one after another: 11, the last one with a loss scale of 1)") != std::string::npos,
      dynamic);
  options.loss_scale = LossScaleOptions{.dynamic = false, .first = 64, .most_skips = 4};
  const std::string fixed = message_of([&] { train_scaled(options, nullptr, bad); });
  CHECK_MESSAGE(fixed.find("step 3 (epoch 2): [log]") == 0, fixed);
  CHECK_MESSAGE(fixed.find("another: 4, the last one with a loss scale of 64)") != std::string::npos, fixed);
  options.loss_scale.reset();
  const std::string plain = message_of([&] { train_scaled(options, nullptr, bad); });
  CHECK_MESSAGE(plain.find("step 3 (epoch 1): [log]") == 0, plain);
}

TEST_CASE("loss scale: a stopped run resumes to the bits of one never stopped") {
  const Change narrow_always = [](const Tensor& loss, int64_t) { return narrow(loss, 3000); };
  training::FitOptions options{.validate_every = 4};
  options.loss_scale = LossScaleOptions{.window = 2};
  const ScaledOutcome straight = train_scaled(options, nullptr, narrow_always);
  double skipped = 0;
  for (const training::Record& record : straight.result.history) skipped += test::figure(record, "skipped_steps");
  CHECK(skipped >= 3);
  const test::Folder folder;
  options.out = folder.path("run");
  options.resume = true;
  ScaledOutcome outcome;
  for (int part = 0; part < 20 && !outcome.result.finished; ++part) {
    int64_t asked = 0;
    options.stop = [&] { return ++asked > 3; };
    outcome = train_scaled(options, nullptr, narrow_always);
  }
  CHECK(outcome.weights == straight.weights);
  CHECK(outcome.figures == straight.figures);
}

TEST_CASE("loss scale: ranks decide alike, for an overflow of one of them too") {
  const Change narrow_always = [](const Tensor& loss, int64_t) { return narrow(loss, 3000 * 14); };
  training::FitOptions options{.shards = 8, .clip = 0.5};
  options.loss_scale = LossScaleOptions{.first = 0x1p13, .window = 2};
  const ScaledOutcome one = train_scaled(options, nullptr, narrow_always);
  CHECK(one.result.step < 12);
  for (const parallel::Reduce reduce : {parallel::Reduce::tree, parallel::Reduce::fast}) {
    options.reduce = reduce;
    std::atomic<int> same = 0, told = 0;
    test::run_ranks(2, [&](Communicator& ranks) {
      const ScaledOutcome outcome = train_scaled(options, &ranks, narrow_always);
      same += reduce == parallel::Reduce::fast || (outcome.weights == one.weights && outcome.figures == one.figures);
      SkipWatch watch(true);
      training::FitOptions own = options;
      own.loss_scale = LossScaleOptions{};
      own.callbacks = {&watch};
      train_scaled(own, &ranks, [&](const Tensor& loss, int64_t call) {
        return ranks.rank() == 1 && call == 5 ? loss / 0.0 : loss;
      });
      told += watch.skips.size() == 1 && watch.skips[0].step == 2;
    });
    CHECK(same == 2);
    CHECK(told == 2);
  }
}

TEST_CASE("loss scale: what a model carries from step to step is not that of a skipped one") {
  struct State {
    Tensor h;
    nn::NamedTensors tensors() const { return h.defined() ? nn::NamedTensors{{"h", h}} : nn::NamedTensors{}; }
    static State of(const nn::NamedTensors& saved) { return {saved[0].tensor}; }
  };
  training::Carried<State> carried;
  training::FitOptions options{.epochs = 1, .callbacks = {&carried}};
  options.loss_scale = LossScaleOptions{};
  int64_t seen = 0;
  train_scaled(options, nullptr, [&](const Tensor& loss, int64_t call) {
    if (call == 2) CHECK(carried->h.item() == 1);
    if (call == 3) CHECK(carried->h.item() == 1);
    carried->h = Tensor::full({}, static_cast<double>(call));
    ++seen;
    return call == 2 ? loss / 0.0 : loss;
  });
  CHECK(seen == 4);
}
