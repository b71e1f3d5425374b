#include "data/batch/batches.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>

#include "core/base/error.h"
#include "tests/data/files.h"
#include "tests/data/numbers.h"

using namespace grus;
using namespace grus::data;
using test::flat;
using test::message_of;
using test::sorted;
using test::up_to;
using Numbers = std::vector<int64_t>;
using Ids = std::vector<int32_t>;

namespace {

// Example i is a row of its number, as long as 1 + i * 7 % 23, and i.
Dataset<std::pair<Ids, int64_t>> rows(int64_t n) {
  return generate(
      n, [](int64_t i) { return std::pair(Ids(static_cast<size_t>(1 + i * 7 % 23), static_cast<int32_t>(i)), i); });
}

template <class Batch>
Numbers labels(const Batch& batch) {
  return batch.second.template to_vector<int64_t>();
}

// The labels of every batch from here to the end of the epoch.
template <class Batches>
Plan walk(Batches& batches) {
  Plan seen;
  while (const auto batch = batches.next()) seen.push_back(labels(*batch));
  return seen;
}

const BatchOptions kinds[] = {{.size = 7},
                              {.size = 7, .shuffle = false},
                              {.tokens = 60, .seed = 3},
                              {.size = 5, .tokens = 60, .bucket = 30},
                              {.size = 4, .bucket = 20, .shuffle = false}};

BatchOptions with_workers(BatchOptions options, int64_t workers) {
  options.workers = workers;
  return options;
}

}  // namespace

TEST_CASE("batches: an epoch has every example once, in an order of its own, whatever the options") {
  for (const BatchOptions& options : kinds) {
    auto all = batches(rows(53), options);
    all.start(0);
    const Plan first = walk(all);
    all.start(1);
    const Plan second = walk(all);
    CHECK(sorted(flat(first)) == up_to(53));
    CHECK(sorted(flat(second)) == up_to(53));
    CHECK((first == second) == !options.shuffle);
    CHECK(all.position() == all.batches());
    CHECK_FALSE(all.next().has_value());
  }
}

TEST_CASE("batches: any number of workers gives the same batches") {
  for (const BatchOptions& options : kinds) {
    const auto drawn = rows(40).map([](std::pair<Ids, int64_t> x, Rng& rng) {
      x.second = x.second * 1000 + static_cast<int64_t>(rng.state().seed % 1000);
      x.first.push_back(static_cast<int32_t>(default_rng().next().seed % 1000));  // no generator of its own
      return x;
    });
    std::vector<Plan> seen;
    std::vector<std::vector<Ids>> ids;
    for (const int64_t workers : {0, 1, 3}) {
      auto all = batches(drawn, with_workers(options, workers));
      all.start(4);
      seen.emplace_back();
      ids.emplace_back();
      const RandomKey before = default_rng().state();
      while (const auto batch = all.next()) {
        seen.back().push_back(labels(*batch));
        ids.back().push_back(batch->first.rows.to_vector<int32_t>());
      }
      CHECK(default_rng().state().draw == before.draw);
      CHECK(default_rng().state().seed == before.seed);
    }
    CHECK(seen[1] == seen[0]);
    CHECK(seen[2] == seen[0]);
    CHECK(ids[1] == ids[0]);
    CHECK(ids[2] == ids[0]);
  }
}

TEST_CASE("batches: what a map draws changes from epoch to epoch") {
  auto all =
      batches(zip(rows(8), generate(8, [](int64_t, Rng& rng) { return static_cast<int64_t>(rng.state().seed); })),
              {.size = 8, .shuffle = false});
  all.start(0);
  const Numbers first = labels(*all.next());
  all.start(1);
  CHECK(labels(*all.next()) != first);
  all.start(0);
  CHECK(labels(*all.next()) == first);
}

