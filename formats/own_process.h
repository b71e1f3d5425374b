#pragma once
// Work on hostile bytes by a library that may not survive them.
// Sources: own_process.cpp.
#include <functional>
#include <string>

namespace grus::formats {

/// Returns what work() returns in a copy of this process, which ends after it: a crash or a loop without end (of more
/// than 60 s) there is a DataError here, "FILE: need ..., got ...". Errors that work() throws are thrown here, too.
/// work() must use neither devices nor other threads.
std::string in_own_process(const std::string& file, const std::function<std::string()>& work);

}  // namespace grus::formats
