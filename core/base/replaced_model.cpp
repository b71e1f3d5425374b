#include "core/base/replaced_model.h"

#include <system_error>

#include "core/base/error.h"
#include "core/base/folder.h"

namespace grus {
namespace {

namespace fs = std::filesystem;

constexpr const char* state_file = "state.safetensors";

fs::path aside(const fs::path& folder) { return folder / "replaced"; }
// A folder of this name is not complete yet, or not complete any more.
fs::path half_aside(const fs::path& folder) { return folder / ".replaced"; }

// Weights without a configuration are no model that could be used.
bool has_model(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "config.json", ignored) && fs::exists(folder / "model.safetensors", ignored);
}

void check(const std::error_code& error, const fs::path& file) {
  require<Error>(!error, "{}: cannot be replaced: {}", file.string(), error.message());
}

void remove_path(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  check(error, path);
}

void move_path(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  check(error, from);
}

// The file keeps its own name, too. Programs replace files whole, so that a second name keeps the old bytes.
void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, error);
  check(error, from);
}

// Without a state in the folder nobody takes what is left there for a run to go on with.
void make_aside(const fs::path& folder, const std::vector<std::string>& names) {
  const fs::path half = half_aside(folder);
  require<Error>(!fs::exists(aside(folder)),
                 "{}: need this name for the model that is replaced, got something else there", aside(folder).string());
  make_folder(half);
  for (const std::string& name : names)
    if (fs::is_regular_file(folder / name)) link_or_copy(folder / name, half / name);
  remove_path(folder / state_file);
  move_path(half, aside(folder));
  for (const std::string& name : names)
    if (fs::is_directory(folder / name)) move_path(folder / name, aside(folder) / name);
}

}  // namespace

fs::path standing_model(const fs::path& folder) { return replaces_model(folder) ? aside(folder) : folder; }

bool replaces_model(const fs::path& folder) { return has_model(aside(folder)); }

void set_model_aside(const fs::path& folder, const std::vector<std::string>& names) {
  remove_path(half_aside(folder));
  if (!replaces_model(folder) && has_model(folder)) make_aside(folder, names);
  remove_path(folder / state_file);
  for (const std::string& name : names) remove_path(folder / name);
}

void drop_replaced_model(const fs::path& folder) {
  remove_path(half_aside(folder));
  if (replaces_model(folder)) {
    move_path(aside(folder), half_aside(folder));
    remove_path(half_aside(folder));
  }
}

}  // namespace grus
