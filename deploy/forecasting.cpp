#include "core/base/file_bytes.h"
#include "deploy/runners.h"

namespace grus::deploy {
namespace {

// Errors call a table so, which nobody keeps in a file.
constexpr const char* table_name = "standard input";

}  // namespace

Forecasting::Forecasting(const std::string& model, const options::Given& flags) {
  use_.model = model;
  set_flags(*this, flags);
  model_.emplace(tasks::forecast::load(use_));
}

options::Table Forecasting::flags() { return without(tasks::use_rows(use_), {"model", "batch", "device"}); }

std::vector<std::string> Forecasting::run(const std::vector<std::string>& lines, int64_t) {
  std::string table;
  for (const std::string& line : lines) table += line + "\n";
  const MemoryFile input(table_name, table);
  std::string said = tasks::forecast::said(*model_, tasks::forecast::read_table(*model_, table_name));
  said.pop_back();
  return {std::move(said)};
}

tasks::forecast::NextRows Forecasting::next(std::span<const double> values, const std::vector<std::string>& dates) {
  return tasks::forecast::next_rows(*model_, values, dates);
}

}  // namespace grus::deploy
