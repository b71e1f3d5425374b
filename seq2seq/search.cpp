#include "seq2seq/search.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/thread/parts.h"
#include "data/text/vocab.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/softmax.h"

namespace grus::seq2seq {
namespace {

constexpr int64_t longest_by_default = 1000;  // words
constexpr int64_t never_chosen = 3;           // the ids of <unk>, <pad> and <sos>

// Rows are the live hypotheses after a step, one a row; those of one sentence are consecutive.
struct Rows {
  std::vector<double> log_probabilities;
  std::vector<int32_t> words;  // the last word of each
  std::vector<int64_t> sentences;
  std::vector<int64_t> parents;  // the row of the step before that each extends
  size_t size() const { return words.size(); }
  void add(double log_probability, int32_t word, int64_t sentence, int64_t parent) {
    log_probabilities.push_back(log_probability);
    words.push_back(word);
    sentences.push_back(sentence);
    parents.push_back(parent);
  }
};

// A Candidate is one extension of one row.
struct Candidate {
  double log_probability;
  int32_t word;
  int64_t row;
};

void sort_by_score(std::vector<Hypothesis>& found) {
  std::stable_sort(found.begin(), found.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
}

/// A Member is the part of one model in the search of a batch.
class Member {
 public:
  Member(const Architecture& model, std::span<const std::vector<int32_t>> sources)
      : output_(model.output()), decoder_(model.decode(pack_tokens(sources))), state_(decoder_->start()) {}

  struct Prediction {
    Tensor logits;   // (rows, V)
    Tensor weights;  // attention (rows, S), or undefined
  };
  Prediction predict(const Rows& rows) {
    Decoder::Step step = decoder_->step(Tensor::from(rows.words), state_, rows.sentences);
    state_ = std::move(step.state);
    return {linear(step.rows, output_.weight, output_.bias), std::move(step.weights)};
  }
  void keep(const Tensor& rows) {
    for (Tensor& part : state_) part = gather_rows(part, rows);
  }
  int64_t words() const { return output_.weight.dim(0); }

 private:
  OutputLayer output_;
  std::unique_ptr<Decoder> decoder_;
  DecoderState state_;
};

class BatchSearch {
 public:
  /// `sources` are those of the first model.
  BatchSearch(std::vector<Member> members, std::span<const std::vector<int32_t>> sources, const SearchOptions& options)
      : options_(options), sources_(sources), members_(std::move(members)), results_(sources.size()) {}

  std::vector<std::vector<Hypothesis>> run();

 private:
  void predict();
  Tensor log_probabilities();
  void extend(int64_t begin, int64_t end, Rows& next);
  std::vector<Candidate> candidates(int64_t begin, int64_t end) const;
  Hypothesis trace(const Candidate& last, bool finished) const;
  bool may_win(const std::vector<Candidate>& live, std::vector<Hypothesis>& found) const;
  // Returns the score of a hypothesis with a word for each step so far: log p / words^A.
  double score(double log_probability) const {
    return log_probability / std::pow(static_cast<double>(history_.size()), options_.length_penalty);
  }
  // Returns the number of ended hypotheses that matter: those that may be returned, or those that end a search.
  size_t most_found() const { return static_cast<size_t>(std::max(options_.n_best, options_.enough)); }
  int64_t limit(int64_t sentence) const {
    const auto words = static_cast<int64_t>(sources_[static_cast<size_t>(sentence)].size());
    return options_.max_length > 0 ? options_.max_length : std::min(2 * words + 10, longest_by_default);
  }

  const SearchOptions& options_;
  std::span<const std::vector<int32_t>> sources_;
  std::vector<Member> members_;
  std::vector<std::vector<Hypothesis>> results_;

  std::vector<Rows> history_;                // [t]: the rows from which step t started
  std::vector<std::vector<float>> weights_;  // [t]: (rows, S) of step t
  int64_t width_ = 0;                        // S
  std::vector<float> best_values_;           // (rows, k_) log-probabilities of this step, largest first
  std::vector<int64_t> best_ids_;
  int64_t k_ = 0;
};

// Returns the log of the mean of the members' probabilities (rows, V), and keeps the attention of the first member.
Tensor BatchSearch::log_probabilities() {
  Tensor sum;
  for (size_t m = 0; m < members_.size(); ++m) {
    const Member::Prediction said = members_[m].predict(history_.back());
    if (m == 0 && options_.weights && said.weights.defined()) {
      width_ = said.weights.dim(1);
      weights_.push_back(said.weights.to_vector<float>());
    }
    if (members_.size() == 1) return log_softmax(said.logits);
    sum = m == 0 ? softmax(said.logits) : sum + softmax(said.logits);
  }
  return log(sum * (1 / static_cast<double>(members_.size())));
}

// The device finds the k best words of each row; only these come to the host.
void BatchSearch::predict() {
  k_ = std::min(members_.front().words(), options_.beam + 1 + never_chosen);
  const TopK best = top_k(log_probabilities(), k_);
  best_values_ = best.values.to_vector<float>();
  best_ids_ = best.ids.to_vector<int64_t>();
}

// Returns the extensions of the rows [begin, end) of one sentence that may matter, best first.
std::vector<Candidate> BatchSearch::candidates(int64_t begin, int64_t end) const {
  std::vector<Candidate> all;
  for (int64_t row = begin; row < end; ++row)
    for (int64_t j = 0; j < k_; ++j) {
      const auto place = static_cast<size_t>(row * k_ + j);
      const auto word = static_cast<int32_t>(best_ids_[place]);
      if (word == data::UNK || word == data::PAD || word == data::SOS) continue;
      const double before = history_.back().log_probabilities[static_cast<size_t>(row)];
      all.push_back({before + static_cast<double>(best_values_[place]), word, row});
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
  const auto sentence = static_cast<size_t>(history_.back().sentences[static_cast<size_t>(last.row)]);
  const size_t source = sources_[sentence].size();
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
  const bool at_limit = static_cast<int64_t>(history_.size()) >= limit(sentence);
  const bool enough = found.size() >= static_cast<size_t>(options_.enough) && !may_win(live, found);
  if (!enough && !at_limit && !live.empty()) {
    for (const Candidate& c : live) next.add(c.log_probability, c.word, sentence, c.row);
    return;
  }
  for (const Candidate& c : live)
    if (found.size() < static_cast<size_t>(options_.n_best)) found.push_back(trace(c, false));
  sort_by_score(found);
  if (found.size() > static_cast<size_t>(options_.n_best)) found.resize(static_cast<size_t>(options_.n_best));
}

std::vector<std::vector<Hypothesis>> BatchSearch::run() {
  Rows rows;
  for (size_t i = 0; i < sources_.size(); ++i) rows.add(0, data::SOS, static_cast<int64_t>(i), static_cast<int64_t>(i));
  while (rows.size() > 0) {
    history_.push_back(std::move(rows));
    predict();
    const Rows& before = history_.back();
    const auto count = static_cast<int64_t>(before.size());
    Rows next;
    for (int64_t begin = 0, end = 0; begin < count; begin = end) {
      while (end < count && before.sentences[static_cast<size_t>(end)] == before.sentences[static_cast<size_t>(begin)])
        ++end;
      extend(begin, end, next);
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

/// Calls f(begin, end) for batches of about equal size, of at most `most` of `count` sentences. Their number is a
/// multiple of the threads', and a free thread takes the next one. An exception of one ends all.
void for_each_batch(size_t count, size_t most, int64_t beam, const std::function<void(size_t, size_t)>& f) {
  std::atomic<size_t> next{0};
  const auto rows = static_cast<int64_t>(std::min(count, most)) * beam;
  in_parts(default_device(), rows, static_cast<int64_t>(count), [&](int, int parts) {
    const auto threads = static_cast<size_t>(parts), rounds = (count + threads * most - 1) / (threads * most);
    const size_t batches = std::min(count, threads * rounds);
    try {
      for (size_t batch; (batch = next.fetch_add(1)) < batches;)
        f(count * batch / batches, count * (batch + 1) / batches);
    } catch (...) {
      next = batches;
      throw;
    }
  });
}

}  // namespace

std::vector<std::vector<Hypothesis>> search(std::span<const Searcher> models, const SearchOptions& given) {
  SearchOptions options = given;
  require<UsageError>(options.n_best <= options.beam, "[search] need an n_best of at most the beam of {}, got {}",
                      options.beam, options.n_best);
  options.enough = options.enough > 0 ? std::max(options.enough, options.n_best) : options.beam;
  const std::vector<std::vector<int32_t>>& sources = *models.front().sources;
  std::vector<size_t> order;
  std::vector<std::vector<Hypothesis>> results(sources.size());
  for (size_t i = 0; i < sources.size(); ++i)
    if (sources[i].empty()) results[i].emplace_back().finished = true;
    else order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sources[a].size() > sources[b].size(); });
  const auto search_batch = [&](size_t begin, size_t end) {
    std::vector<std::vector<int32_t>> first;
    std::vector<Member> members;
    for (const Searcher& one : models) {
      std::vector<std::vector<int32_t>> group;
      for (size_t i = begin; i < end; ++i) group.push_back((*one.sources)[order[i]]);
      members.emplace_back(*one.model, group);
      if (first.empty()) first = std::move(group);
    }
    std::vector<std::vector<Hypothesis>> found = BatchSearch(std::move(members), first, options).run();
    for (size_t i = begin; i < end; ++i) results[order[i]] = std::move(found[i - begin]);
  };
  const auto most = static_cast<size_t>(std::max<int64_t>(1, options.batch_rows / options.beam));
  for_each_batch(order.size(), most, options.beam, search_batch);
  return results;
}

std::vector<std::vector<Hypothesis>> search(const Architecture& model, const std::vector<std::vector<int32_t>>& sources,
                                            const SearchOptions& options) {
  const Searcher alone{&model, &sources};
  return search({&alone, 1}, options);
}

}  // namespace grus::seq2seq
