#include "data/fetch/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "core/base/descriptor.h"
#include "core/base/error.h"

namespace grus::data {
namespace {

constexpr size_t most_errors = 4096;

void shut(int& descriptor) {
  if (descriptor != no_descriptor) ::close(descriptor);
  descriptor = no_descriptor;
}

[[noreturn]] void cannot_start(int error) {
  fail<Error>("[fetch] need a process to fetch by, got: {}", std::generic_category().message(error));
}

}  // namespace

Child::Child(const std::vector<std::vector<std::string>>& lines) {
  out_.fill(no_descriptor), err_.fill(no_descriptor);
  if (::pipe2(out_.data(), O_CLOEXEC) != 0 || ::pipe2(err_.data(), O_CLOEXEC) != 0) {
    const int error = errno;
    close_all();
    cannot_start(error);
  }
  try {
    for (const auto& line : lines)
      if (start(line)) break;
  } catch (...) {
    close_all();
    throw;
  }
  shut(out_[1]), shut(err_[1]);
}

bool Child::start(const std::vector<std::string>& line) {
  std::vector<char*> arguments;
  for (const std::string& word : line) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, out_[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, err_[1], STDERR_FILENO);
  // A program that ignores SIGPIPE must not have a child that writes on when nobody reads.
  posix_spawnattr_t how;
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_init(&how);
  ::posix_spawnattr_setsigdefault(&how, &defaults);
  ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
  pid_t process = 0;
  const int error = ::posix_spawnp(&process, arguments.front(), &files, &how, arguments.data(), environ);
  ::posix_spawnattr_destroy(&how);
  ::posix_spawn_file_actions_destroy(&files);
  if (error == ENOENT || error == EACCES) return false;
  if (error != 0) cannot_start(error);
  process_ = process;
  return true;
}

int Child::read(const std::function<void(std::string_view)>& take, std::string& errors) {
  std::array<char, 1 << 16> bytes;
  while (out_[0] != no_descriptor || err_[0] != no_descriptor) {
    std::array<pollfd, 2> ends = {{{out_[0], POLLIN, 0}, {err_[0], POLLIN, 0}}};
    if (::poll(ends.data(), ends.size(), -1) < 0) continue;  // a signal came
    for (int* from : {&out_[0], &err_[0]}) {
      if (ends[from == &out_[0] ? 0 : 1].revents == 0) continue;
      const ssize_t count = ::read(*from, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        shut(*from);
        continue;
      }
      const std::string_view text(bytes.data(), static_cast<size_t>(count));
      if (from == &out_[0]) take(text);
      else errors += text.substr(0, most_errors - std::min(most_errors, errors.size()));
    }
  }
  return wait();
}

int Child::wait() {
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Child::close_all() {
  for (int* one : {&out_[0], &out_[1], &err_[0], &err_[1]}) shut(*one);
}

Child::~Child() {
  close_all();
  if (!runs()) return;
  ::kill(process_, SIGTERM);
  wait();
}

}  // namespace grus::data
