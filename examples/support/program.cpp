#include "examples/support/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/device/environment.h"
#include "parallel/world.h"

namespace grus {
namespace {

void print_line(std::string_view line) {
  const std::string text = fmt::format("{}\n", line);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

// Opens a file in the place of each closed stream: the next file that is opened would else get its number, and what is
// printed would be written into it. Reading from the one and writing to the others still fails.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) == -1 && errno == EBADF)
      (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void finish_output() {
  const int flushed = std::fflush(stdout);
  require<Error>(flushed == 0, "standard output: {}", std::strerror(errno));
  require<Error>(std::ferror(stdout) == 0, "standard output: not all of it could be written");
}

// A name that is none is most likely a mistyped one.
void warn_of_environment(const std::string& name) {
  const std::vector<std::string> unknown = unknown_variables();
  if (unknown.empty()) return;
  const std::string all = fmt::format("{}", fmt::join(unknown, ", "));
  complain(fmt::format("{}: warning: nothing reads {} of the environment; there are {}", name, Shown{all},
                       known_variables()));
}

// One of several ranks tells what is wrong.
int failed(const std::string& name, const char* what, int code) {
  if (parallel::ends_with(what)) print_line(fmt::format("{}: {}", name, what));
  return code;
}

bool is_follower() {
  const std::optional<parallel::Launch> launch = parallel::launched();
  return launch && launch->rank > 0;
}

}  // namespace

void complain(std::string_view line) {
  static const bool follower = is_follower();
  if (!follower && (!parallel::is_rank_thread() || parallel::world().leads())) print_line(line);
}

int run_program(const std::string& name, const std::function<int()>& run) {
  occupy_closed_streams();
  try {
    warn_of_environment(name);
    const int code = run();
    finish_output();
    return code;
  } catch (const UsageError& error) {
    return failed(name, error.what(), 2);
  } catch (const std::system_error& error) {
    const bool printing = std::ferror(stdout) != 0;
    return failed(name, printing ? ("standard output: " + error.code().message()).c_str() : error.what(), 1);
  } catch (const std::bad_alloc&) {
    return failed(name, "need more memory than there is", 1);
  } catch (const std::exception& error) {
    return failed(name, error.what(), 1);
  }
}

}  // namespace grus
