#include "core/device/kernel_calls.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

#include "core/base/use_only.h"
#include "core/device/device.h"
#include "core/device/kernel_entries.h"

namespace grus {
namespace {

/// A device that observers can see. The list only grows, so it is read without a lock.
struct Observable {
  OpenDevice& device;
  KernelTable instrumented;
  Observable* next;
};
std::atomic<Observable*> observables{nullptr};

struct Observers {
  std::mutex mutex;
  std::vector<KernelObserver*> standing;
  std::atomic<bool> wait{false};
};
Observers& observers() {
  static auto* const all = new Observers;  // kernels are called by static objects too
  return *all;
}

OpenDevice& device_of(Context* context) {
  Observable* observable = observables.load(std::memory_order_acquire);
  while (observable->device.context != context) observable = observable->next;
  return observable->device;
}

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void report(const char* backend, const char* entry, kernel_list::Names variants, const KernelCost& cost,
            int64_t start) {
  const char* variant = cost.variant < 0 ? "" : variants[static_cast<size_t>(cost.variant)];
  const KernelCall call{backend,    entry,      cost.variant, variant,      cost.dtype,
                        cost.flops, cost.bytes, start,        now() - start};
  std::lock_guard lock(observers().mutex);
  for (KernelObserver* observer : observers().standing) observer->called(call);
}

/// Wraps the member at `index` of the list for the instrumented table.
template <size_t index, auto member, auto cost, class Function>
struct Wrapper;
template <size_t index, auto member, auto cost, class Result, class... Args>
struct Wrapper<index, member, cost, Result (*)(Context*, Args...)> {
  static Result call(Context* context, Args... args) {
    const KernelTable& own = device_of(context).own_table;
    const KernelCost asked = cost(context, args...);
    const int64_t start = now();
    const Result result = (own.*member)(context, args...);
    if (observers().wait.load(std::memory_order_relaxed)) own.synchronize(context);
    const auto& row = std::get<index>(kernel_list::entries);
    report(own.name, row.name, row.variants, asked, start);
    return result;
  }
};
template <size_t index, auto member, auto cost, class... Args>
struct Wrapper<index, member, cost, void (*)(Context*, Args...)> {
  static void call(Context* context, Args... args) {
    const KernelTable& own = device_of(context).own_table;
    const KernelCost asked = cost(context, args...);
    const int64_t start = now();
    (own.*member)(context, args...);
    const auto& row = std::get<index>(kernel_list::entries);
    report(own.name, row.name, row.variants, asked, start);
  }
};

template <size_t index, auto member, auto cost>
void instrument(KernelTable& table, const kernel_list::Entry<member, cost>&) {
  auto& place = table.*member;
  if constexpr (!std::is_same_v<decltype(cost), std::nullptr_t>)
    if (place) place = &Wrapper<index, member, cost, std::remove_reference_t<decltype(place)>>::call;
}

KernelTable instrumented_copy(KernelTable table) {
  [&]<size_t... index>(std::index_sequence<index...>) {
    (instrument<index>(table, std::get<index>(kernel_list::entries)), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(kernel_list::entries)>>());
  table.run_parts = nullptr;  // overlapping calls could not be told apart, nor their times be added up
  return table;
}

/// Gives each device its own or its instrumented table. The caller holds the observers' mutex.
void switch_tables() {
  Observers& all = observers();
  all.wait = std::any_of(all.standing.begin(), all.standing.end(), [](KernelObserver* o) { return o->waits(); });
  for (Observable* o = observables.load(std::memory_order_acquire); o; o = o->next)
    o->device.table.store(all.standing.empty() ? &o->device.own_table : &o->instrumented, std::memory_order_release);
}

}  // namespace

void make_observable(OpenDevice& device) {
  if constexpr (use_only) return device.table.store(&device.own_table, std::memory_order_release);  // nobody watches
  std::lock_guard lock(observers().mutex);
  observables.store(new Observable{device, instrumented_copy(device.own_table), observables.load()},
                    std::memory_order_release);
  switch_tables();
}

KernelObserverScope::KernelObserverScope(KernelObserver& observer) : observer_(observer) {
  std::lock_guard lock(observers().mutex);
  observers().standing.push_back(&observer);
  switch_tables();
}

KernelObserverScope::~KernelObserverScope() {
  std::lock_guard lock(observers().mutex);
  auto& standing = observers().standing;
  standing.erase(std::find(standing.begin(), standing.end(), &observer_));
  switch_tables();
}

std::vector<KernelEntry> kernel_entries(const KernelTable& table) {
  std::vector<KernelEntry> all;
  const auto add = [&]<auto member, auto cost>(const kernel_list::Entry<member, cost>& row) {
    all.push_back({row.name, {row.variants.begin(), row.variants.end()}, row.need, table.*member != nullptr});
  };
  std::apply([&](const auto&... rows) { (add(rows), ...); }, kernel_list::entries);
  return all;
}

}  // namespace grus
