#pragma once
// What a search is asked for, and what it finds.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ops/math/sampling.h"

namespace grus::seq2seq {

class Shortlist;

struct SearchOptions {
  int64_t beam = 5;             // hypotheses kept at each step; 1: greedy
  int64_t n_best = 1;           // hypotheses returned; at most beam
  double length_penalty = 0.2;  // A: score = log p / words^A, where <eos> counts as a word
  int64_t max_length = 0;       // the most words; 0: twice the source's and ten more, 1000 at most
  int64_t enough = 0;           // ended hypotheses that end a sentence once no live one outdoes them; 0: beam
  double prune = 0;             // nats by which an extension may fall behind the step's best and live on; 0: any
  int64_t batch_rows = 320;     // live hypotheses at a time, on each thread
  bool weights = false;         // keeps the attention weights
  // Draws n_best translations word by word instead of searching; beam, enough and prune are not read then. Draws follow
  // from the seed and the source's number, `first` + its place, whatever the batch.
  std::optional<CategoricalOptions> sample = {};
  uint64_t seed = 1, first = 0;
  // How the target of each source begins, without <unk>; empty: all are free.
  std::span<const std::vector<int32_t>> prefixes = {};
  // One call may do every parts-th of the batches that are searched at a time, from `part` on; sentences of the other
  // batches get no hypotheses then.
  int64_t part = 0, parts = 1;
  const Shortlist* shortlist = nullptr;  // says which words each sentence may have, beside its prefix; null: all
};

struct Hypothesis {
  std::vector<int32_t> ids;  // without <eos>
  double score = 0;          // log p / words^A, by which hypotheses are ordered (samples stand as they were drawn)
  double log_probability = 0;
  bool finished = false;       // ended by <eos>, not by the limit
  std::vector<float> weights;  // (ids and <eos>, source pieces), where asked for and the model has attention
};

}  // namespace grus::seq2seq
