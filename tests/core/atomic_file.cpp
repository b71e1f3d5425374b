#include "core/base/atomic_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "tests/support/folder.h"
#include "tests/support/skip.h"

namespace fs = std::filesystem;
using grus::AtomicFile;
using grus::write_file_atomically;
using grus::test::bytes_of;
using grus::test::Folder;

namespace {

int64_t entries(const Folder& folder) {
  return std::distance(fs::directory_iterator(folder.root()), fs::directory_iterator());
}

std::string error_of(const fs::path& path, std::string_view bytes) {
  try {
    write_file_atomically(path, bytes);
  } catch (const grus::Error& error) {
    return error.what();
  }
  return "";
}

// Makes files larger than `bytes` fail to grow, as on a full disk (with another reason).
struct FileSizeLimit {
  rlimit before{};
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{bytes, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_DFL);
  }
};

}  // namespace

TEST_CASE("atomic file: the bytes arrive as they are and replace the old file") {
  const Folder folder;
  const fs::path path = folder.root() / "a.bin";
  write_file_atomically(path, "old");
  const std::string bytes("a\0b\r\n\xff", 6);
  write_file_atomically(path, bytes);
  CHECK(bytes_of(path) == bytes);
  CHECK(entries(folder) == 1);
}

TEST_CASE("atomic file: until the commit the old file stays, without one nothing is left") {
  const Folder folder;
  const fs::path path = folder.root() / "a.txt";
  write_file_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write("new ");
    CHECK(bytes_of(path) == "old");
  }
  CHECK(bytes_of(path) == "old");
  CHECK(entries(folder) == 1);
  AtomicFile file(path);
  file.write("new ");
  file.write("words");
  file.commit();
  CHECK(bytes_of(path) == "new words");
  CHECK_THROWS_AS(file.write("late"), grus::UsageError);
}

TEST_CASE("atomic file: a write that fails half-way leaves the old file and no rest") {
  const Folder folder;
  const fs::path path = folder.root() / "a.txt";
  write_file_atomically(path, "old");
  std::string message;
  {
    const FileSizeLimit limit(4096);
    message = error_of(path, std::string(100000, 'x'));
  }
  CHECK(message.find(path.string()) != std::string::npos);
  CHECK(message.find("File too large") != std::string::npos);
  CHECK(bytes_of(path) == "old");
  CHECK(entries(folder) == 1);
}

TEST_CASE("atomic file: errors name the file and the reason") {
  const Folder folder;
  CHECK(error_of(folder.root(), "x") ==
        "[write " + folder.root().string() + "] need a file that can be written, got: Is a directory");
  CHECK(error_of(folder.root() / "no" / "a", "x").find("No such file or directory") != std::string::npos);
  write_file_atomically(folder.root() / "file", "x");
  CHECK(error_of(folder.root() / "file" / "a", "x").find("Not a directory") != std::string::npos);
  if (fs::exists("/dev/full")) CHECK(error_of("/dev/full", "x").find("No space left on device") != std::string::npos);
  CHECK(entries(folder) == 1);
}

TEST_CASE("atomic file: a folder that may not be written is an error") {
  if (::geteuid() == 0) return grus::test::skip("root may write everywhere");
  const Folder folder;
  fs::permissions(folder.root(), fs::perms::owner_read | fs::perms::owner_exec);
  CHECK(error_of(folder.root() / "a", "x").find("Permission denied") != std::string::npos);
  fs::permissions(folder.root(), fs::perms::owner_all);
}

TEST_CASE("atomic file: a special file is written, a link's target is replaced") {
  const Folder folder;
  CHECK(error_of("/dev/null", "x").empty());
  CHECK_FALSE(fs::exists("/dev/null.tmp"));
  write_file_atomically(folder.root() / "target", "old");
  fs::create_symlink("target", folder.root() / "link");
  write_file_atomically(folder.root() / "link", "new");
  CHECK(fs::is_symlink(folder.root() / "link"));
  CHECK(bytes_of(folder.root() / "target") == "new");
}

TEST_CASE("atomic file: writers of one place do not disturb one another, and readers see whole files alone") {
  const Folder folder;
  const fs::path path = folder.root() / "a.bin";
  const auto whole = [](char letter) { return std::string(200000, letter); };
  write_file_atomically(path, whole('a'));
  std::atomic<int> failed = 0, torn = 0, writing = 4;
  std::vector<std::thread> threads;
  for (const char letter : {'a', 'b', 'c', 'd'})
    threads.emplace_back([&, letter] {
      for (int n = 0; n < 25; ++n) failed += !error_of(path, whole(letter)).empty();
      --writing;
    });
  threads.emplace_back([&] {
    do {
      const std::string seen = bytes_of(path);
      torn += seen.empty() || seen != whole(seen[0]);
    } while (writing > 0);
  });
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(torn == 0);
  CHECK(entries(folder) == 1);
}

TEST_CASE("atomic file: a process that is killed in the midst of writing leaves the old file and nothing else") {
  const Folder folder;
  const fs::path path = folder.root() / "a.bin";
  write_file_atomically(path, "old");
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile file(path);
    file.write("half");
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  CHECK(bytes_of(path) == "old");
  grus::TemporaryFile::remove_abandoned(folder.root());
  CHECK(entries(folder) == 1);
}

TEST_CASE("atomic file: where files need names, those of killed processes are removed and those in use stay") {
  const Folder folder;
  const fs::path place = folder.root() / std::string(255, 'n');
  const pid_t child = ::fork();
  if (child == 0) {
    grus::TemporaryFile file;
    ::_exit(file.open(place, false) == 0 && ::raise(SIGKILL) == 0 ? 1 : 2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(entries(folder) == 1);
  grus::TemporaryFile used;
  REQUIRE(used.open(place, false) == 0);  // the process's first in this folder, which removes abandoned files
  CHECK(entries(folder) == 1);
  grus::TemporaryFile::remove_abandoned(folder.root());
  CHECK(entries(folder) == 1);
  REQUIRE(::write(used.descriptor(), "words", 5) == 5);
  CHECK(used.move_into_place() == 0);
  CHECK(bytes_of(place) == "words");
  CHECK(entries(folder) == 1);
}

TEST_CASE("atomic file: permissions are those that the process's mask leaves") {
  const Folder folder;
  const mode_t before = ::umask(027);
  write_file_atomically(folder.root() / "a", "x");
  grus::TemporaryFile named;
  REQUIRE(named.open(folder.root() / "b", false) == 0);
  CHECK(named.move_into_place() == 0);
  ::umask(before);
  for (const char* name : {"a", "b"})
    CHECK(fs::status(folder.root() / name).permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
}
