#include "metrics/classification.h"

#include <doctest/doctest.h>

#include "metrics/f_score.h"
#include "ops/math/elementwise.h"
#include "tests/metrics/numbers.h"
#include "tests/support/tensors.h"
#include "tests/support/waits.h"

using namespace grus;
using namespace grus::metrics;
using test::message_of;
using test::nan_number;

namespace {

Tensor labels(const std::vector<int64_t>& values, Device device = default_device()) {
  return Tensor::from(values, device);
}

}  // namespace

TEST_CASE("classes: predictions are scores of all classes, one score, ids or bools") {
  for (const Device& device : test::devices()) {
    const auto accuracy = [&](const Tensor& predictions, const Tensor& targets, ClassOptions options = {}) {
      Accuracy metric(options);
      metric.update(predictions, targets);
      return metric.value();
    };
    const Tensor targets = test::i32(std::vector<int32_t>{1, 0, 1, 1}, {4}, device);
    CHECK(accuracy(Tensor::from({0.0f, 1.0f, 2.0f, 2.0f, 3.0f, 1.0f, 0.0f, 4.0f}, {4, 2}, device), targets) == 0.75);
    CHECK(accuracy(Tensor::from({0.9, 0.1, 0.5, 0.6}, {4}, device), targets) == 0.75);
    CHECK(accuracy(Tensor::from({0.4f, -1.0f, -0.5f, 2.0f}, {4}, device), targets, {.threshold = 0}) == 0.75);
    CHECK(accuracy(labels({1, 0, 0, 1}, device), targets) == 0.75);
    CHECK(accuracy(Tensor::from_bools({true, false, false, true}, {4}, device), not_equal(targets, 0.0)) == 0.75);
    CHECK(accuracy(Tensor::zeros({2, 2, 3}, DType::f32, device), targets.reshape({2, 2}), {.classes = 3}) == 0.25);
  }
}

TEST_CASE("classes: rows of the ignored class and of the mask count for nothing, whatever stands there") {
  for (const Device& device : test::devices()) {
    const Tensor scores = Tensor::from({0.0f, 1.0f, nan_number, 0.0f, 0.0f, nan_number, 1.0f, 0.0f}, {4, 2}, device);
    const Tensor targets = labels({1, -100, 77, 1}, device);
    const Tensor mask = Tensor::from_bools({true, true, false, true}, {4}, device);
    Accuracy accuracy({.classes = 2});
    TopKAccuracy top(1);
    ConfusionMatrix confusion({.classes = 2});
    accuracy.update(scores, targets, mask);
    top.update(scores, targets, mask);
    confusion.update(scores, targets, mask);
    CHECK(accuracy.value() == 0.5);
    CHECK(top.value() == 0.5);
    CHECK(confusion.matrix() == std::vector<std::vector<double>>{{0, 0}, {1, 1}});
    accuracy.update(labels({5, 0, 0, 0}, device), labels({9, 0, 1, 1}, device),
                    Tensor::from_bools({false, true, false, false}, {4}, device));
    CHECK(accuracy.value() == doctest::Approx(2.0 / 3));
  }
}

TEST_CASE("classes: updates of labels whose range the host knows do not wait for the device") {
  const Tensor scores = Tensor::zeros({4, 3}), targets = labels({0, 1, 2, 0}), ignored = labels({-100, 1, 2, 0});
  Accuracy accuracy({.classes = 3});
  FScore f1({.classes = 3});
  TopKAccuracy top(2);
  ConfusionMatrix confusion({.classes = 3});
  test::Waits waits;
  const KernelObserverScope scope(waits);
  for (int i = 0; i < 10; ++i) {
    accuracy.update(scores, targets);
    f1.update(scores, targets);
    top.update(scores, targets);
    confusion.update(scores, targets);
  }
  Accuracy binary({});
  binary.update(Tensor::from_bools({true, false}, {2}), Tensor::from_bools({true, true}, {2}));
  CHECK(waits.count == 0);
  accuracy.update(scores, ignored);  // where a label is ignored, the range does not show that the others are right
  CHECK(waits.count == 1);
  CHECK(top.value() == 0.75);
}

