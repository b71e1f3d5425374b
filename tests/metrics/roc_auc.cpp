#include "metrics/roc_auc.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/support/tensors.h"
#include "tests/support/waits.h"

using namespace grus;
using namespace grus::metrics;
using test::message_of;

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
    constexpr float nan_number = std::numeric_limits<float>::quiet_NaN();
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
