#pragma once
// Observation of every kernel call: its name, what it worked on, how long it took. It costs nothing while nobody looks:
// devices then hand out the backend's own table, and an instrumented copy of it while an observer stands.
#include <cstdint>
#include <vector>

#include "core/device/kernel_costs.h"

namespace grus {

struct OpenDevice;  // core/device/device.h

/// One call of an entry of a KernelTable. FLOPs and bytes are what the call asks for, by the formulas of
/// core/device/kernels.def, not what a backend does.
struct KernelCall {
  const char* backend;       // the table's name
  const char* entry;         // the member's name in KernelTable: "gemm"
  int variant;               // a UnaryOp, ReduceOp, GruPhase, ...; -1 where the entry has none
  const char* variant_name;  // "tanh", "sum", "reset_update", ... or ""
  DType dtype;               // dtype of the first result
  double flops, bytes;
  int64_t start, nanoseconds;  // on the clock of std::chrono::steady_clock
};

/// An observer gets every call on any device and thread, on the thread that made it and one at a time. `called` may
/// compute nothing on a device.
class KernelObserver {
 public:
  virtual ~KernelObserver() = default;
  virtual void called(const KernelCall& call) = 0;
  /// When true, every call waits for the device, so that times are those of the work on devices that report late.
  virtual bool waits() const { return false; }
};

/// While the scope lives, every device, also one opened later, reports to `observer`. Loops that begin meanwhile are
/// not shared out among threads (core/thread/parts.h), so that their calls follow one another; their sums may round
/// differently. Scopes may be nested.
class KernelObserverScope {
 public:
  explicit KernelObserverScope(KernelObserver& observer);
  ~KernelObserverScope();
  KernelObserverScope(const KernelObserverScope&) = delete;
  KernelObserverScope& operator=(const KernelObserverScope&) = delete;

 private:
  KernelObserver& observer_;
};

struct KernelEntry {
  const char* name;
  std::vector<const char*> variants;  // empty where the entry has none
  Need need;
  bool present;  // whether this table has it
};
/// Lists all entries of the contract in its order, as `table` has them.
std::vector<KernelEntry> kernel_entries(const KernelTable& table);

/// Lets observers see this device, which must live as long as the process; core/device/device.cpp calls it.
void make_observable(OpenDevice& device);

}  // namespace grus
