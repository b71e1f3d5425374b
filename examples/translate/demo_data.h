#pragma once
// The excerpt in data/ is part of the program.
#include <string_view>

namespace grus::translate {

extern const std::string_view train_tsv_gz, valid_tsv_gz, test_tsv_gz;

}  // namespace grus::translate
