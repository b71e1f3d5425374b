#pragma once
// Items made ahead on threads, and handed out in their order.
#include <cstdint>
#include <functional>
#include <memory>

namespace grus::data {

/// Makes the items first, first + 1, ..., end - 1 and hands them out in this order, whichever thread made them. At most
/// `ahead` items are made or being made that next() has not given; without threads next() makes its item itself.
/// Threads have the default device of the thread that made this object. The destructor waits for items begun.
class OrderedWork {
 public:
  /// Several threads call `make` at a time.
  using Make = std::function<std::shared_ptr<void>(int64_t item)>;
  struct Limits {
    int64_t threads = 1, ahead = 2;
  };
  OrderedWork(int64_t first, int64_t end, Limits limits, Make make);
  ~OrderedWork();
  OrderedWork(const OrderedWork&) = delete;
  OrderedWork& operator=(const OrderedWork&) = delete;

  /// Returns the next item, or null after the last. What `make` threw comes out in the item's place, then and at every
  /// further call.
  std::shared_ptr<void> next();

 private:
  class Crew;
  const int64_t end_;
  int64_t given_;
  const Make make_;
  std::unique_ptr<Crew> crew_;  // null without threads
};

}  // namespace grus::data
