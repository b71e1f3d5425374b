#include "deploy/runner.h"

#include <algorithm>

namespace grus::deploy {

void set_flags(Runner& runner, const options::Given& flags) {
  const options::Table table = runner.flags();
  for (const auto& [flag, value] : flags) options::set(options::row_of(table, flag), value);
  runner.check();
}

options::Table without(options::Table table, std::initializer_list<std::string_view> flags) {
  std::erase_if(table, [&](const options::Option& row) { return std::ranges::find(flags, row.flag) != flags.end(); });
  return table;
}

}  // namespace grus::deploy
