#pragma once
#include "core/tape/tape.h"

namespace grus::nn {

/// A module's path as the current scope, within those of its calls that are not operator().
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
