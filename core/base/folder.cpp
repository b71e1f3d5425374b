#include "core/base/folder.h"

#include "core/base/error.h"

namespace grus {

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  // A link to a folder is one, though the system says that nothing was made.
  require<Error>(std::filesystem::is_directory(folder), "{}: cannot be made a folder: {}", folder.string(),
                 error ? error.message() : "something else has this name");
}

}  // namespace grus
