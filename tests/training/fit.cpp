#include "training/fit.h"

#include "core/tape/tape.h"
#include "core/tensor/items.h"
#include "metrics/classification.h"
#include "metrics/mean.h"
#include "ops/math/reduce.h"
#include "optim/clip.h"
#include "optim/sgd.h"
#include "tests/support/waits.h"
#include "tests/training/small_run.h"
#include "training/annealing.h"

using namespace grus;
using test::bits;
using test::figure;
using test::message_of;
using test::Net;
using test::Start;

namespace {

// What fit() does, by hand.
void train_by_hand(Start& s, int64_t epochs, double clip, const optim::Schedule& schedule) {
  const nn::Parameters parameters = s.net.named_parameters();
  for (int64_t epoch = 0, step = 0; epoch < epochs; ++epoch) {
    s.points.start(epoch, 0);
    while (const auto batch = s.points.next()) {
      Tape tape;
      tape.backward(test::loss_of(s.net, *batch).loss);
      s.adam.set_lr_factor(schedule(step++));
      s.adam.step(optim::clip_scale(optim::grad_norm(parameters), clip));
      s.adam.zero_grad();
    }
  }
}

struct Counted : training::Callback {
  std::string events;
  std::vector<double> losses, rates;
  std::function<void(int64_t step, training::Control&)> after;
  void train_begin(const training::TrainBegin&, training::Control&) override { events += "T"; }
  void epoch_begin(const training::EpochBegin&, training::Control&) override { events += "E"; }
  void step_begin(const training::StepBegin&, training::Control&) override { events += "s"; }
  void backward_end(const training::BackwardEnd&, training::Control&) override { events += "b"; }
  void step_end(const training::StepEnd& event, training::Control& control) override {
    events += "S";
    if (after) after(event.step, control);
  }
  void step_figures(const training::StepFigures& event, training::Control&) override {
    losses.push_back(event.loss);
    rates.push_back(event.learning_rate);
  }
  void validation_begin(const training::ValidationBegin&, training::Control&) override { events += "("; }
  void validation_end(const training::ValidationEnd&, training::Control&) override { events += ")"; }
  void recorded(const training::Recorded&, training::Control&) override { events += "r"; }
  void epoch_end(const training::EpochEnd&, training::Control&) override { events += "e"; }
  void train_end(const training::TrainEnd& event, training::Control&) override {
    events += event.error.empty() ? "t" : "x";
  }
};

// A validation whose figures are given, one a judgement.
training::Validation told(const std::string& name, std::vector<double> values, bool larger = false) {
  auto next = std::make_shared<size_t>(0);
  return {[=] { return std::vector<training::Figure>{{name, values.at((*next)++), larger}}; }, {name}};
}

}  // namespace

TEST_CASE("fit: the weights are those of a loop by hand, bit for bit") {
  const optim::Schedule schedule = optim::warmup(4, optim::cosine(18));
  Start by_hand, by_fit;
  manual_seed(3);
  train_by_hand(by_hand, 3, 0.5, schedule);
  const training::FitResult result = by_fit.fit({.epochs = 3, .clip = 0.5, .schedule = schedule, .seed = 3});
  CHECK(bits(by_fit.net) == bits(by_hand.net));
  CHECK(result.finished);
  CHECK(result.why == "epochs");
  CHECK(result.step == 18);
  CHECK(result.history.size() == 3);
  CHECK_FALSE(by_fit.net.is_training());
}

TEST_CASE("fit: batches that are accumulated make the step of one large batch, whatever their sizes") {
  Start large(12, 0), small(5, 0);  // batches of 12 and 10, or of 5, 5, 5, 5 and 2
  const training::Loss first =
      test::loss_of(large.net, {Tensor::zeros({1, 3}), Tensor::from(std::vector<int32_t>{0}), 1});
  CHECK(first.count == 1);
  Start all(22, 0);
  all.fit({.epochs = 4, .clip = 0.3});
  const training::FitResult result = small.fit({.epochs = 4, .accumulate = 5, .clip = 0.3});
  CHECK(result.step == 4);
  const auto a = all.net.state_dict(), b = small.net.state_dict();
  for (size_t i = 0; i < a.size(); ++i)
    test::check_equal(b[i].tensor, a[i].tensor.shape(), test::values(a[i].tensor), 1e-4);
}

TEST_CASE("fit: the mean of an epoch weighs each loss by its count") {
  Start s(5, 0);
  Counted counted;
  const training::FitResult result = s.fit({.epochs = 1, .callbacks = {&counted}});
  REQUIRE(counted.losses.size() == 5);
  double sum = 2 * counted.losses[4];
  for (size_t i = 0; i < 4; ++i) sum += 5 * counted.losses[i];
  CHECK(figure(result.history[0], "train_loss") == doctest::Approx(sum / 22).epsilon(1e-12));
  CHECK(result.history[0].count == 22);
}

