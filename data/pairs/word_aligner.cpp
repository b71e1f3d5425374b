#include "data/pairs/word_aligner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "data/pairs/lexicon.h"

namespace grus::data {
namespace {

using Sentence = std::vector<int32_t>;

// Chances of how far the given side's place moves from one word said to the next; long jumps share a bucket.
class Jumps {
 public:
  Jumps() { chance_.fill(1); }
  // p(place | before, I) = (1 - s) c(place - before) / sum of c + s / I; places 0 .. I-1, before -1 .. I-1.
  void fill(int64_t length, std::vector<double>& table) const {
    constexpr double uniform = 0.05;
    table.resize(static_cast<size_t>((length + 1) * length));
    for (int64_t before = -1; before < length; ++before) {
      double* row = table.data() + (before + 1) * length;
      double sum = 0;
      for (int64_t place = 0; place < length; ++place) sum += row[place] = chance_[bucket(place - before)];
      for (int64_t place = 0; place < length; ++place)
        row[place] = (1 - uniform) * row[place] / sum + uniform / static_cast<double>(length);
    }
  }
  void count(int64_t jump, double expected) { expected_[bucket(jump)] += expected; }
  void estimate() {
    double sum = 0;
    for (const double count : expected_) sum += count;
    for (size_t i = 0; i < chance_.size(); ++i)
      chance_[i] = std::max(sum > 0 ? expected_[i] / sum * static_cast<double>(chance_.size()) : 1, 1e-4);
    expected_.fill(0);
  }

 private:
  static constexpr int64_t reach = 8;
  static size_t bucket(int64_t jump) { return static_cast<size_t>(std::clamp(jump, -reach, reach) + reach); }
  std::array<double, 2 * reach + 1> chance_, expected_{};
};

// One direction of the alignment, p(said | given).
class Direction {
 public:
  Direction(const Lexicon::Sentences& given, const Lexicon::Sentences& said, const AlignerOptions& options)
      : given_(given), said_(said), null_(options.null_probability), lexicon_(given, said) {}

  // Each runs one iteration of EM and returns the mean negative log-likelihood of a word before it.
  double train_model1();
  double train_hmm();
  // Returns for each word said the place that it stands for on the best path, or -1.
  std::vector<int32_t> best_path(size_t pair);
  // Runs all iterations.
  void train(const AlignerOptions& options, const std::string& name, const AlignerNotice& notice);
  const Lexicon& lexicon() const { return lexicon_; }

 private:
  // The private functions work on the pair at hand, of I given and J said words. Memory 0 is the beginning, i + 1 the
  // place i.
  void load(size_t pair);
  double forward();
  void backward_and_count();
  double* row(std::vector<double>& values, size_t j, size_t width) { return values.data() + j * width; }

