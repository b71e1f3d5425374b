#pragma once
// The excerpt in data/ is part of the program.
#include <string_view>

namespace grus::classify {

extern const std::string_view names_tsv_gz;

}  // namespace grus::classify
