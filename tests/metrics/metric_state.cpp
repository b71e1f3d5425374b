#include "metrics/metric_state.h"

#include <doctest/doctest.h>

#include <cmath>

#include "metrics/classification.h"
#include "metrics/edit_distance.h"
#include "metrics/f_score.h"
#include "metrics/mean.h"
#include "metrics/regression.h"
#include "metrics/roc_auc.h"
#include "ops/math/elementwise.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::metrics;
using test::message_of;

namespace {

Tensor scores() { return Tensor::from({0.1f, 0.9f, 0.8f, 0.2f, 0.4f, 0.6f}, {3, 2}); }
Tensor labels() { return Tensor::from(std::vector<int32_t>{1, 0, 0}); }

struct Own : Metric {
  Own() : Metric("own", false) {}
  double value() const override { return 0; }
  void reset() override {}
};

// Half of the examples, a state, the other half: the value must be that of all of them. So must that of two halves that
// were joined.
template <class M, class Update>
void check_resumes(M straight, M first, M second, Update update) {
  update(straight);
  update(straight);
  update(first);
  second.load_state(first.state());
  update(second);
  CHECK(second.value() == straight.value());
  second.reset();
  update(second);
  second.add_state(first.state());
  CHECK(second.value() == straight.value());
}

}  // namespace

TEST_CASE("metric state: a metric goes on from its state as if it had never stopped") {
  const auto rows = [](auto& metric) { metric.update(scores(), labels()); };
  const auto numbers = [](auto& metric) { metric.update(scores(), scores() * 0.7); };
  check_resumes<Accuracy>(Accuracy({}), Accuracy({}), Accuracy({}), rows);
  check_resumes<TopKAccuracy>(TopKAccuracy(1), TopKAccuracy(1), TopKAccuracy(1), rows);
  check_resumes<ConfusionMatrix>(ConfusionMatrix({}), ConfusionMatrix({}), ConfusionMatrix({}), rows);
  check_resumes<FScore>(FScore({}), FScore({}), FScore({}), rows);
  check_resumes<RocAuc>(RocAuc(), RocAuc(), RocAuc(), rows);
  check_resumes<RocAuc>(RocAuc({.bins = 4}), RocAuc({.bins = 4}), RocAuc({.bins = 4}), rows);
  check_resumes<Perplexity>(Perplexity(), Perplexity(), Perplexity(), rows);
  check_resumes<MeanAbsoluteError>(MeanAbsoluteError(), MeanAbsoluteError(), MeanAbsoluteError(), numbers);
  check_resumes<Mean>(Mean(), Mean(), Mean(), [](Mean& mean) { mean.update(scores()); });
  check_resumes<EditErrorRate>(EditErrorRate(), EditErrorRate(), EditErrorRate(), [](EditErrorRate& rate) {
    rate.update(std::vector<int64_t>{1, 2, 3}, std::vector<int64_t>{1, 3});
  });
}

TEST_CASE("metric state: a row that was no number is remembered") {
  Mean first, second;
  first.update(Tensor::from(std::vector<float>{1, NAN}));
  second.load_state(first.state());
  CHECK(message_of([&] { (void)second.value(); }) ==
        "[loss] need values that are numbers, got NaN in row 1 since the reset");
  second.reset();
  second.update(scores());
  second.add_state(first.state());
  CHECK(message_of([&] { (void)second.value(); }) ==
        "[loss] need values that are numbers, got NaN in row 7 since the reset");
}

TEST_CASE("metric state: the state of another metric, and a metric that does not say what it keeps, are refused") {
  Mean mean;
  ConfusionMatrix matrix({});
  CHECK(message_of([&] { mean.load_state(matrix.state()); }) == "[loss] need a state of 4 numbers, got 6");
  CHECK(message_of([&] { matrix.load_state(mean.state()); }) == "[confusion] need a state of more than 4 numbers");
  CHECK(message_of([&] { mean.load_state({}); }) == "[loss] need a state of numbers in f64, got none");
  CHECK(message_of([&] {
          mean.load_state({{"numbers", Tensor::from(std::vector<double>{1, 1, 0.5, -1}, Device("cpu"))}});
        }) == "[loss] need whole numbers for counts in its state, got 0.5");
  CHECK(message_of([&] { Own().state(); }) ==
        "[own] need exchange() of a metric whose run is saved, which says what it keeps");
}
