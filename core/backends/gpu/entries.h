#pragma once
// The kernels of the contract as launches. elements.cpp has the elementwise ones and products, reduce.cpp and rows.cpp
// have reductions, rows, softmax and losses, update.cpp random numbers and optimizers, recurrent.cpp steps, attention.
#include "core/backends/gpu/machine.h"

namespace grus::gpu {

#define GRUS_WITH_MACHINE(...) (Machine & m, __VA_ARGS__)
#define GRUS_DEVICE_ENTRY(...)
#define GRUS_KERNEL(need, name, arguments, ...) void name GRUS_WITH_MACHINE arguments;
#define GRUS_LOOP_ENTRY(...)
#include "core/device/kernels.def"
#undef GRUS_WITH_MACHINE

}  // namespace grus::gpu
