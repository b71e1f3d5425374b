#include "tests/fuzz/target.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus::fuzz {
namespace {

[[noreturn]] void end(std::string_view what, std::string_view message) {
  fmt::print(stderr, "{}: {}\n", what, message);
  std::abort();
}

// These words of libraries say nothing to the person who gave the file.
constexpr std::string_view foreign[] = {"json.exception", "stoull", "stoi",       "bad_alloc", "darts",  "std::",
                                        "basic_string",   "vector", "filesystem", "protobuf",  "Status", ".cc("};

const std::string* input = nullptr;

// Tells whether the input holds the word as it is, or with bytes as hexadecimal digits that happen to complete it.
bool input_shows(std::string_view word) {
  return input && printable(*input, std::string::npos).find(word) != std::string::npos;
}

void check(std::string_view file, const std::string& message) {
  constexpr size_t longest = 3000;
  std::string_view rest = message;
  // The name is the user's own, so it may hold any word.
  if (const size_t at = rest.find(file); at == std::string_view::npos)
    end("a message that does not name the file", message);
  else rest.remove_prefix(at + file.size());
  if (printable(rest, longest) != rest)
    end("a message that is not one short printable line", printable(message, longest));
  for (const std::string_view word : foreign)
    if (rest.find(word) != std::string_view::npos && !input_shows(word)) end("a library's own words", message);
}

}  // namespace

bool attempt(const Target& target, const std::string& bytes) {
  input = &bytes;
  const bool accepted = target.read(bytes);
  input = nullptr;
  return accepted;
}

bool refuses_well(std::string_view file, const std::function<void()>& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    check(file, error.what());
  } catch (const std::exception& error) {
    end("an exception of a library", error.what());
  }
  return false;
}

Scratch::Scratch() {
  namespace fs = std::filesystem;
  const char* given = std::getenv("GRUS_FUZZ_SCRATCH");
  const fs::path disk = given ? fs::path(given) : fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
  std::string name = disk / "grus-fuzz-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) end("a folder", "cannot be made");
  root_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

MemoryFile::MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count <= 0) end("memory for a file", "none");
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

MemoryFile::~MemoryFile() { ::close(descriptor_); }

std::string MemoryFile::path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

bool with_file(const std::string& bytes, const std::function<void(const std::string& path)>& use) {
  const MemoryFile file(bytes);
  return refuses_well(file.path(), [&] { use(file.path()); });
}

std::vector<Target> targets() {
  std::vector<Target> all = library_targets();
  for (Target& target : file_targets()) all.push_back(std::move(target));
  for (Target& target : model_targets()) all.push_back(std::move(target));
#if GRUS_FUZZ_FOLDERS
  for (Target& target : folder_targets()) all.push_back(std::move(target));
#endif
  return all;
}

}  // namespace grus::fuzz
