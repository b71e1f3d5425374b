// 9. A model that is trained, judged, stopped and resumed by fit(). Run it: ./dev run 09_fit [FOLDER]
// With a folder, Ctrl-C or kill -9 end it at any moment; the same command goes on, to the same weights.
#include <fmt/core.h>

#include <grus/grus.h>

using namespace grus;

// Three classes of points: those near the centre, in a ring around it, and outside.
struct Batch {
  Tensor x, y;  // (N, 2), (N)
};

class Rings {  // what fit() asks of batches: start, next, batches
 public:
  Rings(int64_t batches, uint64_t seed) : batches_(batches), seed_(seed) {}
  void start(int64_t epoch, int64_t position) { epoch_ = epoch, at_ = position; }
  std::optional<Batch> next() {
    if (at_ == batches_) return std::nullopt;
    Rng rng(seed_ + static_cast<uint64_t>(epoch_ * batches_ + at_++));  // the same place gives the same points
    const Tensor x = random_uniform({32, 2}, -1, 1, rng);
    const Tensor radius = sqrt(sum(x * x, {1}));
    return Batch{x, cast(greater(radius, 0.4), DType::i32) + cast(greater(radius, 0.8), DType::i32)};
  }
  int64_t batches() const { return batches_; }

 private:
  int64_t batches_, epoch_ = 0, at_ = 0;
  uint64_t seed_;
};

int main(int count, char** arguments) {
  Rng rng(1);
  nn::Sequential model(nn::Linear(2, 32, rng), nn::Tanh(), nn::Dropout(0.1), nn::Linear(32, 3, rng));
  optim::Adam adam(model.named_parameters(), {.lr = 0.02});
  Rings batches(50, 1000), valid(8, 9);
  metrics::Mean loss;
  metrics::Accuracy accuracy({.classes = 3});
  const auto judge = [&](const nn::Sequential& net, const Batch& batch) {
    const Tensor scores = net(batch.x);
    loss.update(cross_entropy(scores, batch.y), batch.y.dim(0));
    accuracy.update(scores, batch.y);
  };
  training::FitOptions options{.epochs = 20, .clip = 1, .schedule = optim::cosine(1000), .average = 0.99};
  options.validation = training::validation(model, valid, {&loss, &accuracy}, judge);
  options.watch = "valid_accuracy";
  options.patience = 6;
  if (count > 1) options.out = arguments[1], options.resume = true, options.save_every = 10;
  const training::StopOnSignal guard;
  options.stop = training::stop_requested;

  const auto train_loss = [](const nn::Sequential& net, const Batch& batch) {
    return cross_entropy(net(batch.x), batch.y);
  };
  const training::FitResult result = training::fit(model, adam, batches, train_loss, options);
  if (!result.finished) return fmt::print("stopped after step {}; the same command goes on\n", result.step), 0;
  const double best = result.best_record().find("valid_accuracy")->value;
  fmt::print("{} steps, ended by {}; accuracy {:.3f} in epoch {}\n", result.step, result.why, best, result.best + 1);
  return best > 0.9 ? 0 : 1;
}
