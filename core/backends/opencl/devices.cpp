// The OpenCL devices there are, and what they say of themselves.
#include <fmt/format.h>

#include <algorithm>

#include "core/backends/opencl/opencl.h"

namespace grus::opencl {
namespace {

template <class T>
T number_of(cl_device_id device, cl_device_info what) {
  T value{};
  check(clGetDeviceInfo(device, what, sizeof value, &value, nullptr), "clGetDeviceInfo");
  return value;
}

std::vector<cl_platform_id> platforms() {
  cl_uint count = 0;
  // Without any driver the loader answers with an error of its own.
  if (clGetPlatformIDs(0, nullptr, &count) != CL_SUCCESS || count == 0)
    throw gpu::Failure{Status::failed, "there is no OpenCL driver on this machine (clinfo lists them)"};
  std::vector<cl_platform_id> found(count);
  check(clGetPlatformIDs(count, found.data(), nullptr), "clGetPlatformIDs");
  return found;
}

}  // namespace

void check(cl_int error, const char* what) {
  if (error == CL_SUCCESS) return;
  const bool memory = error == CL_MEM_OBJECT_ALLOCATION_FAILURE || error == CL_OUT_OF_RESOURCES ||
                      error == CL_OUT_OF_HOST_MEMORY || error == CL_INVALID_BUFFER_SIZE;
  const Status status = memory                             ? Status::out_of_memory
                        : error == CL_DEVICE_NOT_AVAILABLE ? Status::device_lost
                                                           : Status::failed;
  throw gpu::Failure{status, fmt::format("{} returned {}", what, error)};
}

std::vector<cl_device_id> all_devices() {
  std::vector<cl_device_id> found;
  for (cl_platform_id platform : platforms()) {
    cl_uint count = 0;
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count) != CL_SUCCESS) continue;
    std::vector<cl_device_id> here(count);
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, here.data(), nullptr), "clGetDeviceIDs");
    found.insert(found.end(), here.begin(), here.end());
  }
  if (found.empty()) throw gpu::Failure{Status::failed, "no OpenCL driver on this machine has a device"};
  std::stable_partition(found.begin(), found.end(), [](cl_device_id device) {
    return (number_of<cl_device_type>(device, CL_DEVICE_TYPE) & CL_DEVICE_TYPE_GPU) != 0;
  });
  return found;
}

std::string text_of(cl_device_id device, cl_device_info what) {
  size_t size = 0;
  check(clGetDeviceInfo(device, what, 0, nullptr, &size), "clGetDeviceInfo");
  std::string text(size, '\0');
  check(clGetDeviceInfo(device, what, size, text.data(), nullptr), "clGetDeviceInfo");
  return text.c_str();  // without what follows the terminating 0
}

std::string description(cl_device_id device) {
  const double gibibytes = static_cast<double>(number_of<cl_ulong>(device, CL_DEVICE_GLOBAL_MEM_SIZE)) / (1 << 30);
  return fmt::format("{}, {:.1f} GiB, {} compute units, {}, driver {}", text_of(device, CL_DEVICE_NAME), gibibytes,
                     number_of<cl_uint>(device, CL_DEVICE_MAX_COMPUTE_UNITS), text_of(device, CL_DEVICE_VERSION),
                     text_of(device, CL_DRIVER_VERSION));
}

}  // namespace grus::opencl
