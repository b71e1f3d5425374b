#pragma once
// File descriptors of the operating system.
namespace grus {

/// What the system gives, and what is kept, where no file is open.
constexpr int no_descriptor = -1;

}  // namespace grus
