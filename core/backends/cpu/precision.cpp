#include "core/backends/cpu/precision.h"

#include <atomic>

namespace grus::cpu {
namespace {
std::atomic<bool> bf16{false};
}

bool bf16_products() { return bf16.load(std::memory_order_relaxed); }
void set_bf16_products(bool wanted) { bf16.store(wanted, std::memory_order_relaxed); }

}  // namespace grus::cpu