TEST_CASE("fit: a run that a callback refuses ends for those that heard it begin, and for no other") {
  struct Refuses : Counted {
    void train_begin(const training::TrainBegin&, training::Control&) override { fail<UsageError>("no"); }
  };
  Start s(8);
  Counted before, behind;
  Refuses refuses;
  CHECK(message_of([&] { s.fit({.epochs = 1, .callbacks = {&before, &refuses, &behind}}); }) == "no");
  CHECK(before.events == "Tx");
  CHECK(refuses.events.empty());
  CHECK(behind.events.empty());
}

TEST_CASE("fit: a callback that fails at the end has heard it, and those behind it hear of the error") {
  struct Fails : Counted {
    void train_end(const training::TrainEnd& event, training::Control& control) override {
      Counted::train_end(event, control);
      fail<Error>("full");
    }
  };
  Start s(8);
  Counted before, behind;
  Fails fails;
  CHECK(message_of([&] { s.fit({.epochs = 1, .callbacks = {&before, &fails, &behind}}); }) == "full");
  CHECK(before.events.back() == 't');
  CHECK(fails.events.back() == 't');
  CHECK(behind.events.back() == 'x');
}

TEST_CASE("fit: hooks come in their order, and a validation stands between its two") {
  Start s(8);
  Counted counted;
  s.fit({.epochs = 2, .validation = told("valid_loss", {1, 2}), .callbacks = {&counted}});
  CHECK(counted.events == "TEsbSsbSsbS()reEsbSsbSsbS()ret");
  Start by_steps(8);
  Counted steps;
  by_steps.fit({.steps = 5, .validation = told("valid_loss", {1, 2, 3}), .validate_every = 2, .callbacks = {&steps}});
  CHECK(steps.events == "TEsbSsbS()rsbSeEsbS()rsbS()rt");
}

TEST_CASE("fit: a run judges every N steps and at its end, and figures are of the steps since") {
  Start s(4);
  const training::FitResult result = s.fit({.steps = 8, .validate_every = 3});
  REQUIRE(result.history.size() == 3);
  CHECK(result.history[0].step == 3);
  CHECK(result.history[1].step == 6);
  CHECK(result.history[2].step == 8);
  CHECK(result.history[0].count == 12);
  CHECK(result.history[2].count == 8);
  CHECK(result.why == "steps");
}

TEST_CASE("fit: patience ends the training, and the best weights are restored") {
  Start s, two;
  const training::FitResult result =
      s.fit({.epochs = 9, .validation = told("valid_f1", {0.5, 0.7, 0.6, 0.7, 0.1}, true), .patience = 2, .seed = 1});
  CHECK(result.why == "patience");
  CHECK(result.history.size() == 4);
  CHECK(result.best == 1);
  CHECK(figure(result.best_record(), "valid_f1") == 0.7);
  two.fit({.epochs = 2, .seed = 1});
  CHECK(bits(s.net) == bits(two.net));
}

TEST_CASE("fit: the newest weights are kept where they are asked for, whatever the figures say") {
  Start s, two;
  const training::FitResult result =
      s.fit({.epochs = 3, .validation = told("valid_loss", {1.0, 2.0, 3.0}), .newest = true, .seed = 1});
  CHECK(result.best == 2);
  two.fit({.epochs = 3, .seed = 1});
  CHECK(bits(s.net) == bits(two.net));
}

TEST_CASE("fit: a margin says how much better a figure must be") {
  Start s;
  const training::FitResult result =
      s.fit({.epochs = 4, .validation = told("valid_loss", {1.0, 0.95, 0.85, 0.84}), .margin = 0.1});
  CHECK(result.best == 2);
}

TEST_CASE("fit: a plateau lowers the rate by the watched figure, whose direction it knows") {
  Start s(22);
  Counted counted;
  s.fit({.epochs = 5,
         .plateau = optim::PlateauOptions{.factor = 0.5, .patience = 1},
         .validation = told("valid_f1", {0.5, 0.4, 0.4, 0.6, 0.7}, true),
         .callbacks = {&counted}});
  CHECK(counted.rates == std::vector<double>{0.05, 0.05, 0.05, 0.025, 0.025});
}

