// Sums over ranks: their bits, messages and bytes.
#include "parallel/communicator.h"

#include <doctest/doctest.h>

#include <atomic>
#include <bit>
#include <cstring>

#include "core/base/error.h"
#include "core/tensor/random.h"
#include "parallel/world.h"
#include "tests/parallel/thread_ranks.h"
#include "tests/support/tensors.h"

using namespace grus;
using parallel::Communicator;
using parallel::Node;
using parallel::Shards;

namespace {

// The numbers of one shard, whose sums depend on their order.
template <class T>
std::vector<T> term(int64_t shard, int64_t count) {
  Rng rng(static_cast<uint64_t>(shard) + 1);
  const Tensor drawn = random_normal({count}, 0, 1e3, rng, dtype_of<T>, Device("cpu"));
  return drawn.to_vector<T>();
}

template <class T>
std::vector<T> tree_sum(const Node& node, int64_t count) {
  if (node.is_leaf()) return term<T>(node.begin, count);
  std::vector<T> left = tree_sum<T>({node.begin, node.middle()}, count);
  const std::vector<T> right = tree_sum<T>({node.middle(), node.end}, count);
  for (size_t i = 0; i < left.size(); ++i) left[i] += right[i];
  return left;
}

template <class T>
std::vector<T> sum_over(Communicator& ranks, int64_t shards, int64_t count, const parallel::SumOptions& options = {}) {
  const Shards mine = parallel::shards_of_rank(shards, ranks.rank(), ranks.size());
  std::vector<std::vector<T>> sums;
  for (const Node& node : own_nodes(mine)) sums.push_back(tree_sum<T>(node, count));
  std::vector<T> sum(static_cast<size_t>(count));
  const auto reduction = ranks.make_sum(mine, count, dtype_of<T>, options);
  for (int round = 0; round < 2; ++round) {  // a sum may be begun again, in the memory of its first term
    std::vector<std::vector<T>> again = sums;
    std::vector<const void*> terms;
    terms.reserve(again.size());
    for (const std::vector<T>& one : again) terms.push_back(one.data());
    void* const to = round == 0 ? sum.data() : again[0].data();
    ranks.begin(*reduction, terms, to);
    ranks.finish(*reduction);
    if (round == 1 && sum != again[0]) sum.clear();
  }
  return sum;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

}  // namespace

TEST_CASE("sum: any number of ranks gives the bits of the tree") {
  for (const int64_t shards : {2, 5, 8}) {
    for (const int64_t count : {1, 3, 1000}) {
      const std::vector<float> f32 = tree_sum<float>({0, shards}, count);
      const std::vector<double> f64 = tree_sum<double>({0, shards}, count);
      for (int size = 2; size <= shards; ++size) {
        std::atomic<int> right = 0;
        test::run_ranks(size, [&](Communicator& ranks) {
          if (same_bits(sum_over<float>(ranks, shards, count), f32)) ++right;
          if (same_bits(sum_over<double>(ranks, shards, count), f64)) ++right;
        });
        CHECK(right == 2 * size);
      }
    }
  }
}

TEST_CASE("sum: several stages give the bits of the tree, in fewer messages of as many bytes") {
  struct Case {
    int size, neighbours;
    int64_t shards, messages;  // of rank 0 in two sums; 0: not counted, where ranks have several terms
  };
  for (const Case& c : {Case{4, 2, 4, 8}, Case{8, 2, 8, 16}, Case{8, 4, 13, 0}, Case{6, 3, 8, 0}, Case{32, 1, 32, 40},
                        Case{24, 1, 40, 0}}) {
    for (const int64_t count : {3, 1000}) {
      const std::vector<float> f32 = tree_sum<float>({0, c.shards}, count);
      const std::vector<double> f64 = tree_sum<double>({0, c.shards}, count);
      std::atomic<int> right = 0;
      test::run_ranks(
          c.size,
          [&](Communicator& ranks) {
            if (same_bits(sum_over<float>(ranks, c.shards, count), f32)) ++right;
            const parallel::Traffic traffic = ranks.traffic();
            if (same_bits(sum_over<double>(ranks, c.shards, count), f64)) ++right;
            if (!ranks.leads() || c.messages == 0 || count < c.size) return;
            CHECK(traffic.messages == c.messages);
            CHECK(traffic.sent ==
                  doctest::Approx(16.0 * static_cast<double>(count) * (c.size - 1) / c.size).epsilon(0.01));
          },
          c.neighbours);
      CHECK(right == 2 * c.size);
    }
  }
}

TEST_CASE("sum: one that nobody finishes goes on while ranks wait for something else") {
  std::atomic<int> right = 0;
  test::run_ranks(
      4,
      [&](Communicator& ranks) {
        std::vector<float> numbers(8, 1);
        const auto sum = ranks.make_sum(parallel::shards_of_rank(4, ranks.rank(), 4), 8, DType::f32);
        ranks.begin(*sum, {numbers.data()}, numbers.data());
        for (int round = 0; round < 8; ++round) ranks.barrier("elsewhere");
        if (sum->is_there() && numbers == std::vector<float>(8, 4)) ++right;
      },
      2);
  CHECK(right == 4);
}

TEST_CASE("fast sum: adds up over all ranks") {
  std::atomic<int> right = 0;
  test::run_ranks(3, [&](Communicator& ranks) {
    std::vector<float> numbers = {1, static_cast<float>(ranks.rank())};
    const auto sum =
        ranks.make_sum(parallel::shards_of_rank(3, ranks.rank(), 3), 2, DType::f32, {.how = parallel::Reduce::fast});
    ranks.begin(*sum, {numbers.data()}, numbers.data());
    ranks.finish(*sum);
    if (numbers == std::vector<float>{3, 3}) ++right;
  });
  CHECK(right == 3);
}

TEST_CASE("threads: fast sums follow one another, and one rank's error ends the others' waiting") {
  test::run_ranks(4, [](Communicator& ranks) {
    std::vector<double> numbers(1);
    const auto sum =
        ranks.make_sum(parallel::shards_of_rank(4, ranks.rank(), 4), 1, DType::f64, {.how = parallel::Reduce::fast});
    for (int i = 0; i < 200; ++i) {
      numbers[0] = ranks.rank() + i;
      ranks.begin(*sum, {numbers.data()}, numbers.data());
      ranks.finish(*sum);
      CHECK(numbers[0] == 6 + 4 * i);
    }
  });
  for (const bool fast : {true, false}) {
    const std::string what = test::message_of([&] {
      test::run_ranks(3, [&](Communicator& ranks) {
        require(ranks.rank() != 1, "rank 1 has no more space");
        std::vector<float> numbers(8);
        const auto sum = ranks.make_sum(parallel::shards_of_rank(3, ranks.rank(), 3), 8, DType::f32,
                                        {.how = fast ? parallel::Reduce::fast : parallel::Reduce::tree});
        ranks.begin(*sum, {numbers.data()}, numbers.data());
        ranks.finish(*sum);
      });
    });
    CHECK(what == "rank 1 has no more space");
  }
}

TEST_CASE("bf16 on the wire: all ranks have the same bits, near those of f32, for half of the bytes") {
  constexpr int64_t count = 1000;
  const std::vector<float> exact = tree_sum<float>({0, 8}, count);
  double largest = 0;
  for (const float x : exact) largest = std::max(largest, std::abs(static_cast<double>(x)));
  for (const int size : {2, 3, 8}) {
    std::vector<std::vector<float>> sums(static_cast<size_t>(size));
    std::vector<int64_t> wide(sums.size()), narrow(sums.size());
    test::run_ranks(size, [&](Communicator& ranks) {
      const auto rank = static_cast<size_t>(ranks.rank());
      (void)sum_over<float>(ranks, 8, count);
      wide[rank] = ranks.traffic().sent;
      ranks.reset_traffic();
      sums[rank] = sum_over<float>(ranks, 8, count, {.wire = parallel::Wire::bf16});
      narrow[rank] = ranks.traffic().sent;
    });
    double gap = 0;
    for (size_t i = 0; i < exact.size(); ++i)
      gap = std::max(gap, std::abs(static_cast<double>(sums[0][i]) - static_cast<double>(exact[i])));
    CHECK(gap > 0);
    CHECK(gap < 0.01 * largest);
    for (const std::vector<float>& one : sums) CHECK(same_bits(one, sums[0]));
    for (size_t rank = 0; rank < sums.size(); ++rank) CHECK(2 * narrow[rank] == wide[rank]);
  }
  CHECK(test::message_of([&] {
          test::run_ranks(2, [&](Communicator& ranks) {
            (void)ranks.make_sum(parallel::shards_of_rank(8, ranks.rank(), 2), 1, DType::f32,
                                 {.how = parallel::Reduce::fast, .wire = parallel::Wire::bf16});
          });
        }) == "[ranks] need numbers as they are on the wire of a fast sum, got bf16");
}

TEST_CASE("neighbours: ranks that share hosts evenly, in a row, are found") {
  const auto sent = [](const std::vector<std::string>& hosts) {
    std::atomic<int64_t> messages = 0;
    test::run_ranks(static_cast<int>(hosts.size()), [&](Communicator& ranks) {
      ranks.find_neighbours(hosts[static_cast<size_t>(ranks.rank())]);
      ranks.reset_traffic();
      (void)sum_over<float>(ranks, 4, 1000);
      if (ranks.leads()) messages = ranks.traffic().messages / 2;
    });
    return messages.load();
  };
  CHECK(sent({"a", "a", "b", "b"}) == 4);
  CHECK(sent({"a", "a", "a", "a"}) == 6);
  CHECK(sent({"a", "b", "a", "b"}) == 6);
  CHECK(sent({"a", "a", "a", "b"}) == 6);
}
