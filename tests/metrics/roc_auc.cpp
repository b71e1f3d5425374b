#include "metrics/roc_auc.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/metrics/numbers.h"
#include "tests/support/tensors.h"
#include "tests/support/waits.h"

using namespace grus;
using namespace grus::metrics;
using test::message_of;
using test::nan_number;

TEST_CASE("ROC AUC: pairs in the right order count 1, ties a half") {
  for (const int64_t bins : {0, 4}) {
    RocAuc auc({.bins = bins});
    auc.update({0.1, 0.6}, {0, 1});
    CHECK(auc.value() == 1);
    auc.update({0.6, 0.9}, {0, 0});
    CHECK(auc.value() == doctest::Approx(1.5 / 3));
    auc.reset();
    auc.update({1.0, 0.0}, {0, 1});  // both ends are in a bin
    CHECK(auc.value() == 0);
  }
}

TEST_CASE("ROC curve: it rises from corner to corner, equal scores are one point, and its area is the metric's") {
  const std::vector<double> scores{0.9, 0.4, 0.4, 0.4, 0.8, 0.1};
  const std::vector<int64_t> labels{1, 1, 0, 0, 0, 1};
  const std::vector<RocPoint> curve = roc_curve(scores, labels);
  REQUIRE(curve.size() == 5);
  CHECK(curve[1].true_positive_rate == doctest::Approx(1.0 / 3));
  CHECK(curve[1].false_positive_rate == 0);
  CHECK(curve[3].threshold == 0.4);
  CHECK(curve[3].true_positive_rate == doctest::Approx(2.0 / 3));
  CHECK(curve[3].false_positive_rate == 1);
  double area = 0;
  for (size_t i = 1; i < curve.size(); ++i)
    area += (curve[i].false_positive_rate - curve[i - 1].false_positive_rate) *
            (curve[i].true_positive_rate + curve[i - 1].true_positive_rate) / 2;
  RocAuc auc;
  auc.update(scores, labels);
  CHECK(area == doctest::Approx(auc.value()));
  CHECK(message_of([] {
          (void)roc_curve({1, 2}, {0, 0});
        }) == "[roc_curve] need rows of both classes, got 0 of class 1 and 2 of class 0");
  CHECK(message_of([] { (void)roc_curve({1, 2}, {0, 3}); }) == "[roc_curve] need labels 0 or 1, got 3 in row 1");
  CHECK(message_of([] {
          (void)roc_curve({1}, {0, 1});
        }) == "[roc_curve] need a label for each score, got 2 labels for 1");
}

TEST_CASE("ROC AUC: scores of two classes count those of class 1, and ignored rows do not") {
  for (const Device& device : test::devices()) {
    RocAuc auc;
    test::Waits waits;
    {
      const KernelObserverScope scope(waits);
      auc.update(Tensor::from({0.9f, 0.1f, 0.2f, 0.8f}, {2, 2}, device), test::i64({0, 1}, {2}, device));
    }
    CHECK(waits.count == 0);
    auc.update(Tensor::from({0.0f, 0.95f}, {2}, device), test::i64({-100, 0}, {2}, device));
    CHECK(auc.value() == 0.5);
    auc.update(Tensor::from({0.5f, nan_number, 2.0f, 0.1f}, {4}, device), test::i64({1, 1, 0, 0}, {4}, device),
               Tensor::from_bools({true, false, false, true}, {4}, device));
    CHECK(auc.value() == doctest::Approx(4.0 / 6));
    auc.update(Tensor::zeros({0}, DType::f32, device), Tensor::zeros({0}, DType::i64, device));
    CHECK(auc.value() == doctest::Approx(4.0 / 6));
  }
}

TEST_CASE("ROC AUC: one class alone, nothing, NaN and scores beyond the bins are errors") {
  RocAuc auc, binned({.bins = 10});
  CHECK(message_of([&] { (void)auc.value(); }) == "[roc_auc] need at least one example, got none");
  auc.update({0.5, 0.5}, {1, 1});
  CHECK(message_of([&] { (void)auc.value(); }) ==
        "[roc_auc] need examples of both classes, got weight 2 of class 1 and 0 of class 0");
  auc.update({std::numeric_limits<double>::quiet_NaN()}, {0});
  CHECK(message_of([&] { (void)auc.value(); }) ==
        "[roc_auc] need scores and weights that are numbers, got NaN in row 2 since the reset");
  binned.update({0.5, 1.5}, {0, 1});
  CHECK(message_of([&] { (void)binned.value(); }) ==
        "[roc_auc] need scores in [0, 1] for bins, got another in row 1 since the reset");
  CHECK(message_of([&] { auc.update({0.5}, {2}); }) == "[roc_auc] need labels in [0, 2), got 2 in row 0");
  CHECK(message_of([&] {
          auc.update(Tensor::zeros({2, 3}), test::i64({0, 1}, {2}, default_device()));
        }) == "[roc_auc] need scores (...) or (..., 2) for targets (2), got (2, 3)");
  CHECK(message_of([] { RocAuc wrong({.bins = 1}); }) == "[roc_auc] need at least 2 bins, or 0 for all scores, got 1");
}
