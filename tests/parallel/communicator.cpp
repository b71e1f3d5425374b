#include "parallel/communicator.h"

#include <doctest/doctest.h>

#include <atomic>

#include "core/base/error.h"
#include "core/tensor/random.h"
#include "parallel/world.h"
#include "tests/parallel/thread_ranks.h"
#include "tests/support/tensors.h"

using namespace grus;
using parallel::Communicator;
using parallel::Node;
using parallel::Shards;
using parallel::Stage;

namespace {

/// Tells whether all_gather() of so many bytes of each rank gives this one all of them.
bool gathers_all(Communicator& ranks, const std::vector<size_t>& sizes) {
  std::vector<std::byte> bytes, expected;
  for (size_t rank = 0; rank < sizes.size(); ++rank) {
    const bool own = static_cast<int>(rank) == ranks.rank();
    expected.insert(expected.end(), sizes[rank], static_cast<std::byte>(rank + 1));
    bytes.insert(bytes.end(), sizes[rank], static_cast<std::byte>(own ? rank + 1 : 0));
  }
  ranks.all_gather(bytes, sizes);
  return bytes == expected;
}

}  // namespace

TEST_CASE("shards: every rank has its share, none twice, and more ranks than shards are refused") {
  for (const int64_t shards : {1, 2, 3, 7, 8, 13}) {
    for (int size = 1; size <= shards; ++size) {
      int64_t end = 0;
      for (int rank = 0; rank < size; ++rank) {
        const Shards mine = parallel::shards_of_rank(shards, rank, size);
        CHECK(mine.begin == end);
        CHECK(mine.own() >= shards / size);
        end = mine.end;
      }
      CHECK(end == shards);
    }
  }
  CHECK(test::message_of([] { (void)parallel::shards_of_rank(4, 0, 5); }) ==
        "[shards] need at least as many shards as ranks, got 4 for 5 ranks");
}

TEST_CASE("shards: nodes of the tree are those that halving by powers of 2 gives") {
  CHECK(Node{0, 6}.middle() == 4);
  CHECK(Node{4, 7}.middle() == 6);
  CHECK(own_nodes(Shards{8, 2, 5}) == std::vector<Node>{{2, 4}, {4, 5}});
  CHECK(own_nodes(Shards{6, 0, 6}) == std::vector<Node>{{0, 6}});
  CHECK(parallel::has_node(8, {2, 4}));
  CHECK_FALSE(parallel::has_node(8, {1, 3}));
}

TEST_CASE("stages: messages and rounds are few, and neighbours are a stage of their own") {
  CHECK(parallel::stages_of(1).empty());
  CHECK(parallel::stages_of(8) == std::vector<Stage>{{8, 1}});
  CHECK(parallel::stages_of(13) == std::vector<Stage>{{13, 1}});
  CHECK(parallel::stages_of(64) == std::vector<Stage>{{8, 1}, {8, 8}});
  CHECK(parallel::stages_of(1024) == std::vector<Stage>{{16, 1}, {8, 16}, {8, 128}});
  CHECK(parallel::stages_of(12, 4) == std::vector<Stage>{{4, 1}, {3, 4}});
}

TEST_CASE("stages: what rank 0 gives comes to every rank once, from its parent") {
  for (const auto& [size, neighbours] : {std::pair(1, 1), std::pair(6, 2), std::pair(13, 1), std::pair(24, 4)}) {
    const std::vector<Stage> stages = parallel::stages_of(size, neighbours);
    std::vector<int> times(static_cast<size_t>(size));
    for (int rank = 0; rank < size; ++rank) {
      for (const int child : children_of(stages, rank)) {
        CHECK(parent_of(stages, child) == rank);
        ++times[static_cast<size_t>(child)];
      }
    }
    CHECK(times[0] == 0);
    CHECK(std::count(times.begin(), times.end(), 1) == size - 1);
  }
}

TEST_CASE("several stages: texts and bytes come to all, and ranks at different places are told") {
  std::atomic<int> right = 0;
  const auto text = [](int rank) {
    return std::string(static_cast<size_t>(rank) * 100, static_cast<char>('a' + rank));
  };
  std::vector<std::string> all;
  all.reserve(12);
  for (int rank = 0; rank < 12; ++rank) all.push_back(text(rank));
  test::run_ranks(
      12,
      [&](Communicator& ranks) {
        if (ranks.gather("here", text(ranks.rank())) == all) ++right;
        if (ranks.from_leader("there", ranks.leads() ? text(9) : "own") == text(9)) ++right;
        std::vector<std::byte> bytes(1000, static_cast<std::byte>(ranks.rank() + 7));
        ranks.from_leader(bytes);
        if (bytes == std::vector<std::byte>(1000, std::byte{7})) ++right;
        ranks.reset_traffic();
        const std::vector<size_t> sizes = {9, 1, 0, 70000, 5, 5, 0, 0, 0, 0, 31, 2};
        if (gathers_all(ranks, sizes) && ranks.traffic().messages <= 5) ++right;  // 3 on the host, 2 beyond
      },
      4);
  CHECK(right == 48);
  const std::string what = test::message_of([] {
    test::run_ranks(
        4, [](Communicator& ranks) { ranks.barrier(ranks.rank() == 3 ? "the step" : "the end"); }, 2);
  });
  CHECK_MESSAGE(what.find("need all ranks at one place of the program") != std::string::npos, what);
}

