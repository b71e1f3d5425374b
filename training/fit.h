#pragma once
// fit() trains any module on any batches by any loss; a run with a folder can be killed at any moment and resumed to
// the same bits.
//
//   Net model(rng);
//   optim::Adam adam(model.named_parameters(), {.lr = 1e-3});
//   metrics::Accuracy accuracy({.classes = 3});
//   const training::Validation validation = training::validation(
//       model, valid_batches, {&accuracy}, [&](const Net& m, const Batch& b) { accuracy.update(m(b.x), b.y); });
//   const training::StopOnSignal guard;
//   const training::FitResult result = training::fit(
//       model, adam, batches, [](const Net& m, const Batch& b) { return cross_entropy(m(b.x), b.y); },
//       {.epochs = 20, .validation = validation, .patience = 3, .out = "run", .resume = true,
//        .stop = training::stop_requested});
#include <concepts>
#include <optional>
#include <utility>

#include "training/fit_options.h"
#include "training/loop.h"
#include "training/stop.h"
#include "training/taken_shards.h"
#include "training/validation.h"

namespace grus::training {

/// Runs fit() on a source; the template below makes one. Throws what Loop throws, and Error for a folder that holds
/// another run, that somebody writes to, or that cannot be written.
FitResult run_fit(nn::ModuleBase& model, optim::Optimizer& optimizer, Source& source, const FitOptions& options);

/// A source of the batches of `Batches` and their losses.
template <class Model, class Batches, class LossOf>
class SourceOf : public Source {
 public:
  SourceOf(Model& model, Batches& batches, LossOf& loss) : model_(model), batches_(batches), loss_(loss) {}
  void start(int64_t epoch, int64_t position) override {
    batch_.reset();
    batches_.start(epoch, position);
  }
  bool next() override {
    batch_.reset();  // its memory serves the next one
    if (auto batch = batches_.next()) batch_.emplace(*std::move(batch));
    return batch_.has_value();
  }
  int64_t batches() const override { return batches_.batches(); }
  Loss loss() override {
    const Batch& batch = chosen_ ? *chosen_ : *batch_;
    if constexpr (std::invocable<LossOf&, Model&, const Batch&>) return loss_(model_, batch);
    else return loss_(batch);
  }
  void share(const parallel::Shards& shards) override {
    if constexpr (shareable) {
      batches_.share(shards);
      taken_.share(shards);
    } else {
      Source::share(shards);
    }
  }
  int64_t take(int64_t count) override {
    chosen_ = nullptr;
    if constexpr (shareable) return taken_.take(batches_, count);
    else return Source::take(count);
  }
  bool choose(int64_t batch, int64_t shard) override {
    chosen_ = taken_.find(batch, shard);
    return chosen_ != nullptr;
  }
  std::string fingerprint() const override {
    if constexpr (requires { batches_.fingerprint(); }) return batches_.fingerprint();
    else return "";
  }

 private:
  using Batch = typename std::remove_cvref_t<decltype(std::declval<Batches&>().next())>::value_type;
  static constexpr bool shareable = requires(Batches & batches, const parallel::Shards& shards) {
    batches.share(shards);
    batches.next_shards();
  };
  Model& model_;
  Batches& batches_;
  LossOf& loss_;
  std::optional<Batch> batch_;
  TakenShards<Batch> taken_;
  const Batch* chosen_ = nullptr;
};

/// Trains the model. `batches` has start(epoch, position), which count from 0, next(), a std::optional<Batch> that is
/// empty at an epoch's end, batches() of the epoch (-1: not known) and, if it likes, a text fingerprint(); for shards
/// share() and next_shards(), as data::Batches has. The same start() gives the same batches. loss(model, batch) or
/// loss(batch) gives a Tensor () or a Loss. Throws Error at the first number that is not finite, with step and op; see
/// run_fit.
template <class Model, class Batches, class LossOf>
FitResult fit(Model& model, optim::Optimizer& optimizer, Batches&& batches, LossOf&& loss, const FitOptions& options) {
  SourceOf<Model, std::remove_reference_t<Batches>, std::remove_reference_t<LossOf>> source(model, batches, loss);
  return run_fit(model, optimizer, source, options);
}

}  // namespace grus::training
