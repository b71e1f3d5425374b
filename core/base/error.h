#pragma once
// Errors are one sentence without blame, "[op] need ..., got ...", with every shape, dtype and device; those of files
// name the line, those of a module's call the module: "[linear in encoder.proj] need ...".
#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace grus {

/// Base of every exception that Grus throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// Thrown for shapes that do not fit together.
class ShapeError : public Error {
 public:
  using Error::Error;
};
/// Thrown for a dtype that an operation does not take, and for a mix of dtypes, since nothing is promoted silently.
class DtypeError : public Error {
 public:
  using Error::Error;
};
/// Thrown for tensors on different devices, a device that is not there, and a device that failed.
class DeviceError : public Error {
 public:
  using Error::Error;
};
/// Thrown when an API is used in a way that has no meaning: backward twice, a negative size, an unknown name.
class UsageError : public Error {
 public:
  using Error::Error;
};
/// Thrown for a file or stream with wrong content; the message names the file and the line or byte.
class DataError : public Error {
 public:
  using Error::Error;
};

/// Gives the message with the running module's path in its brackets, unless they name a place already.
std::string in_scope(std::string message);

/// Throws E with the formatted message, in the scope of the running module.
template <class E = UsageError, class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> message, Args&&... args) {
  throw E(in_scope(fmt::format(message, std::forward<Args>(args)...)));
}

/// Throws E with the formatted message unless `condition` holds. The arguments are formatted only on failure.
template <class E = ShapeError, class... Args>
void require(bool condition, fmt::format_string<Args...> message, Args&&... args) {
  if (!condition) [[unlikely]]
    fail<E>(message, std::forward<Args>(args)...);
}

}  // namespace grus
