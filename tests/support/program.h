#pragma once
// Runs a program as a person at a shell does.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tests/support/folder.h"

namespace grus::test {

struct ProgramResult {
  int code;  // exit code; -1: ended by a signal, which the shell gives as 128 and its number
  std::string out, err;
};

/// Runs "BEFORE PROGRAM ARGUMENTS" in a shell, where the environment variable `name` holds the program's path. Output
/// that the arguments do not redirect is caught.
inline ProgramResult run_program(const Folder& folder, const char* name, const std::string& arguments,
                                 const std::string& before = "") {
  const std::string out = folder.path(".out"), err = folder.path(".err");
  const std::string line =
      "{ " + before + " '" + std::getenv(name) + "' " + arguments + "\n} >'" + out + "' 2>'" + err + "'";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, bytes_of(out), bytes_of(err)};
}

/// Checks that standard error has one line that says this, and nothing else.
inline void check_error(const ProgramResult& result, int code, const std::string& what) {
  CHECK(result.code == code);
  CHECK_MESSAGE(result.err.find(what) != std::string::npos, result.err);
  CHECK_MESSAGE(std::count(result.err.begin(), result.err.end(), '\n') == 1, result.err);
}

}  // namespace grus::test
