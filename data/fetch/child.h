#pragma once
// Another program, run without a shell, whose two outputs are read.
// Sources: child.cpp.
#include <sys/types.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace grus::data {

/// Child runs the first of some command lines whose program there is, with nothing to read. It does not outlive its
/// object. Throws Error where the system has no more processes or pipes.
class Child {
 public:
  explicit Child(const std::vector<std::vector<std::string>>& lines);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool runs() const { return process_ > 0; }
  /// Gives what it prints to `take`, keeps the first 4 kB of its errors, and returns its exit code (-1: a signal).
  int read(const std::function<void(std::string_view)>& take, std::string& errors);

 private:
  bool start(const std::vector<std::string>& line);
  void close_all();
  int wait();

  pid_t process_ = 0;
  std::array<int, 2> out_, err_;  // [0] is read here, [1] is the child's
};

}  // namespace grus::data
