#pragma once
// The search of one batch, a step at a time: a beam, or draws. search.h has what callers see.
#include <cmath>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "seq2seq/architecture.h"
#include "seq2seq/batch_words.h"
#include "seq2seq/search_options.h"

namespace grus::seq2seq {

// Rows are the live hypotheses after a step, one a row; those of one sentence are consecutive.
struct Rows {
  std::vector<double> log_probabilities;
  std::vector<int32_t> words;  // the last word of each
  std::vector<int64_t> sentences;
  std::vector<int64_t> parents;  // the row of the step before that each extends
  std::vector<int64_t> draws;    // which of its sentence's samples each is; 0 in a beam
  size_t size() const { return words.size(); }
  void add(double log_probability, int32_t word, int64_t sentence, int64_t parent, int64_t draw = 0) {
    log_probabilities.push_back(log_probability);
    words.push_back(word);
    sentences.push_back(sentence);
    parents.push_back(parent);
    draws.push_back(draw);
  }
};

// A Candidate is one extension of one row.
struct Candidate {
  double log_probability;
  int32_t word;
  int64_t row;
};

/// A Member is the part of one model in the search of a batch.
class Member {
 public:
  Member(OutputLayer output, std::unique_ptr<Decoder> decoder)
      : output_(std::move(output)), decoder_(std::move(decoder)), state_(decoder_->start()) {}

  struct Prediction {
    Tensor logits;   // (rows, V), or the words of the batch
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

/// A Sentence is what a search knows of one: its words in the first model, how its target begins, its number, from
/// which its samples follow.
struct Sentence {
  size_t words;
  std::span<const int32_t> prefix;
  uint64_t number;
};

class BatchSearch {
 public:
  /// The members' output layers have the columns of `words`.
  BatchSearch(std::vector<Member> members, std::vector<Sentence> sentences, BatchWords words,
              const SearchOptions& options)
      : options_(options),
        sentences_(std::move(sentences)),
        words_(std::move(words)),
        members_(std::move(members)),
        results_(sentences_.size(),
                 std::vector<Hypothesis>(options.sample ? static_cast<size_t>(options.n_best) : size_t{0})) {}

  std::vector<std::vector<Hypothesis>> run();

 private:
  Rows first_rows();
  void predict();
  std::vector<double> uniforms() const;
  void choose(const Tensor& log_probabilities);
  Tensor log_probabilities();
  void extend(int64_t begin, int64_t end, Rows& next);
  void extend_samples(int64_t begin, int64_t end, Rows& next);
  std::vector<Candidate> candidates(int64_t begin, int64_t end) const;
  Hypothesis trace(const Candidate& last, bool finished) const;
  bool may_win(const std::vector<Candidate>& live, std::vector<Hypothesis>& found) const;
  // Returns the score of a hypothesis with a word for each step so far: log p / words^A.
  double score(double log_probability) const {
    return log_probability / std::pow(static_cast<double>(history_.size()), options_.length_penalty);
  }
  // Returns the number of ended hypotheses that matter: those that may be returned, or those that end a search.
  size_t most_found() const { return static_cast<size_t>(std::max(options_.n_best, options_.enough)); }
  bool at_limit(int64_t sentence) const;
  const Sentence& sentence_of(int64_t row) const {
    return sentences_[static_cast<size_t>(history_.back().sentences[static_cast<size_t>(row)])];
  }

  const SearchOptions& options_;
  std::vector<Sentence> sentences_;
  BatchWords words_;
  std::vector<Member> members_;
  std::vector<std::vector<Hypothesis>> results_;

  std::vector<Rows> history_;                // [t]: the rows from which step t started
  std::vector<std::vector<float>> weights_;  // [t]: (rows, S) of step t
  int64_t width_ = 0;                        // S
  std::vector<float> best_values_;           // (rows, k_) log-probabilities of this step, largest first
  std::vector<int64_t> best_ids_;
  int64_t k_ = 0;
  std::vector<int64_t> chosen_ids_;   // (rows) words that a prefix or a draw has chosen in this step, or -1
  std::vector<float> chosen_values_;  // (rows) their log-probabilities; empty where nothing is chosen
};

}  // namespace grus::seq2seq
