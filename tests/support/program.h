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

/// Packs a model's folder, and checks that a command that ends with --model says the same of the pack as of the folder.
inline void check_packed(const Folder& folder, const char* name, const std::string& model, const std::string& command,
                         const std::string& before = "") {
  const std::string pack = folder.path("packed.grus");
  const ProgramResult packed = run_program(folder, name, "pack --model " + model + " --out " + pack);
  CHECK_MESSAGE(packed.code == 0, packed.err);
  const ProgramResult of_folder = run_program(folder, name, command + " --model " + model, before),
                      of_pack = run_program(folder, name, command + " --model " + pack, before);
  CHECK_MESSAGE(of_folder.code == 0, of_folder.err);
  CHECK_MESSAGE(of_pack.code == 0, of_pack.err);
  CHECK(!of_pack.out.empty());
  CHECK(of_pack.out == of_folder.out);
}

}  // namespace grus::test
