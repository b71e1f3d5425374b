#include "core/base/error.h"
#include "deploy/runners.h"

namespace grus::deploy {

Translating::Translating(const std::string& model, const options::Given& flags) {
  use_.model = model;
  set_flags(*this, flags);
  models_.emplace(load_models(use_));
  shortlist_ = load_shortlist(use_, *models_);
}

options::Table Translating::flags() {
  return options::joined({translate::search_rows(use_),
                          {{"shortlist", "Search", &use_.shortlist, "file of the words that translations may have"}},
                          translate::batch_rows(use_),
                          without(tasks::machine_rows(use_.machine), {"device"})});
}

void Translating::check() {
  tasks::use_machine(use_.machine);
  if (models_) shortlist_ = load_shortlist(use_, *models_);
}

std::vector<seq2seq::Translation> Translating::best(const std::vector<std::string>& lines, bool weights,
                                                    int64_t first) {
  for (size_t i = 0; i < lines.size(); ++i)
    require<DataError>(lines[i].size() <= seq2seq::longest_line, "line {}: need at most {} bytes, got {}",
                       first + static_cast<int64_t>(i), seq2seq::longest_line, lines[i].size());
  seq2seq::SearchOptions search = translate::search_options(use_);
  search.shortlist = shortlist_.get();
  search.weights = weights;
  std::vector<seq2seq::Translation> all;
  for (std::vector<seq2seq::Translation>& of : models_->n_best(lines, search)) all.push_back(std::move(of.front()));
  return all;
}

std::vector<seq2seq::Translation> Translating::translate(const std::vector<std::string>& lines) {
  return best(lines, models_->first().model->has_attention(), 1);
}

std::vector<std::string> Translating::run(const std::vector<std::string>& lines, int64_t first) {
  std::vector<std::string> said;
  for (seq2seq::Translation& one : best(lines, false, first)) said.push_back(std::move(one.text));
  return said;
}

}  // namespace grus::deploy
