#pragma once
// The parts of the OpenCL backend.
// Sources: cache.cpp (compiled kernels), devices.cpp, machine.cpp (the module).
#include <CL/cl.h>

#include <string>
#include <vector>

#include "core/backends/gpu/machine.h"

namespace grus::opencl {

/// Throws gpu::Failure, out_of_memory or device_lost where the error says so, unless `error` is CL_SUCCESS.
void check(cl_int error, const char* what);

// Returns every device of every platform, GPUs first. Throws when there is none.
std::vector<cl_device_id> all_devices();
std::string text_of(cl_device_id device, cl_device_info what);
/// Describes a device in one line: vendor's name, driver, memory.
std::string description(cl_device_id device);

// Returns the text compiled for the device, from the cache of binaries where it is there. Throws with the
// compiler's first message.
cl_program build(cl_context context, cl_device_id device, const std::string& text, const std::string& options,
                 const std::string& name);

}  // namespace grus::opencl
