#include "data/batch/ordered_work.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "core/device/device.h"

using namespace grus;
using namespace grus::data;

namespace {

std::shared_ptr<void> number(int64_t n) { return std::make_shared<int64_t>(n); }

int64_t value(const std::shared_ptr<void>& item) { return item ? *static_cast<int64_t*>(item.get()) : -1; }

}  // namespace

TEST_CASE("ordered work: items come in their order for any number of threads") {
  for (const int64_t threads : {0, 1, 2, 7})
    for (const int64_t ahead : {1, 3, 20}) {
      OrderedWork work(5, 60, {.threads = threads, .ahead = ahead}, number);
      for (int64_t i = 5; i < 60; ++i) CHECK(value(work.next()) == i);
      CHECK(work.next() == nullptr);
      CHECK(work.next() == nullptr);
    }
}

TEST_CASE("ordered work: what a thread throws comes out in its place, and again at each further call") {
  for (const int64_t threads : {0, 1, 4}) {
    OrderedWork work(0, 10, {.threads = threads, .ahead = 4}, [](int64_t n) {
      if (n == 3) throw std::runtime_error("out of cranes");
      return number(n);
    });
    for (int64_t i = 0; i < 3; ++i) CHECK(value(work.next()) == i);
    CHECK_THROWS_WITH_AS(work.next(), "out of cranes", std::runtime_error);
    CHECK_THROWS_AS(work.next(), std::runtime_error);
  }
}

TEST_CASE("ordered work: it stays within its bound and stops when dropped") {
  std::atomic<int64_t> made = 0;
  {
    OrderedWork work(0, 1000, {.threads = 2, .ahead = 3}, [&](int64_t n) {
      ++made;
      return number(n);
    });
    for (int64_t i = 0; i < 10; ++i) CHECK(value(work.next()) == i);
    CHECK(made <= 10 + 3);
  }
  const int64_t after = made;
  CHECK(after <= 13);
}

TEST_CASE("ordered work: threads have the default device of their maker") {
  const Device before = default_device();
  set_default_device(Device("reference"));
  OrderedWork work(0, 1, {.threads = 1, .ahead = 1},
                   [](int64_t) { return std::make_shared<std::string>(default_device().name()); });
  CHECK(*static_cast<std::string*>(work.next().get()) == "reference");
  set_default_device(before);
}
