// Metrics against scikit-learn's and jiwer's on random cases (tests/golden/make_metrics.py), in one update and in
// several.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/tensor/tensor.h"
#include "data/read/text.h"
#include "metrics/edit_distance.h"
#include "metrics/error_distance.h"
#include "metrics/f_score.h"
#include "metrics/mean.h"
#include "metrics/regression.h"
#include "metrics/roc_auc.h"
#include "tests/support/devices.h"

using namespace grus;
using namespace grus::metrics;
using nlohmann::json;

namespace {

constexpr double tolerance = 1e-12;

const json& golden() {
  static const json file = [] {
    const char* folder = std::getenv("GRUS_GOLDEN");
    std::ifstream in(std::string(folder ? folder : "tests/golden") + "/metrics.json");
    REQUIRE(in.good());
    return json::parse(in);
  }();
  return file;
}

Tensor numbers(const json& list, Device device) { return Tensor::from(list.get<std::vector<double>>(), device); }
Tensor ids(const json& list, Device device) { return Tensor::from(list.get<std::vector<int64_t>>(), device); }

bool close(double a, double b) { return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b)); }

// Gives the rows to a metric in parts of 7, or at once.
template <class M>
void feed(M& metric, const Tensor& predictions, const Tensor& targets, const Tensor& weights, bool parts) {
  const int64_t all = targets.dim(0), step = parts ? 7 : all;
  metric.reset();
  for (int64_t i = 0; i < all; i += step) {
    const int64_t end = std::min(all, i + step);
    metric.update(predictions.rows(i, end), targets.rows(i, end), weights.defined() ? weights.rows(i, end) : weights);
  }
}

Average average_of(const std::string& name) {
  if (name == "micro") return Average::micro;
  if (name == "macro") return Average::macro;
  return name == "weighted" ? Average::weighted : Average::binary;
}

void check_rates(const json& expected, int64_t classes, const Tensor& scores, const Tensor& targets, const Tensor& w,
                 bool parts) {
  for (const json& row : expected["rates"]) {
    const ClassRateOptions options{
        .classes = classes, .average = average_of(row["average"]), .zero_division = row["zero"]};
    PrecisionScore precision(options);
    RecallScore recall(options);
    FScore f1(options), f2(options, 2);
    size_t i = 0;
    for (ClassRate* metric : {static_cast<ClassRate*>(&precision), static_cast<ClassRate*>(&recall),
                              static_cast<ClassRate*>(&f1), static_cast<ClassRate*>(&f2)}) {
      feed(*metric, scores, targets, w, parts);
      CAPTURE(metric->name());
      CAPTURE(row.dump());
      CHECK(close(metric->value(), row["values"][i++].get<double>()));
    }
    if (row["zero"] != 0) continue;
    size_t kind = 0;
    for (ClassRate* metric :
         {static_cast<ClassRate*>(&precision), static_cast<ClassRate*>(&recall), static_cast<ClassRate*>(&f1)}) {
      const auto wanted = expected["by_class"][kind++].get<std::vector<double>>();
      for (size_t c = 0; c < wanted.size(); ++c) CHECK(close(metric->by_class()[c], wanted[c]));
    }
  }
}

void check_confusion(const json& expected, int64_t classes, const Tensor& scores, const Tensor& targets,
                     const Tensor& w, bool parts) {
  using Normalize = ConfusionMatrix::Normalize;
  ConfusionMatrix confusion({.classes = classes});
  feed(confusion, scores, targets, w, parts);
  const std::pair<const char*, Normalize> kinds[] = {{"None", Normalize::none},
                                                     {"true", Normalize::targets},
                                                     {"pred", Normalize::predictions},
                                                     {"all", Normalize::all}};
  for (const auto& [key, kind] : kinds) {
    const auto wanted = expected["confusion"][key].get<std::vector<std::vector<double>>>();
    const auto got = confusion.matrix(kind);
    for (size_t t = 0; t < wanted.size(); ++t)
      for (size_t p = 0; p < wanted.size(); ++p) CHECK(close(got[t][p], wanted[t][p]));
  }
  CHECK(close(confusion.value(), expected["accuracy"].get<double>()));
}

}  // namespace

