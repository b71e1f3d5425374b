#pragma once
// What a step asks for, counted.
#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>

#include "core/backends/cpu/derived.h"
#include "core/device/kernel_calls.h"
#include "core/device/storage.h"
#include "tests/support/threads.h"

namespace grus::bench {

/// Counts the calls of operator new; the tests use one thread.
extern int64_t heap_requests;

/// A cost counts everything that a step asked for.
struct Cost : KernelObserver {
  void called(const KernelCall& call) override {
    ++calls;
    ++of[call.entry];
    if (std::string_view(call.entry) == "gemm") product_flops += call.flops;
  }
  int64_t calls = 0, heap = 0, packings = 0, backend_allocations = 0;
  size_t peak = 0;
  double product_flops = 0;
  std::map<std::string, int64_t> of;
};

inline std::string text(const Cost& cost) {
  std::string text = fmt::format("{} packings, {} heap requests, {} bytes at the peak, {} kernel calls:", cost.packings,
                                 cost.heap, cost.peak, cost.calls);
  for (const auto& [entry, count] : cost.of) text += fmt::format(" {} {}", count, entry);
  return text;
}

/// Runs `step` twice to warm up, then counts the third time. The heap is counted in a fourth, without an observer.
template <class F>
Cost cost_of(F&& step) {
  const test::Threads alone(1);
  step();
  step();
  Cost cost;
  const Device cpu("cpu");
  reset_peak_memory(cpu);
  const size_t before = memory_statistics(cpu).live;
  const auto allocations = memory_statistics(cpu).allocations;
  const int64_t packings = cpu::weights_packed();
  {
    const KernelObserverScope scope(cost);
    step();
  }
  cost.packings = cpu::weights_packed() - packings;
  cost.backend_allocations = static_cast<int64_t>(memory_statistics(cpu).allocations - allocations);
  cost.peak = memory_statistics(cpu).peak - before;
  const int64_t heap = heap_requests;
  step();
  cost.heap = heap_requests - heap;
  return cost;
}

}  // namespace grus::bench
