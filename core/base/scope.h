#pragma once
// Which module runs, for all that name it.
// Sources: error.cpp.

namespace grus {

/// The path of the module that runs on this thread, or "": for errors, records and profiles. Set by nn.
const char*& current_scope();

}  // namespace grus