TEST_CASE("batches: what an example draws does not depend on the batch it is in, nor on its place there") {
  const auto drawn =
      generate(20, [](int64_t i) { return std::pair(i, static_cast<int64_t>(default_rng().state().seed)); });
  std::vector<std::map<int64_t, int64_t>> seen;
  for (const BatchOptions& options : {BatchOptions{.size = 3}, BatchOptions{.size = 20, .shuffle = false}}) {
    auto all = batches(drawn, options);
    all.start(6);
    seen.emplace_back();
    while (const auto batch = all.next()) {
      const Numbers examples = batch->first.to_vector<int64_t>(), draws = labels(*batch);
      for (size_t i = 0; i < examples.size(); ++i) seen.back()[examples[i]] = draws[i];
    }
  }
  CHECK(seen[0] == seen[1]);
  CHECK(seen[0][0] != seen[0][1]);
}

TEST_CASE("batches: from any position an epoch goes on as it would have") {
  for (const BatchOptions& options : kinds)
    for (const int64_t workers : {0, 2}) {
      auto all = batches(rows(53), with_workers(options, workers));
      CHECK_FALSE(all.next().has_value());  // not started
      CHECK(all.batches() > 0);
      all.start(2);
      const Plan whole = walk(all);
      for (const int64_t first : {int64_t{0}, int64_t{2}, all.batches()}) {
        auto again = batches(rows(53), with_workers(options, 2 - workers));
        again.start(2, first);
        CHECK(again.position() == first);
        CHECK(again.batches() == static_cast<int64_t>(whole.size()));
        CHECK(walk(again) == Plan(whole.begin() + first, whole.end()));
      }
      all.start(2);
      all.next();
      all.start(2, all.position());  // in the middle of an epoch
      CHECK(labels(*all.next()) == whole[1]);
      CHECK_THROWS_AS(all.start(2, all.batches() + 1), UsageError);
      CHECK_THROWS_AS(all.start(-1), UsageError);
      CHECK(labels(*all.next()) == whole[2]);  // a start that failed changed nothing
    }
}

TEST_CASE("batches: limits hold, and the last batch is kept unless dropped") {
  auto fixed = batches(rows(23), {.size = 5});
  Plan plan = fixed.plan(0);
  CHECK(plan.size() == 5);
  CHECK(plan.back().size() == 3);
  auto dropped = batches(rows(23), {.size = 5, .drop_last = true});
  CHECK(dropped.batches() == 4);
  for (const auto& batch : dropped.plan(1)) CHECK(batch.size() == 5);
  const auto d = rows(200);
  for (const auto& batch : batches(d, {.tokens = 50, .bucket = 100}).plan(0)) {
    int64_t longest = 0;
    for (const int64_t i : batch) longest = std::max(longest, length_of(d[i]));
    CHECK((longest * static_cast<int64_t>(batch.size()) <= 50 || batch.size() == 1));
  }
  CHECK(batches(rows(3), {.tokens = 1}).batches() == 3);  // longer than the limit: a batch each
  CHECK(batches(rows(6), {.tokens = 2, .lengths = Numbers(6, 0)}).batches() == 3);  // an empty one counts as one token
}

TEST_CASE("batches: buckets hold like lengths, measured or given") {
  const auto d = rows(300);
  const auto spread = [&](const Plan& plan) {
    int64_t sum = 0;
    for (const auto& batch : plan) {
      const auto [low, high] = std::minmax_element(
          batch.begin(), batch.end(), [&](int64_t a, int64_t b) { return length_of(d[a]) < length_of(d[b]); });
      sum += length_of(d[*high]) - length_of(d[*low]);
    }
    return sum;
  };
  const BatchOptions sorted_ones{.size = 10, .bucket = 300}, plain{.size = 10};
  CHECK(spread(batches(d, sorted_ones).plan(0)) * 5 < spread(batches(d, plain).plan(0)));
  BatchOptions given = sorted_ones;
  given.lengths = d.map([](const auto& x) { return length_of(x); }).to_vector();
  CHECK(batches(d, given).plan(3) == batches(d, sorted_ones).plan(3));
}

