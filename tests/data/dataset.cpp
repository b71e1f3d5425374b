#include "data/batch/dataset.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>

#include "core/base/error.h"
#include "data/read/npy.h"
#include "tests/data/files.h"
#include "tests/data/numbers.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;
using test::sorted;
using test::up_to;
using Numbers = std::vector<int64_t>;

namespace {

Dataset<int64_t> counted(int64_t n) {
  return generate(n, [](int64_t i) { return i; });
}

}  // namespace

TEST_CASE("dataset: a vector, a function, rows of tensors and pairs of them are data sets") {
  const Dataset<std::string> lines(std::vector<std::string>{"a b", "c"});
  CHECK(lines.size() == 2);
  CHECK(lines[1] == "c");
  const auto squares = generate(4, [](int64_t i) { return i * i; });
  CHECK(squares.to_vector() == Numbers{0, 1, 4, 9});
  const Tensor x = Tensor::from({1.F, 2.F, 3.F, 4.F}, {2, 2}), y = Tensor::from({5, 6}, {2});
  const auto rows = from_tensors(x, y);
  CHECK(rows[1].first.to_vector<float>() == std::vector<float>{3, 4});
  CHECK(rows[1].second.shape() == Shape{});
  CHECK(rows[1].second.item<int32_t>() == 6);
  const auto three = zip(lines, from_tensors(y), squares.take(2));
  CHECK(std::get<0>(three[0]) == "a b");
  CHECK(std::get<2>(three[1]) == 1);
  CHECK(Dataset<int>().empty());
  const Dataset<bool> truths(std::vector<bool>{true, false});
  CHECK(truths.to_vector() == std::vector<bool>{true, false});
}

TEST_CASE("dataset: take, skip, subset, concat and filter choose examples, also of one another") {
  const auto d = counted(6);
  CHECK(d.take(2).to_vector() == Numbers{0, 1});
  CHECK(d.take(9).to_vector() == up_to(6));
  CHECK(d.skip(4).to_vector() == Numbers{4, 5});
  CHECK(d.skip(9).empty());
  CHECK(d.subset({5, 0, 5}).to_vector() == Numbers{5, 0, 5});
  CHECK(d.subset({5, 0, 3}).skip(1).take(1).to_vector() == Numbers{0});
  CHECK(d.take(1).concat(d.skip(4)).to_vector() == Numbers{0, 4, 5});
  CHECK(d.take(0).concat(d.take(0)).empty());
  CHECK(d.filter([](int64_t i) { return i % 2 == 1; }).skip(1).to_vector() == Numbers{3, 5});
}

TEST_CASE("dataset: shuffled, all examples are there, in an order that the seed decides") {
  const auto d = counted(50);
  CHECK(sorted(d.shuffle(1).to_vector()) == up_to(50));
  CHECK(d.shuffle(1).to_vector() == d.shuffle(1).to_vector());
  CHECK(d.shuffle(1).to_vector() != d.shuffle(2).to_vector());
  CHECK(d.shuffle(1).to_vector() != up_to(50));
  CHECK(counted(8).shuffle(1).to_vector() == Numbers{0, 1, 2, 7, 3, 4, 5, 6});  // another program gave these
}

TEST_CASE("dataset: map computes when asked, and cache keeps what it gave") {
  int calls = 0;
  const auto doubled = counted(3).map([&calls](int64_t i) {
    ++calls;
    return 2.0 * static_cast<double>(i);
  });
  CHECK(calls == 0);
  CHECK(doubled[2] == 4.0);
  CHECK(calls == 1);
  const auto kept = doubled.cache();
  CHECK(calls == 4);
  CHECK(kept.to_vector() == std::vector<double>{0, 2, 4});
  CHECK(calls == 4);
  const auto pairs = zip(counted(2), doubled.take(2));
  CHECK(pairs.map(&std::pair<int64_t, double>::second).to_vector() == std::vector<double>{0, 2});
}

TEST_CASE("dataset: what a map draws depends on key and example, not on order or on another map") {
  const auto draw = [](int64_t, Rng& rng) { return rng.next().seed; };
  const auto d = counted(20).map(draw);
  CHECK(d[3] == d[3]);
  CHECK(d.get(3, 7) != d.get(3, 8));
  const auto all = d.to_vector();
  CHECK(std::set<uint64_t>(all.begin(), all.end()).size() == 20);
  CHECK(d.subset({3, 1}).to_vector() == std::vector<uint64_t>{all[3], all[1]});
  const auto twice =
      counted(1).map([](int64_t, Rng& rng) { return rng.state().seed; }).map([](uint64_t below, Rng& rng) {
        return std::pair(below, rng.state().seed);
      });
  CHECK(twice[0].first != twice[0].second);
  const auto sides = zip(d, d);
  CHECK(sides[0].first != sides[0].second);
}