TEST_CASE("gather: texts of any length come in the order of ranks") {
  std::atomic<int> right = 0;
  test::run_ranks(3, [&](Communicator& ranks) {
    const auto text = [](int rank) {
      return std::string(static_cast<size_t>(rank) * 100000, static_cast<char>('a' + rank));
    };
    if (ranks.gather("here", text(ranks.rank())) == std::vector<std::string>{text(0), text(1), text(2)}) ++right;
    if (ranks.from_leader("there", ranks.leads() ? "leader's" : "own") == "leader's") ++right;
    std::vector<std::byte> bytes(1000, static_cast<std::byte>(ranks.rank() + 7));
    ranks.from_leader(bytes);
    if (bytes == std::vector<std::byte>(1000, std::byte{7})) ++right;
  });
  CHECK(right == 9);
}

TEST_CASE("all_gather: every rank has the bytes of all, whatever their sizes") {
  std::atomic<int> right = 0;
  test::run_ranks(3, [&](Communicator& ranks) {
    if (gathers_all(ranks, {5, 0, 70000})) ++right;
  });
  CHECK(right == 3);
  std::vector<std::byte> bytes(3);
  CHECK_THROWS_WITH_AS(Communicator().all_gather(bytes, {}), "[ranks] need 1 sizes, one of each rank, got 0", Error);
  CHECK_THROWS_WITH_AS(Communicator().all_gather(bytes, {4}),
                       "[ranks] need 4 bytes, as many as the sizes add up to, got 3", Error);
}

TEST_CASE("gather: ranks at different places of a program are told") {
  const std::string what = test::message_of(
      [] { test::run_ranks(2, [](Communicator& ranks) { ranks.barrier(ranks.leads() ? "the step" : "the end"); }); });
  CHECK(what.find("need all ranks at one place of the program, got rank ") != std::string::npos);
  CHECK(what.find("'the step'") != std::string::npos);
}

TEST_CASE("on_leader: others wait for what the leader does") {
  std::atomic<int> done = 0, seen = 0;
  test::run_ranks(4, [&](Communicator& ranks) {
    ranks.on_leader("work", [&] { ++done; });
    seen += done;
  });
  CHECK(seen == 4);
}

TEST_CASE("threads: world() of a rank is its own, and its generator begins as the caller's") {
  std::atomic<int> right = 0;
  const RandomKey here = default_rng().state();
  test::run_ranks(3, [&](Communicator& ranks) {
    if (&parallel::world() == &ranks && parallel::is_rank_thread()) ++right;
    if (default_rng().state().seed == here.seed && default_rng().state().draw == here.draw) ++right;
  });
  CHECK(right == 6);
  CHECK_FALSE(parallel::is_rank_thread());
}

TEST_CASE("from_leader: the leader waits for nobody, and long texts come whole") {
  std::atomic<int> right = 0;
  test::run_ranks(3, [&](Communicator& ranks) {
    const std::string text(2000, 'x');
    for (int i = 0; i < 3; ++i)
      if (ranks.from_leader("word", ranks.leads() ? text : "") == text) ++right;
    if (ranks.leads() && ranks.traffic().waited == 0) ++right;
  });
  CHECK(right == 10);
  const std::string what = test::message_of([] {
    test::run_ranks(2, [](Communicator& ranks) {
      (void)ranks.from_leader(ranks.leads() ? "the step" : "the end", "");
      ranks.barrier("after");
    });
  });
  CHECK(what.find("'the step'") != std::string::npos);
}

TEST_CASE("to_leader: the leader has all texts in the order of the ranks, others have none") {
  std::atomic<int> right = 0;
  test::run_ranks(3, [&](Communicator& ranks) {
    const auto text = [](int rank) {
      return std::string(static_cast<size_t>(1 + 700 * rank), static_cast<char>('a' + rank));
    };
    const std::vector<std::string> all = ranks.to_leader("texts", text(ranks.rank()));
    if (ranks.leads() ? all == std::vector{text(0), text(1), text(2)} : all.empty()) ++right;
  });
  CHECK(right == 3);
  const std::string what = test::message_of([] {
    test::run_ranks(2, [](Communicator& ranks) {
      (void)ranks.to_leader(ranks.leads() ? "the step" : "the end", "");
      ranks.barrier("after");
    });
  });
  CHECK(what.find("'the end'") != std::string::npos);
}

TEST_CASE("communicator: a process alone is rank 0 of 1 and waits for nobody") {
  Communicator alone;
  CHECK(alone.leads());
  CHECK_FALSE(alone.several());
  CHECK(alone.gather("here", "text") == std::vector<std::string>{"text"});
  alone.barrier("here");
}
