#pragma once
// Fuzz targets: a function for each reader, which takes any bytes.
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace grus::fuzz {

/// Reads the bytes as a file or text and returns whether they were accepted. Bad ones are refused by an Error of one
/// printable line that names the file; anything else ends the process.
using Read = bool (*)(const std::string& bytes);

struct Target {
  const char* name;
  Read read;
  std::function<std::vector<std::string>()> seeds;  // good inputs, from which others are made
};

/// Targets for the library's readers, for those of tables, arrays and sounds, for those of models, and, where the
/// programs are built, for those of a model's folder.
std::vector<Target> library_targets();
std::vector<Target> file_targets();
std::vector<Target> model_targets();
std::vector<Target> folder_targets();
std::vector<Target> targets();

/// Reads the bytes with the target, and remembers them meanwhile: a message may show what they hold.
bool attempt(const Target& target, const std::string& bytes);

/// Runs `read` and holds what it throws to the rule of Read; `file` is what the message must name.
bool refuses_well(std::string_view file, const std::function<void()>& read);

/// A folder that goes away with its object, in $GRUS_FUZZ_SCRATCH, else in memory where the system has a disk there.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

/// A file that lives in memory, under the path `path()`.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const;

 private:
  int descriptor_;
};

/// Runs `use` with the path of a file of these bytes, and holds what it throws to the rule of Read.
bool with_file(const std::string& bytes, const std::function<void(const std::string& path)>& use);

}  // namespace grus::fuzz
