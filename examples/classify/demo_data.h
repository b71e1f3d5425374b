#pragma once
// The excerpt in data/ is part of the program.
#include <string_view>

namespace grus::tasks::classify {

extern const std::string_view names_tsv_gz;

}  // namespace grus::tasks::classify