TEST_CASE("classes: nothing is an error in words") {
  const auto says = [](const Metric& metric) { return message_of([&] { (void)metric.value(); }); };
  CHECK(says(Accuracy({})) == "[accuracy] need at least one example, got none");
  CHECK(says(TopKAccuracy(5)) == "[top_5_accuracy] need at least one example, got none");
  CHECK(says(ConfusionMatrix({})) == "[confusion] need at least one example, got none");
  CHECK(says(PrecisionScore({.average = Average::micro})) == "[precision] need at least one example, got none");
  CHECK(says(FScore({.name = "macro_f1"})) == "[macro_f1] need at least one example, got none");
  Accuracy ignored({.name = "valid_accuracy"});
  ignored.update({1, 0}, {-100, -100});
  CHECK(says(ignored) == "[valid_accuracy] need at least one example, got none");
  const Tensor no_scores = Tensor::zeros({0, 2}), no_targets = Tensor::zeros({0}, DType::i64);
  TopKAccuracy top(1);
  ConfusionMatrix confusion({});
  FScore f1({});
  ignored.update(no_scores, no_targets);
  top.update(no_scores, no_targets);
  confusion.update(no_scores, no_targets);
  f1.update(no_scores, no_targets);
  CHECK(says(ignored) == "[valid_accuracy] need at least one example, got none");
  for (const Metric* metric : {static_cast<Metric*>(&top), static_cast<Metric*>(&confusion), static_cast<Metric*>(&f1)})
    CHECK(says(*metric).ends_with("need at least one example, got none"));
}

TEST_CASE("classes: a NaN score or weight names its row when the value is read, until a reset") {
  for (const Device& device : test::devices()) {
    Accuracy accuracy({});
    accuracy.update(Tensor::zeros({3, 2}, DType::f32, device), labels({0, 1, 0}, device));
    accuracy.update(Tensor::from({0.0f, nan_number, nan_number, 1.0f}, {2, 2}, device), labels({0, 1}, device));
    CHECK(message_of([&] { (void)accuracy.value(); }) ==
          "[accuracy] need predictions and weights that are numbers, got NaN in row 3 since the reset");
    accuracy.reset();
    const Tensor weights = Tensor::from({1.0f, nan_number}, {2}, device);
    for (const Tensor& predictions : {labels({1, 1}, device), Tensor::zeros({2, 2}, DType::f32, device)}) {
      accuracy.reset();
      accuracy.update(predictions, labels({1, 1}, device), weights);
      CHECK(message_of([&] { (void)accuracy.value(); }) ==
            "[accuracy] need predictions and weights that are numbers, got NaN in row 1 since the reset");
    }
    TopKAccuracy top(1);
    top.update(Tensor::from({0.0f, 1.0f, nan_number, 1.0f}, {2, 2}, device), labels({0, 1}, device));
    CHECK(message_of([&] { (void)top.value(); }) ==
          "[top_1_accuracy] need predictions and weights that are numbers, got NaN in row 1 since the reset");
  }
}

TEST_CASE("classes: a label or an id out of range names row, label and classes, and counts for nothing") {
  ConfusionMatrix confusion({.classes = 3});
  confusion.update({0, 1}, {0, 1});
  CHECK(message_of([&] { confusion.update({0, 1}, {2, 3}); }) == "[confusion] need labels in [0, 3), got 3 in row 1");
  CHECK(message_of([&] {
          confusion.update({0, -1}, {2, 2});
        }) == "[confusion] need predictions in [0, 3), got -1 in row 1");
  CHECK(message_of([&] { confusion.update({0, 1}, {-1, 2}); }) == "[confusion] need labels in [0, 3), got -1 in row 0");
  TopKAccuracy top(1);
  CHECK(message_of([&] {
          top.update(Tensor::zeros({1, 4}), labels({4}));
        }) == "[top_1_accuracy] need labels in [0, 4), got 4 in row 0");
  CHECK(confusion.value() == 1);
}

