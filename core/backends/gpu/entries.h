#pragma once
// The kernels of the contract as launches.
// Sources: elements.cpp, lines.cpp (sort, linear recurrences, CTC), product.cpp, reduce.cpp, rows.cpp (rows, softmax, losses), update.cpp (random numbers,
// optimizers), recurrent.cpp (steps, attention), table.cpp.
#include "core/backends/gpu/machine.h"

namespace grus::gpu {

#define GRUS_WITH_MACHINE(...) (Machine & m, __VA_ARGS__)
#define GRUS_DEVICE_ENTRY(...)
#define GRUS_KERNEL(need, name, arguments, ...) void name GRUS_WITH_MACHINE arguments;
#define GRUS_LOOP_ENTRY(...)
#include "core/device/kernels.def"
#undef GRUS_WITH_MACHINE

}  // namespace grus::gpu