TEST_CASE("golden: metrics of classes are scikit-learn's") {
  for (const Device& device : test::every_device())
    for (const json& c : golden()["classes"])
      for (const bool weighted : {false, true})
        for (const bool parts : {false, true}) {
          const int64_t classes = c["classes"];
          const Tensor targets = ids(c["targets"], device);
          const Tensor scores = numbers(c["scores"], device).reshape({-1, classes});
          const Tensor w = weighted ? numbers(c["weights"], device) : Tensor();
          const json& expected = c[weighted ? "weighted" : "plain"];
          Accuracy accuracy({.classes = classes});
          feed(accuracy, scores, targets, w, parts);
          CHECK(close(accuracy.value(), expected["accuracy"].get<double>()));
          for (size_t k = 1; k <= expected["top"].size(); ++k) {
            TopKAccuracy top(static_cast<int64_t>(k));
            feed(top, scores, targets, w, parts);
            CHECK(close(top.value(), expected["top"][k - 1].get<double>()));
          }
          check_rates(expected, classes, scores, targets, w, parts);
          check_confusion(expected, classes, scores, targets, w, parts);
        }
}

TEST_CASE("golden: ROC AUC is scikit-learn's, with ties and with weights") {
  for (const Device& device : test::every_device())
    for (const json& c : golden()["auc"])
      for (const bool parts : {false, true}) {
        const Tensor targets = ids(c["targets"], device), scores = numbers(c["scores"], device);
        for (const int64_t bins : {0, 1 << 21}) {  // as fine as the scores
          RocAuc auc({.bins = bins});
          feed(auc, scores, targets, Tensor(), parts);
          CHECK(close(auc.value(), c["plain"].get<double>()));
          feed(auc, scores, targets, numbers(c["weights"], device), parts);
          CHECK(close(auc.value(), c["weighted"].get<double>()));
        }
      }
}

TEST_CASE("golden: errors of regression are scikit-learn's") {
  for (const Device& device : test::every_device())
    for (const json& c : golden()["regression"])
      for (const bool weighted : {false, true})
        for (const bool parts : {false, true}) {
          const Tensor prediction = numbers(c["prediction"], device), target = numbers(c["target"], device);
          const Tensor w = weighted ? numbers(c["weights"], device) : Tensor();
          const json& expected = c[weighted ? "weighted" : "plain"];
          const auto check = [&](RegressionMetric&& metric, double wanted) {
            feed(metric, prediction, target, w, parts);
            CAPTURE(metric.name());
            CHECK(close(metric.value(), wanted));
          };
          check(MeanAbsoluteError(), expected["mae"]);
          check(RootMeanSquaredError(), expected["rmse"]);
          check(MeanAbsolutePercentageError(), expected["mape"]);
          for (const json& pair : expected["quantile"]) check(QuantileLoss(pair[0]), pair[1]);
        }
}

TEST_CASE("golden: perplexity and bits per character follow from scikit-learn's log loss") {
  for (const Device& device : test::every_device())
    for (const json& c : golden()["nll"])
      for (const bool parts : {false, true}) {
        const Tensor targets = ids(c["targets"], device);
        const Tensor logits = numbers(c["logits"], device).reshape({-1, c["classes"].get<int64_t>()});
        Perplexity perplexity;
        feed(perplexity, logits, targets, Tensor(), parts);
        CHECK(close(perplexity.value(), c["perplexity"].get<double>()));
        BitsPerCharacter bits;
        feed(bits, logits, targets, Tensor(), parts);
        CHECK(close(bits.value(), c["bits"].get<double>()));
      }
}

TEST_CASE("golden: word and character error rates, and the edits, are jiwer's") {
  for (const json& c : golden()["edits"]) {
    EditErrorRate wer("wer"), cer("cer");
    for (size_t i = 0; i < c["references"].size(); ++i) {
      const auto reference = c["references"][i].get<std::string>(), hypothesis = c["hypotheses"][i].get<std::string>();
      wer.update(data::split_spaces(hypothesis), data::split_spaces(reference));
      cer.update(data::split_code_points(hypothesis), data::split_code_points(reference));
    }
    CAPTURE(c.dump());
    CHECK(close(wer.value(), c["wer"].get<double>()));
    CHECK(close(cer.value(), c["cer"].get<double>()));
    const auto list = [](const Edits& e) { return json{e.hits, e.substitutions, e.deletions, e.insertions}; };
    CHECK(list(wer.edits()) == c["words"]);
    CHECK(list(cer.edits()) == c["characters"]);
  }
}

TEST_CASE("golden metrics: distances of errors are scikit-learn's, and a saved one measures alike") {
  for (const json& c : golden()["distances"]) {
    const ErrorDistance fitted(c["normal"].get<std::vector<double>>(), c["columns"].get<size_t>());
    const auto others = c["others"].get<std::vector<double>>();
    const std::vector<double> scores = fitted.scores(others);
    REQUIRE(scores.size() == c["distances"].size());
    // The raised diagonal is below what is compared.
    for (size_t i = 0; i < scores.size(); ++i)
      CHECK(scores[i] == doctest::Approx(c["distances"][i].get<double>()).epsilon(1e-6));
    CHECK(ErrorDistance::of(fitted.tensor()).scores(others) == scores);
  }
}
