#pragma once
// Whether f32 products round what they multiply to bf16; see core/device/precision.h.

namespace grus::cpu {

bool bf16_products();
void set_bf16_products(bool wanted);

}  // namespace grus::cpu
