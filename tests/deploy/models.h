#pragma once
// A small packed model of each program that a Runner knows, and of each tokenizer that is learnt, trained once a
// process.
#include <map>

#include "tests/support/program.h"

namespace grus::test {

struct PackedModel {
  std::string pack;   // the file
  std::string input;  // lines for standard input
  std::string said;   // what the program's `run` prints for them
};

/// Returns the models by the names of their programs; "translate-bpe" and "translate-unigram" stand for SentencePiece's
/// models where this build learns them.
const std::map<std::string, PackedModel>& packed_models();

}  // namespace grus::test