TEST_CASE("fit: a callback changes the rate, and stops the run as if it had reached its length") {
  Start s(22);
  Counted counted;
  counted.after = [](int64_t step, training::Control& control) {
    control.set_rate_factor(0.1 * static_cast<double>(step));
    if (step == 3) control.stop("enough");
  };
  const training::FitResult result = s.fit({.epochs = 9, .callbacks = {&counted}});
  CHECK(result.finished);
  CHECK(result.why == "enough");
  CHECK(result.step == 3);
  CHECK(counted.rates == std::vector<double>{0.05, 0.05 * 0.1, 0.05 * 0.2});
}

TEST_CASE("fit: averaged weights are judged and restored, and the optimizer is let go") {
  Start s(22, 0);
  std::string judged;
  training::Validation validation{[&] {
                                    judged = bits(s.net);
                                    CHECK_FALSE(s.net.is_training());
                                    return std::vector<training::Figure>{{"valid_loss", 1.0}};
                                  },
                                  {}};
  Start plain(22, 0);
  plain.fit({.epochs = 1});
  s.fit({.epochs = 1, .average = 0.9, .validation = validation});
  CHECK(bits(s.net) == judged);
  CHECK(bits(s.net) != bits(plain.net));
  for (const auto& [name, parameter] : s.net.named_parameters())
    parameter.leaf().set_grad(Tensor::ones(parameter.shape()));
  s.adam.step();  // would write to an average that is gone
}

TEST_CASE("fit: parameters are frozen and trained again from an epoch or a step on") {
  Start s(22, 0);
  const std::string first = bits(s.net.first), last = bits(s.net.last);
  std::vector<bool> first_moves, last_moves;
  std::string before_first = first, before_last = last;
  Counted counted;
  counted.after = [&](int64_t, training::Control&) {
    first_moves.push_back(bits(s.net.first) != before_first);
    last_moves.push_back(bits(s.net.last) != before_last);
    before_first = bits(s.net.first);
    before_last = bits(s.net.last);
  };
  s.fit({.epochs = 4,
         .freeze = {{.pattern = "first.*"},
                    {.pattern = "first.*", .frozen = false, .from_epoch = 3},
                    {.pattern = "last.*", .from_step = 4}},
         .callbacks = {&counted}});
  CHECK(first_moves == std::vector<bool>{false, false, true, true});
  CHECK(last_moves == std::vector<bool>{true, true, true, false});
}

TEST_CASE("fit: metrics of training and of validation are figures, and the validation leaves the mode of training") {
  Start s(4);
  test::Points valid(22, 10);
  metrics::Accuracy train_accuracy({.classes = 2}), accuracy({.classes = 2});
  metrics::Mean loss;
  const training::Validation validation =
      training::validation(s.net, valid, {&loss, &accuracy}, [&](const Net& net, const test::Batch& batch) {
        CHECK_FALSE(net.is_training());
        const Tensor scores = net(batch.x);
        loss.update(cross_entropy(scores, batch.y), batch.size);
        accuracy.update(scores, batch.y);
      });
  const auto step = [&](const Net& net, const test::Batch& batch) {
    CHECK(net.is_training());
    const Tensor scores = net(batch.x);
    train_accuracy.update(scores, batch.y);
    return cross_entropy(scores, batch.y);
  };
  const training::FitResult result =
      training::fit(s.net, s.adam, s.points, step,
                    {.epochs = 12, .validation = validation, .metrics = {&train_accuracy}, .quiet = true});
  const training::Record& last = result.history.back();
  REQUIRE(last.figures.size() == 4);
  CHECK(last.figures[1].name == "train_accuracy");
  CHECK(last.figures[2].name == "valid_loss");
  CHECK(figure(last, "valid_accuracy") >= 0.9);
  CHECK(last.figures[3].larger_is_better);
}

TEST_CASE("fit: steps do not wait for their device, and many are read at once") {
  Start s(1);
  test::Waits waits;
  Counted counted;
  counted.after = [&](int64_t step, training::Control&) { CHECK(waits.count == step / 32); };
  const KernelObserverScope watching(waits);
  s.fit({.steps = 70, .clip = 1, .validate_every = 70, .callbacks = {&counted}});
  CHECK(counted.losses.size() == 70);
}

