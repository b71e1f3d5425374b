#pragma once
// The program translate, as a person at a shell runs it.
#include <string>

#include "tests/support/program.h"

namespace grus::test {

inline ProgramResult program(const Folder& folder, const std::string& arguments, const std::string& before = "") {
  return run_program(folder, "TRANSLATE", arguments, before);
}

}  // namespace grus::test