TEST_CASE("dataset: a random split puts every example in one part, of the sizes asked for") {
  for (const int64_t n : {10, 11, 97}) {
    const auto [train, valid, test] = counted(n).split({0.7, 0.2, 0.1}, {.seed = 5});
    CHECK(std::abs(static_cast<double>(train.size()) - 0.7 * static_cast<double>(n)) < 1);
    CHECK(std::abs(static_cast<double>(test.size()) - 0.1 * static_cast<double>(n)) < 1);
    CHECK(sorted(train.concat(valid).concat(test).to_vector()) == up_to(n));
  }
  const auto first = counted(30).split({0.5, 0.5}, {.seed = 1})[0].to_vector();
  CHECK(first == counted(30).split({0.5, 0.5}, {.seed = 1})[0].to_vector());
  CHECK(first != counted(30).split({0.5, 0.5}, {.seed = 2})[0].to_vector());
  CHECK(first != sorted(first));
}

TEST_CASE("dataset: a split by time keeps the order") {
  const auto [past, future] = counted(10).split({0.75, 0.25}, {.shuffle = false});
  CHECK(past.to_vector() == Numbers{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(future.to_vector() == Numbers{8, 9});
}

TEST_CASE("dataset: a stratified split gives every part its share of every label") {
  const auto label = [](int64_t i) { return i % 10 == 0 ? int64_t{2} : i % 3 == 0 ? int64_t{1} : int64_t{0}; };
  const auto d = counted(300);
  const Numbers labels = d.map(label).to_vector();
  const auto parts = d.split({0.6, 0.3, 0.1}, {.stratify = labels, .classes = 3});
  const double fractions[] = {0.6, 0.3, 0.1};
  Numbers all;
  for (size_t k = 0; k < 3; ++k) {
    const Numbers part = parts[k].to_vector();
    CHECK(std::abs(static_cast<double>(part.size()) - 300 * fractions[k]) <= 1);
    for (int64_t c = 0; c < 3; ++c) {
      const auto of = [&](const Numbers& some) {
        return static_cast<double>(std::count_if(some.begin(), some.end(), [&](int64_t i) { return label(i) == c; }));
      };
      CHECK(std::abs(of(part) - fractions[k] * of(up_to(300))) <= 2);
    }
    CHECK(part != sorted(part));
    all.insert(all.end(), part.begin(), part.end());
  }
  CHECK(sorted(all) == up_to(300));
}

TEST_CASE("dataset: a split that cannot be is an error that says why") {
  const auto d = counted(3);
  CHECK(message_of<UsageError>([&] {
          d.split({0.5, 0.4});
        }) == "[split] need fractions that add up to 1, got 0.5, 0.4 (sum 0.9)");
  CHECK(message_of<UsageError>([&] {
          d.split({1.2, -0.2});
        }) == "[split] need fractions above 0 and up to 1, got 1.2, -0.2");
  CHECK_THROWS_AS(d.split({std::nan(""), 1}), UsageError);
  CHECK(message_of<DataError>([&] {
          d.split({0.9, 0.1});
        }) == "[split] need an example for each part, got none of 3 for part 2 (0.1)");
  CHECK_THROWS_AS(counted(0).split({1.0}), DataError);
  CHECK(message_of<UsageError>([&] {
          d.split({0.5, 0.5}, {.stratify = {0, 1}});
        }) == "[split] need a label for each of 3 examples, got 2");
  CHECK(message_of<UsageError>([&] {
          d.split({0.5, 0.5}, {.stratify = {0, 1, 2}, .classes = 2});
        }) == "[split] need labels from 0 to 1, got 2 for example 2");
  CHECK(message_of<UsageError>([&] {
          d.split({0.5, 0.5}, {.stratify = {0, -100, 2}});
        }) == "[split] need labels from 0 to 2^63 - 1, got -100 for example 1");
}

TEST_CASE("dataset: an example that is not there, and data that do not fit, are errors in one line") {
  CHECK(message_of<UsageError>([] { counted(3)[3]; }) == "[dataset] need an example in [0, 3), got 3");
  CHECK(message_of<UsageError>([] { Dataset<int>()[0]; }) == "[dataset] need an example in [0, 0), got 0");
  CHECK_THROWS_AS(counted(3)[-1], UsageError);
  CHECK_THROWS_AS(counted(-1), UsageError);
  CHECK_THROWS_AS(counted(3).take(-1), UsageError);
  CHECK_THROWS_AS(counted(3).skip(-1), UsageError);
  CHECK_THROWS_AS(counted(3).subset({3}), UsageError);
  CHECK(message_of<UsageError>([] { zip(counted(3), counted(4)); }) ==
        "[zip] need as many examples on every side, got 3 and 4");
  CHECK(message_of<UsageError>([] { from_tensors(Tensor::ones({})); }) ==
        "[from_tensors] need a tensor with a leading axis of examples, got shape ()");
  CHECK_THROWS_AS(from_tensors(Tensor()), UsageError);
  CHECK(message_of<DataError>([] {
          to_matrix<float>({{1, 2}, {3, 4}, {5}});
        }) == "[to_matrix] need 2 columns, as in row 0, got 1 in row 2");
  CHECK(to_matrix<double>({{1, 2}, {3, 4}}).to_vector<double>() == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("dataset: other examples or another order have another fingerprint") {
  const auto d = counted(10);
  std::set<uint64_t> prints;
  for (const auto& other : {d, d.take(9), d.skip(1), d.shuffle(1), d.shuffle(2), d.concat(d)}) {
    prints.insert(other.fingerprint());
    prints.insert(other.map([](int64_t i) { return i; }).fingerprint());
  }
  CHECK(prints.size() == 12);
  CHECK(d.shuffle(1).fingerprint() == d.shuffle(1).fingerprint());
  CHECK(zip(d, d.shuffle(1)).fingerprint() != zip(d, d.shuffle(2)).fingerprint());
}

TEST_CASE("npy_rows: rows read at their place are those of the array, of any type") {
  const Folder folder;
  const std::string path = folder.path("x.npy");
  for (const Tensor& x : {Tensor::from({1.F, 2.F, 3.F, 4.F, 5.F, 6.F}, {3, 2}), Tensor::arange(0, 5),
                          Tensor::from_bools({true, false, true, true}, {2, 2}), Tensor::ones({0, 3})}) {
    write_npy(path, x);
    const Dataset<Tensor> rows = npy_rows(path);
    REQUIRE(rows.size() == x.dim(0));
    for (int64_t i = 0; i < rows.size(); ++i) {
      CHECK(rows[i].dtype() == x.dtype());
      CHECK(rows[i].to_bytes() == from_tensors(x)[i].to_bytes());
    }
  }
}

TEST_CASE("npy_rows: a file that is none, or that changes, is named") {
  const Folder folder;
  const std::string path = folder.path("x.npy");
  write_npy(path, Tensor::ones({4, 8}));
  const auto size = std::filesystem::file_size(path);
  const Dataset<Tensor> rows = npy_rows(path);
  CHECK(rows[3].numel() == 8);
  std::filesystem::resize_file(path, size - 1);
  CHECK(message_of<DataError>([&] { rows[3]; }) ==
        fmt::format("{}: need the file of {} bytes that was opened, got one of {} bytes, changed since", path, size,
                    size - 1));
  CHECK_THROWS_AS(rows[0], DataError);
  CHECK(message_of<DataError>([&] { npy_rows(path); }) ==
        fmt::format("{}: need {} bytes for the <f4 array of shape (4, 8), got {}", path, size, size - 1));
  write_npy(path, Tensor::ones({4, 8}));  // another file under this name: the old one is still there for its reader
  CHECK(npy_rows(path)[0].numel() == 8);
  CHECK(message_of<DataError>([&] { npy_rows(folder.path("none")); }) ==
        folder.path("none") + ": No such file or directory");
  CHECK(message_of<DataError>([&] { npy_rows(folder.root().string()); }) ==
        folder.root().string() + ": need a file, got a directory, a pipe or a device");
  write_npy(path, Tensor::ones({}));
  CHECK(message_of<DataError>([&] { npy_rows(path); }) == path + ": need an array with rows, got one of shape ()");
  write_npy(path + ".gz", Tensor::ones({2}));
  CHECK(message_of<DataError>([&] { npy_rows(path + ".gz"); }) ==
        path + ".gz: need a plain .npy file, whose rows have known places, got a gzip file");
  CHECK_THROWS_AS(npy_rows(folder.file("text", "x")), DataError);
}