TEST_CASE("fit: a NaN stops the run with its step and its op, and later steps have changed nothing") {
  Start s(2, 0);
  const auto loss = [&](const Net& net, const test::Batch& batch) {
    const Tensor scores = net(batch.x);
    const bool bad = s.points.batches() == 11 && batch.size == 2 && s.adam.steps() == 6;
    return bad ? cross_entropy(log(scores * 0.0 - 1.0), batch.y) : cross_entropy(scores, batch.y);
  };
  std::string before;
  Counted counted;
  counted.after = [&](int64_t step, training::Control&) {
    if (step == 6) before = bits(s.net);
  };
  // The loss is bad once, by the optimizer's count, which a step that is skipped raises as well.
  const std::string message = message_of(
      [&] { training::fit(s.net, s.adam, s.points, loss, {.epochs = 1, .quiet = true, .callbacks = {&counted}}); });
  CHECK_MESSAGE(message.starts_with("step 7 (epoch 1): "), message);
  CHECK_MESSAGE(message.ends_with("; no good weights were kept"), message);
  CHECK(bits(s.net) == before);
  CHECK(counted.events.back() == 'x');
  Start other(2, 0);
  const auto always = [&](const Net& net, const test::Batch& batch) {
    return cross_entropy(log(net(batch.x) * 0.0 - 1.0), batch.y);
  };
  CHECK(message_of([&] {
          training::fit(other.net, other.adam, other.points, always, {.epochs = 1, .quiet = true});
        }).starts_with("step 1 (epoch 1): [log] need finite numbers"));
}

TEST_CASE("fit: options and inputs that mean nothing are refused in a sentence") {
  const auto refused = [](training::FitOptions options) {
    Start s;
    return message_of([&] { s.fit(std::move(options)); });
  };
  CHECK(refused({}) == "[fit] need a length, in epochs or steps, got neither");
  CHECK(refused({.epochs = 1, .accumulate = 0}) == "[fit] need accumulate of at least 1, got 0");
  CHECK(refused({.epochs = 1, .clip = -1}) == "[fit] need a limit of the norm of at least 0 to clip to, got -1");
  CHECK(refused({.epochs = 1, .patience = 1}) ==
        "[fit] need a figure that patience and plateau go by: a validation, or watch = \"train_loss\"");
  CHECK(refused({.epochs = 1, .validation = told("valid_loss", {1}), .watch = "f1"}) ==
        "[fit] need a figure to watch among train_loss, valid_loss, got 'f1'");
  CHECK(refused({.epochs = 1,
                 .validation = {[] {
                                  return std::vector<training::Figure>{{"bleu", 3}};
                                },
                                {}},
                 .watch = "f1"}) == "[fit] need a figure to watch among train_loss, bleu, got 'f1'");
  CHECK(refused({.epochs = 1, .freeze = {{.pattern = "enc.*"}}}) ==
        "[fit] need a pattern of parameters' names to freeze, got 'enc.*', which matches none");
  CHECK(refused({.epochs = 1, .save_every = 5}) ==
        "[fit] need a folder (out) to resume, overwrite, save_every, keep_last or average_last, got none");
  metrics::Accuracy unused({.classes = 2});
  CHECK(refused({.epochs = 1, .metrics = {&unused}}) == "[accuracy] need at least one example, got none");
}

TEST_CASE("fit: no batches, and a loss that is no number, are refused in a sentence") {
  Start s;
  test::Points none(0, 4);
  CHECK(message_of([&] { training::fit(s.net, s.adam, none, test::loss_of, {.epochs = 1, .quiet = true}); }) ==
        "[fit] need at least one batch in epoch 1, got none");
  const auto rows = [](const Net& net, const test::Batch& batch) { return sum(net(batch.x), {1}); };
  CHECK(message_of([&] { training::fit(s.net, s.adam, s.points, rows, {.epochs = 1, .quiet = true}); }) ==
        "[fit] need a loss of one element, got shape (4); mean() makes it one");
  const auto nothing = [](const Net& net, const test::Batch& batch) { return training::Loss(mean(net(batch.x)), 0); };
  CHECK(message_of([&] { training::fit(s.net, s.adam, s.points, nothing, {.epochs = 1, .quiet = true}); }) ==
        "[fit] need a count above 0 of what a loss is the mean of, got 0");
}

TEST_CASE("annealing: the weight grows with the steps to its last value, from wherever a run goes on") {
  training::Annealing weight(2, 4);
  std::vector<double> seen;
  const auto run = [&](training::FitOptions options) {
    Start s;
    options.quiet = true;
    options.callbacks = {&weight};
    const auto loss = [&](const Net& net, const test::Batch& batch) {
      seen.push_back(weight());
      return test::loss_of(net, batch);
    };
    training::fit(s.net, s.adam, s.points, loss, options);
  };
  run({.steps = 6});
  CHECK(seen == std::vector<double>{0, 0.5, 1, 1.5, 2, 2});
  const test::Folder folder;
  seen.clear();
  run({.steps = 6, .out = folder.path("run"), .stop = [&] { return seen.size() == 2; }});
  run({.steps = 6, .out = folder.path("run"), .resume = true});
  CHECK(seen == std::vector<double>{0, 0.5, 1, 1.5, 2, 2});
  CHECK(training::Annealing(3, 0)() == 3);
}
