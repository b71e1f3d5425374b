#pragma once

namespace grus {

/// The path of the module that runs on this thread, or "": for errors, records and profiles. Set by nn.
const char*& current_scope();

}  // namespace grus
