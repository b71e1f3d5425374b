#pragma once
// Tables of the backends that are linked in.
// Sources: core/backends/cpu/cpu.cpp, core/backends/reference/table.cpp.
#include "core/device/kernels.h"

namespace grus {

const KernelTable& reference_backend();  // plain loops: the specification
const KernelTable& cpu_backend();        // OpenBLAS, SIMD, threads

}  // namespace grus
