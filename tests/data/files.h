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

/// Returns what `read` throws as E of a file with this content, without the file's path at the beginning.
template <class E, class Read>
std::string refused_file(std::string_view name, std::string_view content, Read&& read) {
  const Folder folder;
  const std::string path = folder.file(name, content);
  const std::string message = message_of<E>([&] { read(path); });
  return message.starts_with(path) ? message.substr(path.size()) : message;
}

}  // namespace grus::test
