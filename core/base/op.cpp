#include "core/base/op.h"

#include <algorithm>
#include <mutex>
#include <string_view>

namespace grus {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<const Op*> ops;
};
// The registry is never destroyed: ops of other files may go later.
Registry& registry() {
  static auto* const all = new Registry;
  return *all;
}

}  // namespace

Op::Op(const char* name, Kind kind) : name_(name) {
  if (kind == Kind::plain) return;
  std::lock_guard lock(registry().mutex);
  registry().ops.push_back(this);
}

Op::~Op() {
  std::lock_guard lock(registry().mutex);
  std::erase(registry().ops, this);
}

std::vector<const Op*> Op::all() {
  std::lock_guard lock(registry().mutex);
  std::vector<const Op*> ops = registry().ops;
  std::sort(ops.begin(), ops.end(),
            [](const Op* a, const Op* b) { return std::string_view(a->name()) < std::string_view(b->name()); });
  return ops;
}

}  // namespace grus
