#pragma once
// Counts how often the host waits for a device.
#include <string_view>

#include "core/device/kernel_calls.h"

namespace grus::test {

/// Counts the calls that wait, on every device, while a KernelObserverScope of it stands.
class Waits : public KernelObserver {
 public:
  void called(const KernelCall& call) override {
    const std::string_view entry = call.entry;
    count += entry == "download" || entry == "synchronize";
  }
  int count = 0;
};

}  // namespace grus::test
