#pragma once
// The words that the demo learns from, as the program carries them.
#include <string_view>

namespace grus::tasks::pronounce {

extern const std::string_view cmudict_txt_gz;

}  // namespace grus::tasks::pronounce
