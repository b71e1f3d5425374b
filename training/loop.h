#pragma once
// The loop behind fit(): it sees neither batches nor losses, only a source that holds a batch and computes its loss.
// Programs with folders of their own drive it directly.
// Sources: loop.cpp, loop_step.cpp, loop_judge.cpp.
#include <memory>

#include "core/tensor/random.h"
#include "training/fit_options.h"
#include "training/freeze.h"
#include "training/keeper.h"
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
    RandomKey rng;                           // the state of default_rng() before the step
    double learning_rate, count;
  };
  // Control
  void stop(const std::string& why) override { progress_.ended = why; }
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
  bool stop_requested() const { return options_.stop && options_.stop(); }
  std::string why() const;

  void train_step();
  Tensor forward_backward(QueuedStep& step);
  void update(QueuedStep& step, const Tensor& loss);
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
    return {model_, optimizer_, average_.get(), plateau_.get(), options_.metrics, options_.callbacks};
  }
  Identity identity() const;
  void count_time(bool training);
  FitResult finish();
  FitResult result(bool finished) const;

  nn::ModuleBase& model_;
  optim::Optimizer& optimizer_;
  Source& source_;
  Keeper& keeper_;
  const FitOptions options_;
  const nn::Parameters parameters_;
  const FreezePlan freeze_;
  std::unique_ptr<optim::ExponentialMovingAverage> average_;
  std::unique_ptr<optim::Plateau> plateau_;
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