  const Lexicon::Sentences &given_, &said_;
  const double null_;
  Lexicon lexicon_;
  Jumps jumps_;
  size_t I_ = 0, J_ = 0;
  std::vector<size_t> entries_;          // (J, I + 1), NULL first
  std::vector<double> emission_, jump_;  // (J, I + 1); (I + 1, I)
  std::vector<double> real_, none_;      // forward sums, scaled: (J, I) at a place, (J, I + 1) at NULL with a memory
  std::vector<double> scale_;            // (J)
};

double Direction::train_model1() {
  double nats = 0, words = 0;
  std::vector<size_t> entries;
  for (size_t n = 0; n < given_.size(); ++n) {
    const auto length = static_cast<double>(given_[n].size());
    for (const int32_t word : said_[n]) {
      entries.assign(1, lexicon_.entry(0, word));
      for (const int32_t from : given_[n]) entries.push_back(lexicon_.entry(from + 1, word));
      double sum = 0;
      for (const size_t entry : entries) sum += lexicon_.probability(entry);
      for (const size_t entry : entries) lexicon_.count(entry, lexicon_.probability(entry) / sum);
      nats -= std::log(sum / (length + 1));
      ++words;
    }
  }
  lexicon_.estimate();
  return nats / std::max(words, 1.0);
}

void Direction::load(size_t pair) {
  const Sentence &given = given_[pair], &said = said_[pair];
  I_ = given.size(), J_ = said.size();
  entries_.clear();
  for (const int32_t word : said) {
    entries_.push_back(lexicon_.entry(0, word));
    for (const int32_t from : given) entries_.push_back(lexicon_.entry(from + 1, word));
  }
  emission_.resize(entries_.size());
  for (size_t k = 0; k < entries_.size(); ++k) emission_[k] = lexicon_.probability(entries_[k]);
  jumps_.fill(static_cast<int64_t>(I_), jump_);
  real_.assign(J_ * I_, 0);
  none_.assign(J_ * (I_ + 1), 0);
  scale_.assign(J_, 0);
}

// Returns the log-likelihood. A NULL keeps the place before it as its memory (Och and Ney 2003, section 2.2).
double Direction::forward() {
  double log_likelihood = 0;
  std::vector<double> memory(I_ + 1);
  memory[0] = 1;
  for (size_t j = 0; j < J_; ++j) {
    double *real = row(real_, j, I_), *none = row(none_, j, I_ + 1), *emission = row(emission_, j, I_ + 1);
    for (size_t m = 0; m <= I_; ++m) {
      if (memory[m] == 0) continue;
      const double* jump = jump_.data() + m * I_;
      for (size_t i = 0; i < I_; ++i) real[i] += memory[m] * jump[i];
      none[m] = null_ * emission[0] * memory[m];
    }
    double sum = 0;
    for (size_t i = 0; i < I_; ++i) sum += real[i] *= (1 - null_) * emission[i + 1];
    for (size_t m = 0; m <= I_; ++m) sum += none[m];
    scale_[j] = 1 / sum;
    log_likelihood += std::log(sum);
    for (size_t m = 0; m <= I_; ++m) memory[m] = (none[m] *= scale_[j]) + (m > 0 ? real[m - 1] *= scale_[j] : 0);
  }
  return log_likelihood;
}

void Direction::backward_and_count() {
  std::vector<double> after(I_ + 1, 1), before(I_ + 1);  // chance of the rest by memory, scaled as the forward sums
  for (size_t j = J_; j-- > 0;) {
    const double *real = row(real_, j, I_), *none = row(none_, j, I_ + 1), *emission = row(emission_, j, I_ + 1);
    for (size_t m = 0; m <= I_; ++m) lexicon_.count(entries_[j * (I_ + 1)], none[m] * after[m]);
    for (size_t i = 0; i < I_; ++i) lexicon_.count(entries_[j * (I_ + 1) + i + 1], real[i] * after[i + 1]);
    for (size_t m = 0; m <= I_; ++m) {
      const bool first = j == 0;
      const double memory =
          first ? (m == 0 ? 1.0 : 0.0) : row(none_, j - 1, I_ + 1)[m] + (m > 0 ? row(real_, j - 1, I_)[m - 1] : 0);
      const double* jump = jump_.data() + m * I_;
      double rest = 0;
      for (size_t i = 0; i < I_; ++i) {
        const double step = (1 - null_) * jump[i] * emission[i + 1] * after[i + 1] * scale_[j];
        jumps_.count(static_cast<int64_t>(i + 1) - static_cast<int64_t>(m), memory * step);
        rest += step;
      }
      before[m] = rest + null_ * emission[0] * after[m] * scale_[j];
    }
    after.swap(before);
  }
}

double Direction::train_hmm() {
  double nats = 0, words = 0;
  for (size_t n = 0; n < given_.size(); ++n) {
    if (given_[n].empty() || said_[n].empty()) continue;
    load(n);
    nats -= forward();
    backward_and_count();
    words += static_cast<double>(J_);
  }
  lexicon_.estimate();
  jumps_.estimate();
  return nats / std::max(words, 1.0);
}

std::vector<int32_t> Direction::best_path(size_t pair) {
  load(pair);
  std::vector<double> best(I_ + 1, -INFINITY), next(I_ + 1);
  best[0] = 0;
  std::vector<std::pair<size_t, bool>> from(J_ * (I_ + 1));  // the memory before, and whether this word is NULL
  for (size_t j = 0; j < J_; ++j) {
    const double* emission = row(emission_, j, I_ + 1);
    for (size_t m = 0; m <= I_; ++m) {
      next[m] = best[m] + std::log(null_ * emission[0]);
      from[j * (I_ + 1) + m] = {m, true};
      for (size_t k = 0; m > 0 && k <= I_; ++k) {
        const double score = best[k] + std::log((1 - null_) * jump_[k * I_ + m - 1] * emission[m]);
        if (score > next[m]) {
          next[m] = score;
          from[j * (I_ + 1) + m] = {k, false};
        }
      }
    }
    best.swap(next);
  }
  std::vector<int32_t> path(J_, -1);
  auto memory = static_cast<size_t>(std::max_element(best.begin(), best.end()) - best.begin());
  for (size_t j = J_; j-- > 0;) {
    const auto [before, is_null] = from[j * (I_ + 1) + memory];
    if (!is_null) path[j] = static_cast<int32_t>(memory) - 1;
    memory = before;
  }
  return path;
}

void Direction::train(const AlignerOptions& options, const std::string& name, const AlignerNotice& notice) {
  const auto tell = [&](const char* model, int64_t i, int64_t of, double nats) {
    if (notice) notice(fmt::format("{}, {} {}/{}", name, model, i + 1, of), nats);
  };
  for (int64_t i = 0; i < options.model1_iterations; ++i) tell("model 1", i, options.model1_iterations, train_model1());
  for (int64_t i = 0; i < options.hmm_iterations; ++i) tell("HMM", i, options.hmm_iterations, train_hmm());
}

// Returns the links (given, said) of each pair.
std::vector<Links> align_direction(const Lexicon::Sentences& given, const Lexicon::Sentences& said,
                                   const AlignerOptions& options, const std::string& name,
                                   const AlignerNotice& notice) {
  Direction direction(given, said, options);
  direction.train(options, name, notice);
  std::vector<Links> links(given.size());
  for (size_t n = 0; n < given.size(); ++n) {
    if (given[n].empty() || said[n].empty()) continue;
    const std::vector<int32_t> path = direction.best_path(n);
    for (size_t j = 0; j < path.size(); ++j)
      if (path[j] >= 0) links[n].push_back({path[j], static_cast<int32_t>(j)});
  }
  return links;
}

}  // namespace

std::vector<Links> align_words(const EncodedCorpus& pairs, const AlignerOptions& options, const AlignerNotice& notice) {
  std::vector<Links> forward = align_direction(pairs.source, pairs.target, options, "source to target", notice);
  std::vector<Links> backward = align_direction(pairs.target, pairs.source, options, "target to source", notice);
  for (size_t n = 0; n < forward.size(); ++n) {
    for (Link& link : backward[n]) std::swap(link.source, link.target);
    std::sort(backward[n].begin(), backward[n].end());
    std::sort(forward[n].begin(), forward[n].end());
    forward[n] = symmetrise(forward[n], backward[n], static_cast<int64_t>(pairs.source[n].size()),
                            static_cast<int64_t>(pairs.target[n].size()), options.symmetrisation);
  }
  return forward;
}

namespace {

std::vector<std::vector<int32_t>> ids_of(const std::vector<std::vector<std::string>>& sentences) {
  PieceCounter counter;
  for (const std::vector<std::string>& words : sentences) counter.add(words);
  const Vocab vocab = counter.vocab();
  std::vector<std::vector<int32_t>> ids;
  for (const std::vector<std::string>& words : sentences) {
    ids.emplace_back();
    for (const std::string& word : words) ids.back().push_back(vocab.id(word));
  }
  return ids;
}

}  // namespace

std::vector<Links> align_words(const std::vector<std::vector<std::string>>& source,
                               const std::vector<std::vector<std::string>>& target, const AlignerOptions& options,
                               const AlignerNotice& notice) {
  return align_words({ids_of(source), ids_of(target)}, options, notice);
}

std::vector<WordProbabilities> translation_probabilities(const EncodedCorpus& pairs, const AlignerOptions& options,
                                                         const AlignerNotice& notice) {
  Direction direction(pairs.source, pairs.target, options);
  direction.train(options, "source to target", notice);
  int32_t words = 0;
  for (const auto& sentence : pairs.source)
    for (const int32_t word : sentence) words = std::max(words, word + 1);
  std::vector<WordProbabilities> all;
  for (int32_t word = 0; word < words; ++word) all.push_back(direction.lexicon().likeliest(word + 1));
  return all;
}

}  // namespace grus::data
