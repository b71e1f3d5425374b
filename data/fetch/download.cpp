#include "data/fetch/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/fetch/child.h"

namespace grus::data {
namespace {

constexpr std::string_view file_scheme = "file://";
constexpr size_t piece_bytes = 1 << 16;

// Returns the path of file:///PATH, in which %20 is a space.
std::string path_of(const std::string& address) {
  std::string_view rest = std::string_view(address).substr(file_scheme.size());
  if (rest.starts_with("localhost/")) rest.remove_prefix(std::strlen("localhost"));
  require<DataError>(rest.starts_with('/'), "{}: need a file of this machine, as file:///PATH, got another",
                     Shown{address});
  std::string path;
  for (size_t at = 0; at < rest.size(); ++at) {
    unsigned byte = 0;
    if (rest[at] == '%' && at + 2 < rest.size() &&
        std::from_chars(&rest[at + 1], &rest[at + 1] + 2, byte, 16).ptr == &rest[at + 1] + 2) {
      path += static_cast<char>(byte);
      at += 2;
    } else {
      path += rest[at];
    }
  }
  return path;
}

void read_file(const std::string& path, const std::function<void(std::string_view)>& take) {
  std::error_code ignored;
  std::ifstream stream;
  // Devices and pipes have no end.
  if (std::filesystem::is_regular_file(path, ignored)) stream.open(path, std::ios::binary);
  require<DataError>(stream.is_open(), "{}: need a file that can be read, got {}", path,
                     std::filesystem::exists(path, ignored) ? "something else" : "nothing");
  std::string bytes(piece_bytes, '\0');
  do {
    stream.read(bytes.data(), std::ssize(bytes));
    take(std::string_view(bytes).substr(0, static_cast<size_t>(stream.gcount())));
  } while (stream.gcount() > 0);
  require<DataError>(!stream.bad(), "{}: need a file that can be read, got an error of its disk", path);
}

// Nothing of an address is taken for a flag, a pattern or a line of its own.
void require_plain(const std::string& address) {
  const bool plain =
      std::ranges::all_of(address, [](char c) { return c > ' ' && c < '\x7f' && !std::strchr("\"'<>\\^`{|}", c); });
  require<DataError>(plain, "{}: need an address of printable ASCII, with %20 for a space, got another",
                     Shown{address});
}

std::vector<std::string> curl_line(const std::string& address) {
  const bool secure = address.starts_with("https:");  // which nobody may turn into a reading of plain text
  return {"curl",
          "--fail",
          "--silent",
          "--show-error",
          "--location",
          "--globoff",
          "--proto",
          "=http,https",
          "--proto-redir",
          secure ? "=https" : "=http,https",
          "--max-redirs",
          "5",
          "--speed-time",
          "60",
          "--speed-limit",
          "1",
          "--connect-timeout",
          "20",
          "--url",
          address};
}

std::vector<std::string> wget_line(const std::string& address) {
  return {"wget", "-nv", "-t", "1", "-T", "60", "--max-redirect=5", "-O", "-", address};
}

// Returns the last line of what a downloader complains of.
std::string reason_in(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  text.erase(0, text.find_last_of('\n') + 1);
  return text.empty() ? "no answer" : printable(text, 200);
}

void fetch_from_web(const std::string& address, const std::function<void(std::string_view)>& take) {
  require_plain(address);
  Child child({curl_line(address), wget_line(address)});
  require<Error>(child.runs(), "{}: need curl or wget to fetch it by, got neither", address);
  std::string complaint;
  const int code = child.read(take, complaint);
  require<DataError>(code == 0, "{}: need an answer that is whole, got: {}", address, reason_in(complaint));
}

}  // namespace

bool is_address(std::string_view text) {
  const size_t colon = text.find("://");
  return colon != std::string_view::npos && colon > 0 &&
         std::ranges::all_of(text.substr(0, colon),
                             [](unsigned char c) { return std::isalnum(c) || std::strchr("+-.", c); });
}

bool is_web_address(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

void download(const std::string& address, const std::function<void(std::string_view bytes)>& take) {
  if (is_web_address(address)) return fetch_from_web(address, take);
  if (!is_address(address)) return read_file(address, take);
  require<DataError>(address.starts_with(file_scheme), "{}: need an address of http, https or file, got another",
                     Shown{address});
  read_file(path_of(address), take);
}

}  // namespace grus::data