TEST_CASE("classes: shapes and dtypes that do not fit are errors") {
  Accuracy accuracy({.classes = 3});
  const auto says = [&](const Tensor& predictions, const Tensor& targets, const Tensor& weights = Tensor()) {
    return message_of([&] { accuracy.update(predictions, targets, weights); });
  };
  CHECK(says(Tensor::zeros({2, 4}), labels({0, 1})) ==
        "[accuracy] need scores (..., 3) or ids (...) for targets (2), got (2, 4)");
  CHECK(says(Tensor::zeros({2}), labels({0, 1})) == "[accuracy] need scores (..., 3) for targets (2), got (2)");
  CHECK(says(Tensor::zeros({2, 3}, DType::i64), labels({0, 1})).starts_with("[accuracy] need"));
  CHECK(says(Tensor::zeros({2, 3}), Tensor::zeros({2})) == "[accuracy] need targets of i32, i64 or bool, got f32 (2)");
  CHECK(says(Tensor::zeros({2, 3}), labels({0, 1}), Tensor::ones({3})) ==
        "[accuracy] need a weight for each of targets (2), got weights (3)");
  CHECK(says(Tensor(), labels({0})) == "[accuracy] need predictions, got an undefined tensor");
  CHECK(says(Tensor::zeros({2, 3}), Tensor()) == "[accuracy] need targets, got an undefined tensor");
  CHECK(says(Tensor::zeros({2, 3}), labels({0, 1}, Device("reference"))).starts_with("[accuracy] need"));
  CHECK(message_of([] { Accuracy one({.classes = 1}); }) == "[accuracy] need at least 2 classes, got 1");
  CHECK(message_of([] { TopKAccuracy none(0); }) == "[top_0_accuracy] need k of at least 1, got 0");
  CHECK(message_of([] {
          TopKAccuracy(4).update(Tensor::zeros({1, 3}), labels({0}));
        }) == "[top_4_accuracy] need scores (..., C) of at least 4 classes for targets (1), got (1, 3)");
}

TEST_CASE("F score: macro leaves out classes that never appear, and zero_division fills an empty denominator") {
  const std::vector<int64_t> predicted{0, 0, 1}, targets{0, 2, 2};  // class 3 appears nowhere
  const auto value = [&](ClassRate&& metric) {
    metric.update(predicted, targets);
    return metric.value();
  };
  CHECK(value(PrecisionScore({.classes = 4})) == doctest::Approx(0.5 / 3));
  CHECK(value(PrecisionScore({.classes = 4, .zero_division = 1})) == doctest::Approx(1.5 / 3));
  CHECK(value(RecallScore({.classes = 4, .zero_division = 1})) == doctest::Approx(2.0 / 3));
  CHECK(value(RecallScore({.classes = 4, .average = Average::weighted})) == doctest::Approx(1.0 / 3));
  CHECK(value(FScore({.classes = 4, .average = Average::micro})) == doctest::Approx(1.0 / 3));
  CHECK(value(FScore({.classes = 4, .average = Average::binary, .positive = 0})) == doctest::Approx(2.0 / 3));
  FScore f1({.classes = 4, .zero_division = 1});
  f1.update(predicted, targets);
  CHECK(f1.by_class() == std::vector<double>{2.0 / 3, 0, 0, 1});
  CHECK(FScore({}, 2).name() == "f2");
  CHECK(FScore({}, 0.5).name() == "f0.5");
}

TEST_CASE("F score: options that cannot be are errors") {
  CHECK(message_of([] { FScore wrong({.zero_division = 0.5}); }) == "[f1] need a zero_division of 0 or 1, got 0.5");
  CHECK(message_of([] { RecallScore wrong({.classes = 3, .positive = 3}); }) ==
        "[recall] need a positive class in [0, 3), got 3");
  CHECK(message_of([] { FScore wrong({}, 0); }) == "[f0] need a beta above 0, got 0");
}

TEST_CASE("confusion: the table has a row for each target, and names where there are some") {
  ConfusionMatrix confusion({.classes = 2});
  confusion.update({0, 1, 1, 1}, {0, 0, 1, 1});
  CHECK(confusion.table({"bird", "fish"}) ==
        "target \\ predicted  bird  fish\n"
        "bird                   1     1\n"
        "fish                   0     2\n");
  CHECK(message_of([&] { (void)confusion.table({"bird"}); }) == "[confusion] need a name for each of 2 classes, got 1");
}

TEST_CASE("metrics: a loop drives all of them by one interface") {
  Accuracy accuracy({});
  FScore f1({});
  accuracy.update({1, 0}, {1, 1});
  f1.update({1, 0}, {1, 1});
  Metric* const all[] = {&accuracy, &f1};
  for (Metric* metric : all) {
    CHECK(metric->larger_is_better());
    CHECK(metric->value() > 0);
    metric->reset();
    CHECK_THROWS_AS((void)metric->value(), UsageError);
  }
}
