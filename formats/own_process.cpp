#include "formats/own_process.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "core/base/error.h"

namespace grus::formats {
namespace {

constexpr rlim_t most_seconds = 60;
constexpr char finished_well = 'g', bad_data = 'd', bad_use = 'u', other = 'o';

void write_into(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(to, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) ::_exit(1);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

[[noreturn]] void work_and_end(int to, const std::function<std::string()>& work) {
  // Handlers of this process tell of crashes that are its own.
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGINT, SIGXCPU})
    std::signal(signal, SIG_DFL);
  const rlimit none{0, 0}, time{most_seconds, most_seconds};
  ::setrlimit(RLIMIT_CORE, &none);
  ::setrlimit(RLIMIT_CPU, &time);
  std::string result(1, finished_well);
  try {
    result += work();
  } catch (const DataError& error) {
    result = bad_data + std::string(error.what());
  } catch (const UsageError& error) {
    result = bad_use + std::string(error.what());
  } catch (const std::exception& error) {
    result = other + std::string(error.what());
  }
  write_into(to, result);
  ::_exit(0);
}

std::string read_from(int from) {
  std::string bytes;
  std::array<char, 1 << 16> part;
  for (;;) {
    const ssize_t count = ::read(from, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return bytes;
    bytes.append(part.data(), static_cast<size_t>(count));
  }
}

}  // namespace

std::string in_own_process(const std::string& file, const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  require<Error>(::pipe(ends.data()) == 0, "{}: need a pipe to read it by, got: {}", file, std::strerror(errno));
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    work_and_end(ends[1], work);
  }
  ::close(ends[1]);
  std::string result = child > 0 ? read_from(ends[0]) : "";
  ::close(ends[0]);
  require<Error>(child > 0, "{}: need a process to read it in, got: {}", file, std::strerror(errno));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  require<DataError>(WIFEXITED(status) && WEXITSTATUS(status) == 0 && !result.empty(),
                     "{}: need a file that can be read, got one that ends the library which reads it: damaged", file);
  const char kind = result.front();
  result.erase(0, 1);
  if (kind == bad_use) throw UsageError(result);
  if (kind == other) throw Error(result);
  if (kind != finished_well) throw DataError(result);
  return result;
}

}  // namespace grus::formats
