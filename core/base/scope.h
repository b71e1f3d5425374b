#pragma once
// A thread runs one module at a time, whose path is its scope.
// Sources: error.cpp.

namespace grus {

/// Refers to the path of the module that runs on this thread, or "", for errors, records and profiles. nn/ sets it.
const char*& current_scope();

}  // namespace grus
