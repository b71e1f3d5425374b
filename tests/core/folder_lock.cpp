#include "core/base/folder_lock.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "core/base/error.h"
#include "tests/support/folder.h"

using grus::FolderLock;
using grus::test::Folder;

namespace {

std::string refused_lock(const std::filesystem::path& folder) {
  try {
    const FolderLock lock(folder);
  } catch (const grus::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("folder lock: a second one is refused with the first one's process, and nothing is left of it") {
  const Folder folder;
  {
    const FolderLock lock(folder.root());
    CHECK(refused_lock(folder.root()) ==
          fmt::format("{}: need a folder that nobody else writes to, got one that process {} holds",
                      folder.root().string(), ::getpid()));
  }
  CHECK(refused_lock(folder.root()).empty());
  CHECK(std::filesystem::is_empty(folder.root()));
}

TEST_CASE("folder lock: the system lets go of that of a killed process") {
  const Folder folder;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FolderLock lock(folder.root());
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  CHECK(::read(ready[0], &byte, 1) == 1);
  CHECK(refused_lock(folder.root()).find(fmt::format("process {} holds", child)) != std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(refused_lock(folder.root()).empty());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("folder lock: a folder that is not there is an error that names it") {
  const Folder folder;
  CHECK(refused_lock(folder.root() / "no") ==
        (folder.root() / "no").string() + ": need a folder that can be locked, got: No such file or directory");
}
