#pragma once
// The entries of the cpu backend's table, one file per family. What an entry does not speed up it hands to the
// reference backend.
#include <string>

#include "core/backends/backends.h"
#include "core/kernels.h"

namespace grus::cpu {

/// Host memory of a view or matrix of any dtype.
template <class T, class Place>
T* data(const Place& place) {
  return static_cast<T*>(place.buffer->handle) + place.offset;
}

/// Keeps the message for last_error and returns Status::failed.
Status fail_with(std::string message);

Status gemm(Context* context, const GemmArgs& args);

}  // namespace grus::cpu
