#include "core/device/precision.h"

#include <atomic>
#include <utility>

namespace grus {
namespace {

constexpr int unscoped = -1;
std::atomic<Precision> for_all{Precision::f32};
constinit thread_local int here = unscoped;

}  // namespace

Precision product_precision() {
  return here == unscoped ? for_all.load(std::memory_order_relaxed) : static_cast<Precision>(here);
}
void set_product_precision(Precision precision) { for_all.store(precision, std::memory_order_relaxed); }

PrecisionScope::PrecisionScope(Precision precision) : outer_(std::exchange(here, static_cast<int>(precision))) {}
PrecisionScope::~PrecisionScope() { here = outer_; }

}  // namespace grus
