#include "core/base/error.h"
#include "deploy/runners.h"

namespace grus::deploy {

Writing::Writing(const std::string& model, const options::Given& flags) {
  options_.model = model;
  set_flags(*this, flags);
  loaded_.emplace(options_.load());
  suggester_.emplace(loaded_->codec);
}

options::Table Writing::flags() {
  return options::joined({without(options_.table(), {"model", "prompt", "device"}),
                          {{"complete", "Sample", &complete_,
                            "instead, so many likeliest next words, as the command complete (0: none)", 0, 1000}}});
}

std::vector<language::Suggestion> Writing::suggest(const std::string& line, int64_t count) {
  return suggester_->of_line(language::Cursor(loaded_->model), line, loaded_->knows_unknown, count);
}

std::vector<std::string> Writing::run(const std::vector<std::string>& lines, int64_t) {
  std::vector<std::string> said;
  for (const std::string& line : lines) {
    if (complete_ > 0) {
      said.push_back(tasks::write::completions(*loaded_, *suggester_, line, complete_));
      continue;
    }
    options_.prompt = line;
    std::string all;
    tasks::write::write_on(*loaded_, options_,
                           [&](const std::string& text) { all += (all.empty() ? "" : "\n\n") + text; });
    said.push_back(std::move(all));
  }
  return said;
}

}  // namespace grus::deploy
