#pragma once
#include "core/tape/tape.h"

namespace grus::nn {

/// While a PathScope lives, a module's path is the current scope: for its calls that are not operator().
class PathScope {
 public:
  explicit PathScope(const char* path) : outer_(current_scope()) { current_scope() = path; }
  ~PathScope() { current_scope() = outer_; }
  PathScope(const PathScope&) = delete;
  PathScope& operator=(const PathScope&) = delete;

 private:
  const char* outer_;
};

}  // namespace grus::nn