TEST_CASE("batches: tensors are stacked, numbers become labels, ragged rows are packed, others keep together") {
  const auto d = zip(from_tensors(Tensor::from({1.F, 2.F, 3.F, 4.F}, {2, 2})), Dataset(Numbers{7, 8}),
                     Dataset(std::vector<std::vector<float>>{{1}, {2, 3}}), Dataset(std::vector<std::string>{"a", "b"}),
                     Dataset(std::vector<bool>{true, false}));
  auto all = batches(d, {.size = 2, .shuffle = false});
  all.start(0);
  const auto [x, label, ragged, text, truth] = *all.next();
  CHECK(x.shape() == Shape{2, 2});
  CHECK(x.to_vector<float>() == std::vector<float>{1, 2, 3, 4});
  CHECK(label.to_vector<int64_t>() == Numbers{7, 8});
  CHECK(ragged.rows.to_vector<float>() == std::vector<float>{2, 1, 3});  // the longest first, step by step
  CHECK(ragged.lengths.lengths() == Numbers{1, 2});
  CHECK(text == std::vector<std::string>{"a", "b"});
  CHECK(truth.to_bools() == std::vector<bool>{true, false});
}

TEST_CASE("batches: ragged tensors become packed rows of the same shape") {
  const Tensor a = Tensor::from({1, 2, 3, 4}, {2, 2}), b = Tensor::from({5, 6, 7, 8, 9, 10}, {3, 2}),
               none = Tensor::from(Ids{}, {0, 2});
  const Packed packed = collate(std::vector<Ragged>{{a}, {none}, {b}});
  CHECK(packed.rows.shape() == Shape{5, 2});
  CHECK(packed.rows.to_vector<int32_t>() == Ids{5, 6, 1, 2, 7, 8, 3, 4, 9, 10});
  CHECK(packed.lengths.lengths() == Numbers{2, 0, 3});
}

TEST_CASE("batches: a function makes a batch of whatever examples there are") {
  struct Point {
    double x;
  };
  auto means = batches(generate(4, [](int64_t i) { return Point{static_cast<double>(i)}; }), {.size = 2},
                       [](const std::vector<Point>& points) { return (points[0].x + points[1].x) / 2; });
  means.start(0);
  CHECK(*means.next() + *means.next() == 3.0);
}

TEST_CASE("batches: their tensors are on the default device of the start") {
  const Device before = default_device();
  for (const int64_t workers : {0, 1}) {
    auto all = batches(rows(4), {.size = 2, .workers = workers});
    set_default_device(Device("reference"));
    all.start(0);
    set_default_device(before);
    const auto batch = *all.next();
    CHECK(batch.second.device() == Device("reference"));
    CHECK(batch.first.rows.device() == Device("reference"));
    CHECK(batch.first.lengths.device() == Device("reference"));
    CHECK(default_device() == before);
  }
}

TEST_CASE("batches: what an example throws comes out in its batch's place, for any number of workers") {
  for (const int64_t workers : {0, 1, 4}) {
    auto all = batches(rows(20).map([](std::pair<Ids, int64_t> x) {
      if (x.second == 13) throw std::runtime_error("no crane in 13");
      return x;
    }),
                       {.size = 4, .shuffle = false, .workers = workers});
    all.start(0);
    for (int64_t i = 0; i < 3; ++i) CHECK(labels(*all.next())[0] == 4 * i);
    CHECK_THROWS_WITH_AS(all.next(), "no crane in 13", std::runtime_error);
    CHECK_THROWS_AS(all.next(), std::runtime_error);
    CHECK(all.position() == 3);
    all.start(0, 4);
    CHECK(labels(*all.next()) == Numbers{16, 17, 18, 19});
  }
}

TEST_CASE("batches: they can be moved while their workers run") {
  auto first = batches(rows(30), {.size = 3, .shuffle = false, .workers = 2});
  first.start(0);
  CHECK(labels(*first.next()) == Numbers{0, 1, 2});
  auto second = std::move(first);
  CHECK(labels(*second.next()) == Numbers{3, 4, 5});
}

