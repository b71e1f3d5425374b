#pragma once
// The excerpt beside this file is part of the program.
#include <string_view>

namespace grus::tasks::write {

extern const std::string_view coriolanus_txt_gz;

}  // namespace grus::tasks::write
