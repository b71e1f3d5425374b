#pragma once
// The loop behind fit(): it sees neither batches nor losses, only a source that holds a batch and computes its loss.
// Programs with folders of their own drive it directly.
// Sources: loop.cpp, loop_step.cpp, loop_skip.cpp, loop_judge.cpp, loop_shards.cpp.
#include <memory>

#include "core/tensor/random.h"
#include "training/fit_options.h"
#include "training/freeze.h"
#include "training/gradient_tree.h"
#include "training/keeper.h"
#include "training/optimizer_shards.h"
#include "training/ranks.h"
#include "training/run_state.h"

namespace grus::training {

/// A source holds one batch at a time. A step is repeated by going back to its first batch.
class Source {
 public:
  virtual ~Source() = default;
  /// Goes to a batch of an epoch; both count from 0.
  virtual void start(int64_t epoch, int64_t position) = 0;
  /// Takes the next batch; returns false at the epoch's end.
  virtual bool next() = 0;
  /// Returns the number of the epoch's batches, or -1 where it is not known.
  virtual int64_t batches() const = 0;
  /// Computes the loss of the batch, on the thread's tape.
  virtual Loss loss() = 0;

  // Shards of batches take the place of next() where a step is cut into them.
  /// Makes only these shards from the next start() on. Throws UsageError for batches that cannot be cut.
  virtual void share(const parallel::Shards& shards);
  /// Takes up to `count` batches and keeps its shards of them; returns how many there were.
  virtual int64_t take(int64_t count);
  /// Makes a shard of a batch that was taken, both counted from 0, what loss() computes; returns false where it has no
  /// example.
  virtual bool choose(int64_t batch, int64_t shard);

  /// Says in a few words what the batches are, so that a run goes on with no others; "" says nothing.
  virtual std::string fingerprint() const { return ""; }
};

class Loop : private Control {
 public:
  /// Everything that comes by reference must outlive the loop. Throws UsageError for options out of range.
  Loop(nn::ModuleBase& model, optim::Optimizer& optimizer, Source& source, Keeper& keeper, FitOptions options);
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Begins at step 0.
  void start();
  /// Goes on from the keeper's state. Throws DataError, UsageError as load_state() does, and for another number of
  /// batches.
  void resume();
  /// Saves the state now.
  void save();
  /// Trains to the end, or until it is asked to stop. Throws Error at the first loss, gradient or weight that is not
  /// finite, with its origin.
  FitResult run();
  const Progress& progress() const { return progress_; }

 private:
  struct QueuedStep {
    int64_t epoch, step, position, batches;  // position: of its first batch; batches: how many it has
    int64_t losses;                          // how many of figures_ are losses of it
    RandomKey rng;                           // the state of default_rng() before the step
    double learning_rate, count, scale;      // scale: of the loss
  };
  // What a skipped step leaves as it was.
  struct BeforeStep {
    size_t figures, times;
    std::vector<nn::NamedTensors> metrics;
    ShardMetrics::Kept shard_metrics;
    nn::NamedTensors buffers;
  };
  // Control
  void stop(const std::string& why) override { (ranks_.leads() ? progress_.ended : wish_) = why; }
  void set_rate_factor(double factor) override;
  double rate_factor() const override { return progress_.rate_factor; }
  void read_figures() override;

  template <class Event>
  void tell(void (Callback::*hook)(const Event&, Control&), const Event& event) {
    for (Callback* callback : options_.callbacks) (callback->*hook)(event, *this);
  }
  void begin();
  void end(bool finished, const std::string& error);
  FitResult train();
  bool run_epoch();
  void end_epoch();
  bool done() const;
  bool out_of_steps() const { return options_.steps > 0 && progress_.step >= options_.steps; }
  bool out_of_patience() const { return options_.patience > 0 && progress_.since_best >= options_.patience; }
  bool stop_requested() const { return ranks_.several() ? stops_ : options_.stop && options_.stop(); }
  std::string why() const;

  // What a loop does together with other ranks.
  void join();
  void agree();
  void follow();
  Facts facts() const;
  // What the batches of one shard gave: the sums of their losses, as trained and as shown, by their counts.
  struct ShardSums {
    double trained = 0, shown = 0, count = 0;
  };
  Tensor forward_backward_shards(QueuedStep& step);
  ShardSums run_shard(const QueuedStep& step, const RandomKey& key, int64_t shard, GradientTree* tree = nullptr);
  std::vector<std::string> share_sums(QueuedStep& step, const std::vector<ShardSums>& own, const std::string& reached,
                                      double& trained);
  std::string first_reason(const std::string& why) const;
  std::vector<Figure> from_leader(std::vector<Figure> figures) const;
  void for_leader(auto&& run) {
    if (ranks_.leads()) run();
  }

  bool next_batches();
  bool train_step();
  Tensor forward_backward(QueuedStep& step);
  bool update(QueuedStep& step, const Tensor& loss);
  BeforeStep before_step() const;
  void skip(const QueuedStep& step, BeforeStep before);
  bool finite_on_all_ranks(const Tensor& norm) const;
  Tensor minimised(const Loss& of, const QueuedStep& step) const;
  double scheduled_factor(int64_t step) const;
  [[noreturn]] void find_origin(const QueuedStep& step);
  void require_sound(int64_t step, int64_t epoch);
  [[noreturn]] void give_up(int64_t step, int64_t epoch, const std::string& why);

  void judge();
  Record measure();
  const Figure* watched(const Record& record) const;
  bool is_better(const Record& record) const;
  void keep(Record record);
  void judge_last_average(FitResult& result);
  std::vector<Figure> validate();
  template <class F>
  void with_averages(F&& run) {
    if (!average_) return run();
    const optim::SwapIn averaged(*average_);
    run();
  }

  RunParts parts() {
    return {model_, optimizer_, average_.get(), plateau_.get(), options_.metrics, &shard_metrics_, options_.callbacks};
  }
  Identity identity() const;
  void count_time(bool training);
  FitResult finish();
  FitResult result(bool finished) const;

  nn::ModuleBase& model_;
  optim::Optimizer& optimizer_;
  Source& source_;
  Keeper& keeper_;
  Ranks ranks_;
  const FitOptions options_;
  ShardMetrics shard_metrics_{options_.metrics};
  int64_t taken_ = 0;                    // batches of the step, where these are cut into shards
  bool joined_ = false, stops_ = false;  // stops_: some rank was asked to stop
  std::string wish_;                     // why a callback of another rank than the leader wants the run to end
  std::unique_ptr<GradientTree> tree_;
  std::unique_ptr<OptimizerShards> optimizer_shards_;
  const nn::Parameters parameters_;
  const FreezePlan freeze_;
  std::unique_ptr<optim::ExponentialMovingAverage> average_;
  std::unique_ptr<optim::Plateau> plateau_;
  std::optional<optim::LossScaler> scaler_;
  Progress progress_;
  // The steps whose figures are not read yet, and these figures: for each of a step's batches its loss, which counts so
  // many times, and then the norm of the gradients.
  std::vector<QueuedStep> queued_;
  std::vector<Tensor> figures_;
  std::vector<double> times_;
  Tensor norm_;                   // of the last step: NaN from the first bad one on
  double clock_ = 0;              // when time was counted last
  size_t begun_ = 0, ended_ = 0;  // how many callbacks have heard the run begin, and how many of these that it ended
};

}  // namespace grus::training