TEST_CASE("batches: other data or options have another fingerprint, another number of workers has not") {
  const auto d = rows(30);
  const std::string one = batches(d, {.size = 3}).fingerprint();
  CHECK(one == batches(d, {.size = 3, .workers = 4, .ahead = 7}).fingerprint());
  CHECK(one.find('\n') == std::string::npos);
  CHECK(one != batches(d, {.size = 4}).fingerprint());
  CHECK(one != batches(d, {.size = 3, .seed = 2}).fingerprint());
  CHECK(one != batches(d, {.size = 3, .shuffle = false}).fingerprint());
  CHECK(one != batches(d, {.size = 3, .drop_last = true}).fingerprint());
  CHECK(one != batches(d.take(29), {.size = 3}).fingerprint());
  CHECK(one != batches(d.shuffle(1), {.size = 3}).fingerprint());
  CHECK(batches(d, {.size = 3, .bucket = 9}).fingerprint() != batches(d, {.size = 3, .bucket = 8}).fingerprint());
  CHECK(batches(d, {.tokens = 50}).fingerprint() !=
        batches(d, {.tokens = 50, .lengths = Numbers(30, 2)}).fingerprint());
}

TEST_CASE("batches: one example makes an epoch, and none is an error") {
  auto one = batches(rows(1), {.size = 8});
  one.start(0);
  CHECK(walk(one) == Plan{{0}});
  CHECK(message_of<DataError>([] { batches(rows(0), {.size = 8}); }) ==
        "[batches] need examples, got an empty data set");
  CHECK_THROWS_AS(batches(Dataset<Tensor>(), {.tokens = 8}), DataError);
}

TEST_CASE("batches: options out of range are errors in one line") {
  const auto refused = [](const BatchOptions& options) {
    return message_of<Error>([&] { batches(rows(10), options); });
  };
  CHECK(refused({}) == "[batches] need a limit of examples or tokens for a batch, got size 0 and tokens 0");
  CHECK(refused({.size = -1}) == "[batches] need a limit of examples or tokens for a batch, got size -1 and tokens 0");
  CHECK(refused({.size = 1, .bucket = -1}) == "[batches] need bucket of 0 or more, got -1");
  CHECK(refused({.size = 1, .workers = -1}) ==
        "[batches] need 0 to 256 workers and 1 or more batches ahead, got -1 and 2");
  CHECK(refused({.size = 1, .ahead = 0}) == "[batches] need 0 to 256 workers and 1 or more batches ahead, got 1 and 0");
  CHECK(refused({.tokens = 9, .drop_last = true}) ==
        "[batches] need size alone as a limit for drop_last, got size 0 and tokens 9");
  CHECK(refused({.size = 11, .drop_last = true}) ==
        "[batches] need 11 examples at least for a batch with drop_last, got 10");
  CHECK(refused({.tokens = 9, .lengths = {1}}) == "[batches] need a length for each of 10 examples, got 1");
  CHECK(refused({.tokens = 9, .lengths = Numbers(10, -3)}) ==
        "[batches] need lengths of 0 or more below 2^31, got -3 for example 0");
}

TEST_CASE("batches: examples that do not fit together are named in next()") {
  const auto message = [](const auto& data) {
    auto all = batches(data, {.size = 2, .shuffle = false});
    all.start(0);
    return message_of<Error>([&] { all.next(); });
  };
  CHECK(message(Dataset(std::vector<Tensor>{Tensor::ones({3}), Tensor::ones({2})})) ==
        "[collate] need tensors of one shape, got (3) and, as example 1 of the batch, (2)");
  CHECK(message(Dataset(std::vector<Tensor>{Tensor::ones({2}), Tensor::ones({2}, DType::f64)})) ==
        "[collate] need tensors of one dtype, got f32 and, as example 1, f64");
  CHECK(message(Dataset(std::vector<Tensor>{Tensor::ones({2}), Tensor()})) ==
        "[collate] need a tensor, got an undefined one as example 1 of the batch");
  CHECK(message(Dataset(std::vector<Ragged>{{Tensor::ones({2, 3})}, {Tensor::ones({2, 4})}})) ==
        "[collate] need steps of one shape, got (3) and, as example 1 of the batch, (4)");
  CHECK(message(Dataset(std::vector<Ragged>{{Tensor::ones({})}})) ==
        "[collate] need sequences with an axis of steps, got () as example 0 of the batch");
}
