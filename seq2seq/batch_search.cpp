#include "seq2seq/batch_search.h"

#include <algorithm>
#include <cmath>

#include "core/base/split_mix.h"
#include "data/text/vocab.h"
#include "ops/math/elementwise.h"
#include "ops/math/sampling.h"
#include "ops/math/softmax.h"

namespace grus::seq2seq {
namespace {

constexpr int64_t never_chosen = 3;           // the ids of <unk>, <pad> and <sos>
constexpr int64_t longest_by_default = 1000;  // words

void sort_by_score(std::vector<Hypothesis>& found) {
  std::stable_sort(found.begin(), found.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
}

}  // namespace

// Returns the log of the mean of the members' probabilities (rows, columns), and keeps the attention of the first
// member.
Tensor BatchSearch::log_probabilities() {
  Tensor sum;
  for (size_t m = 0; m < members_.size(); ++m) {
    const Member::Prediction said = members_[m].predict(history_.back());
    if (m == 0 && options_.weights && said.weights.defined()) {
      width_ = said.weights.dim(1);
      weights_.push_back(said.weights.to_vector<float>());
    }
    const Tensor logits = words_.closed(said.logits, history_.back().sentences);
    if (members_.size() == 1) return log_softmax(logits);
    sum = m == 0 ? softmax(logits) : sum + softmax(logits);
  }
  return log(sum * (1 / static_cast<double>(members_.size())));
}

// The numbers follow from the seed, the sentence, the sample and the step alone, not from the batch.
std::vector<double> BatchSearch::uniforms() const {
  std::vector<double> all;
  const Rows& rows = history_.back();
  for (size_t row = 0; row < rows.size(); ++row) {
    const uint64_t sentence = SplitMix(options_.seed, sentence_of(static_cast<int64_t>(row)).number).next();
    const uint64_t draw = SplitMix(sentence, static_cast<uint64_t>(rows.draws[row])).next();
    all.push_back(static_cast<double>(SplitMix(draw, history_.size()).next() >> 11) * 0x1p-53);
  }
  return all;
}

// Sets the words that are not the search's to find: drawn ones, and those of a prefix.
void BatchSearch::choose(const Tensor& log_probabilities) {
  const size_t rows = history_.back().size(), step = history_.size() - 1;
  chosen_ids_.assign(rows, -1);
  chosen_values_.clear();
  bool any = false;
  if (options_.sample) {
    chosen_ids_ =
        categorical(log_probabilities.columns(never_chosen), uniforms(), *options_.sample).to_vector<int64_t>();
    for (int64_t& id : chosen_ids_) id = words_.word(id + never_chosen);
    any = true;
  }
  for (size_t row = 0; row < rows; ++row) {
    const std::span<const int32_t> prefix = sentence_of(static_cast<int64_t>(row)).prefix;
    if (step >= prefix.size()) continue;
    chosen_ids_[row] = prefix[step];
    any = true;
  }
  if (!any) return;
  const int64_t columns = log_probabilities.dim(1);
  std::vector<int64_t> places;
  for (size_t row = 0; row < rows; ++row)
    places.push_back(static_cast<int64_t>(row) * columns + words_.column(std::max<int64_t>(0, chosen_ids_[row])));
  const Tensor flat = log_probabilities.reshape({static_cast<int64_t>(rows) * columns});
  chosen_values_ = gather_rows(flat, Tensor::from(places)).to_vector<float>();
}

// The device finds the k best words of each row; only these come to the host.
void BatchSearch::predict() {
  const Tensor all = log_probabilities();
  choose(all);
  if (options_.sample) return;
  k_ = std::min(members_.front().words(), options_.beam + 1 + never_chosen);
  const TopK best = top_k(all, k_);
  best_values_ = best.values.to_vector<float>();
  best_ids_ = best.ids.to_vector<int64_t>();
  for (int64_t& id : best_ids_) id = words_.word(id);
}

// A prefix is said whole, whatever the limit.
bool BatchSearch::at_limit(int64_t sentence) const {
  const Sentence& s = sentences_[static_cast<size_t>(sentence)];
  const int64_t by_default = std::min(2 * static_cast<int64_t>(s.words) + 10, longest_by_default);
  const int64_t most = options_.max_length > 0 ? options_.max_length : by_default + std::ssize(s.prefix);
  return std::ssize(history_) >= std::max<int64_t>(most, std::ssize(s.prefix));
}

// Returns the extensions of the rows [begin, end) of one sentence that may matter, best first.
std::vector<Candidate> BatchSearch::candidates(int64_t begin, int64_t end) const {
  std::vector<Candidate> all;
  for (int64_t row = begin; row < end; ++row) {
    const auto at = static_cast<size_t>(row);
    const double before = history_.back().log_probabilities[at];
    if (chosen_ids_[at] >= 0) {
      all.push_back({before + static_cast<double>(chosen_values_[at]), static_cast<int32_t>(chosen_ids_[at]), row});
      continue;
    }
    for (int64_t j = 0; j < k_; ++j) {
      const auto place = static_cast<size_t>(row * k_ + j);
      const auto word = static_cast<int32_t>(best_ids_[place]);
      if (word == data::UNK || word == data::PAD || word == data::SOS) continue;
      if (std::isinf(best_values_[place])) break;  // the sentence has no more words
      all.push_back({before + static_cast<double>(best_values_[place]), word, row});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.log_probability > b.log_probability; });
  return all;
}

// Collects the words of a hypothesis from the last one back to the first.
Hypothesis BatchSearch::trace(const Candidate& last, bool finished) const {
  const auto steps = static_cast<int64_t>(history_.size());
  Hypothesis h;
  h.finished = finished;
  h.log_probability = last.log_probability;
  h.score = score(last.log_probability);
  const size_t source = sentence_of(last.row).words;
  if (!finished) h.ids.push_back(last.word);
  if (!weights_.empty()) h.weights.resize(static_cast<size_t>(steps) * source);
  int64_t row = last.row;
  for (int64_t t = steps - 1; t >= 0; --t) {
    const Rows& rows = history_[static_cast<size_t>(t)];
    if (!weights_.empty())
      std::copy_n(weights_[static_cast<size_t>(t)].begin() + row * width_, source,
                  h.weights.begin() + t * static_cast<int64_t>(source));
    if (t > 0) h.ids.push_back(rows.words[static_cast<size_t>(row)]);
    row = rows.parents[static_cast<size_t>(row)];
  }
  std::reverse(h.ids.begin(), h.ids.end());
  return h;
}

// Says whether a live hypothesis is, as it stands, better than the worst ended one that would be returned.
bool BatchSearch::may_win(const std::vector<Candidate>& live, std::vector<Hypothesis>& found) const {
  if (live.empty()) return false;
  sort_by_score(found);
  if (found.size() > most_found()) found.resize(most_found());  // no hypothesis beyond these can come back
  const Hypothesis& last_kept = found[std::min(found.size(), static_cast<size_t>(options_.n_best)) - 1];
  return score(live.front().log_probability) > last_kept.score;
}

// Takes one step of one sentence: an <eos> among the best `beam` ends a hypothesis, and the best `beam` others live on,
// unless they are more than `prune` behind. A sentence is done with `enough` ended hypotheses that no live one outdoes,
// or at its limit, and then has no more rows.
void BatchSearch::extend(int64_t begin, int64_t end, Rows& next) {
  const int64_t sentence = history_.back().sentences[static_cast<size_t>(begin)];
  std::vector<Hypothesis>& found = results_[static_cast<size_t>(sentence)];
  const auto beam = static_cast<size_t>(options_.beam);
  std::vector<Candidate> live;
  const std::vector<Candidate> all = candidates(begin, end);
  const double floor = options_.prune > 0 && !all.empty() ? all.front().log_probability - options_.prune : -HUGE_VAL;
  for (size_t rank = 0; rank < all.size() && live.size() < beam; ++rank) {
    if (all[rank].log_probability < floor) break;
    if (all[rank].word != data::EOS) live.push_back(all[rank]);
    else if (rank < beam) found.push_back(trace(all[rank], true));
  }
  const bool enough = found.size() >= static_cast<size_t>(options_.enough) && !may_win(live, found);
  if (!enough && !at_limit(sentence) && !live.empty()) {
    for (const Candidate& c : live) next.add(c.log_probability, c.word, sentence, c.row);
    return;
  }
  for (const Candidate& c : live)
    if (found.size() < static_cast<size_t>(options_.n_best)) found.push_back(trace(c, false));
  sort_by_score(found);
  if (found.size() > static_cast<size_t>(options_.n_best)) found.resize(static_cast<size_t>(options_.n_best));
}

// Takes one step of the samples of one sentence, each of which goes its own way.
void BatchSearch::extend_samples(int64_t begin, int64_t end, Rows& next) {
  const Rows& rows = history_.back();
  const int64_t sentence = rows.sentences[static_cast<size_t>(begin)];
  for (const Candidate& c : candidates(begin, end)) {
    const int64_t draw = rows.draws[static_cast<size_t>(c.row)];
    const bool ended = c.word == data::EOS;
    if (ended || at_limit(sentence))
      results_[static_cast<size_t>(sentence)][static_cast<size_t>(draw)] = trace(c, ended);
    else next.add(c.log_probability, c.word, sentence, c.row, draw);
  }
}

Rows BatchSearch::first_rows() {
  const int64_t of_each = options_.sample ? options_.n_best : 1;
  Rows rows;
  for (int64_t i = 0; i < std::ssize(sentences_); ++i)
    for (int64_t draw = 0; draw < of_each; ++draw) rows.add(0, data::SOS, i, i, draw);
  if (of_each > 1)
    for (Member& member : members_) member.keep(Tensor::from(rows.sentences));
  return rows;
}

std::vector<std::vector<Hypothesis>> BatchSearch::run() {
  Rows rows = first_rows();
  while (rows.size() > 0) {
    history_.push_back(std::move(rows));
    predict();
    const Rows& before = history_.back();
    const auto count = static_cast<int64_t>(before.size());
    Rows next;
    for (int64_t begin = 0, end = 0; begin < count; begin = end) {
      while (end < count && before.sentences[static_cast<size_t>(end)] == before.sentences[static_cast<size_t>(begin)])
        ++end;
      options_.sample ? extend_samples(begin, end, next) : extend(begin, end, next);
    }
    rows = std::move(next);
    bool same_rows = static_cast<int64_t>(rows.size()) == count;
    for (size_t i = 0; i < rows.size() && same_rows; ++i) same_rows = rows.parents[i] == static_cast<int64_t>(i);
    if (rows.size() == 0 || same_rows) continue;
    const Tensor parents = Tensor::from(rows.parents);
    for (Member& member : members_) member.keep(parents);
  }
  return std::move(results_);
}

}  // namespace grus::seq2seq
