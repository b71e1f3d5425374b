#include "deploy/runners.h"

namespace grus::deploy {

Classifying::Classifying(const std::string& model, const options::Given& flags) {
  options_.use.model = model;
  set_flags(*this, flags);
  loaded_.emplace(tasks::classify::load(options_.use));
}

options::Table Classifying::flags() { return without(options_.table(), {"model", "page", "device"}); }

std::vector<tasks::classify::Judged> Classifying::judge(const std::vector<std::string>& lines) {
  return tasks::classify::judge(*loaded_->model, loaded_->reader, lines, options_.use.batch);
}

std::vector<std::string> Classifying::run(const std::vector<std::string>& lines, int64_t) {
  const std::vector<tasks::classify::Judged> judged = judge(lines);
  std::vector<std::string> said;
  for (size_t i = 0; i < lines.size(); ++i)
    said.push_back(tasks::classify::said(judged[i], loaded_->reader, lines[i], options_.top));
  return said;
}

}  // namespace grus::deploy
