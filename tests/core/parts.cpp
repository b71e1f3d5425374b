// A user's loops that are shared out among threads.
#include "core/thread/parts.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>

#include "core/base/error.h"
#include "core/tape/tape.h"
#include "tests/support/threads.h"

using namespace grus;
using test::Threads;

namespace {

constexpr int64_t enough = 1000;  // rows, for every thread to take a part

}  // namespace

TEST_CASE("parts: each runs once, and one alone where the device has no threads of the host or there is too little") {
  const Threads scope(3);
  for (const auto& [name, rows, most, expected] : {std::tuple{"cpu", enough, enough, 3},
                                                   {"cpu", int64_t{2}, enough, 1},
                                                   {"cpu", enough, int64_t{2}, 1},
                                                   {"reference", enough, enough, 1}}) {
    std::array<std::atomic<int>, 3> runs{};
    in_parts(Device(name), rows, most, [&, parts = expected](int part, int of) {
      CHECK(of == parts);
      ++runs[static_cast<size_t>(part)];
    });
    for (int part = 0; part < 3; ++part) CHECK(runs[static_cast<size_t>(part)] == (part < expected));
  }
}

TEST_CASE("parts: the default device is the caller's, and nothing is recorded") {
  const Threads scope(2);
  const Device before = default_device();
  set_default_device(Device("reference"));
  const Ref<Leaf> x = Leaf::create(Tensor::ones({2}));
  Tape tape;
  std::atomic<int> right = 0;
  in_parts(Device("cpu"), enough, enough, [&](int, int) {
    const Tensor y = x->tensor().reshape({2, 1});
    right += default_device() == Device("reference") && y.node().tape == 0;
  });
  CHECK(right == 2);
  CHECK(x->tensor().reshape({2, 1}).node().tape != 0);
  set_default_device(before);
}

TEST_CASE("parts: a loop within a part runs there, as one part") {
  const Threads scope(2);
  std::atomic<int> inner = 0;
  in_parts(Device("cpu"), enough, enough, [&](int, int) {
    const auto self = std::this_thread::get_id();
    in_parts(Device("cpu"), enough, enough,
             [&](int, int parts) { inner += parts == 1 && std::this_thread::get_id() == self; });
  });
  CHECK(inner == 2);
}

TEST_CASE("parts: what one throws reaches the caller when all have ended") {
  for (const int threads : {1, 2}) {
    const Threads scope(threads);
    std::atomic<int> ended = 0;
    CHECK_THROWS_WITH_AS(in_parts(Device("cpu"), enough, enough,
                                  [&](int part, int) {
                                    ++ended;
                                    if (part == 0) fail<DeviceError>("[gru] no more memory");
                                  }),
                         "[gru] no more memory", DeviceError);
    CHECK(ended == threads);
  }
}

TEST_CASE("parts: the number of threads cannot be set in one of several") {
  const Threads scope(2);
  CHECK_THROWS_WITH_AS(in_parts(Device("cpu"), enough, enough, [](int, int) { set_num_threads(1); }),
                       "[threads] need to be outside of a part (in_parts) to set their number", UsageError);
  CHECK(num_threads() == 2);
}
