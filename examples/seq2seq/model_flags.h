#pragma once
// These flags name the models that translate.
#include <string>
#include <vector>

#include "seq2seq/translator.h"

namespace grus::seq2seq {

/// Loads `folders`, "DIR" or "DIR,DIR,...", and `judges`, "DIR=WEIGHT" each. Throws UsageError for text of another
/// form, DataError as Translator does.
Translator load_translator(const std::string& folders, const std::vector<std::string>& judges = {});

}  // namespace grus::seq2seq
