#pragma once
// Small files for tests of readers.
#include <zlib.h>

#include <string>
#include <string_view>

#include "tests/support/folder.h"

namespace grus::test {

/// Writes the bytes, compressed, and returns the path.
inline std::string gzip(const Folder& folder, std::string_view name, std::string_view content) {
  gzFile file = gzopen(folder.path(name).c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
  return folder.path(name);
}

/// Returns the message of what `call` throws as E, or "nothing thrown".
template <class E, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const E& e) {
    return e.what();
  }
  return "nothing thrown";
}

}  // namespace grus::test
