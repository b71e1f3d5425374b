#pragma once
// A thread runs one module at a time, whose path is its scope.

namespace grus {

namespace scope_state {
inline constinit thread_local const char* here = "";
}

/// Refers to the path of the module that runs on this thread, or "", for errors, records and profiles. nn/ sets it.
inline const char*& current_scope() { return scope_state::here; }

}  // namespace grus
