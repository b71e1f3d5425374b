#include "core/base/error.h"
#include "deploy/runners.h"
#include "examples/support/machine.h"

namespace grus::deploy {

using options::any_count;

Translating::Translating(const std::string& model, const options::Given& flags) {
  use_.model = model;
  set_flags(*this, flags);
  models_.emplace(load_models(use_));
  shortlist_ = load_shortlist(use_, *models_);
}

options::Table Translating::flags() {
  const std::string_view g = "Search", m = "Machine";
  return {
      {"beam", g, &use_.beam, "hypotheses on their way; 1: greedy", 1, 1000},
      {"length-penalty", g, &use_.length_penalty, "A: scores are log p / words^A", 0, 10},
      {"max-length", g, &use_.max_length, "words at most; 0: twice the source and ten, 1000 at most", 0, 100000},
      {"enough", g, &use_.enough, "stop at so many ended translations that no live one outdoes; 0: the beam", 0, 1000},
      {"prune", g, &use_.prune, "give up what is so many nats behind the best; 0: nothing", 0, 1e6},
      {"shortlist", g, &use_.shortlist, "file of the words that translations may have"},
      {"batch", m, &use_.batch, "sentences at a time, on each thread", 1, 100000},
      {"threads", m, &use_.threads, "threads; 0: all, or GRUS_NUM_THREADS", 0, 256},
      options::words("precision", m, options::choice(&use_.precision), "of the products",
                     {"f32", "bf16", "f16", "int8"})};
}

void Translating::check() {
  use_machine("cpu", use_.threads, use_.precision);
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
