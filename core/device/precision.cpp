#include "core/device/precision.h"

#include "core/backends/cpu/precision.h"

namespace grus {

Precision product_precision() { return cpu::bf16_products() ? Precision::bf16 : Precision::f32; }
void set_product_precision(Precision precision) { cpu::set_bf16_products(precision == Precision::bf16); }

}  // namespace grus
