#pragma once
// A tiny model and a tiny text, for tests of everything that works on any model.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "data/pairs/batch.h"
#include "seq2seq/first_weights.h"
#include "seq2seq/likelihood.h"
#include "tests/data/files.h"

namespace grus::test {

inline seq2seq::ModelOptions small_options() {
  seq2seq::ModelOptions options;
  options.embedding = 12;
  options.hidden = 16;
  options.dropout = 0;
  return options;
}

inline std::unique_ptr<seq2seq::Architecture> small_model(const seq2seq::ModelOptions& options = small_options(),
                                                          uint64_t seed = 1) {
  Rng rng(seed);
  auto model = seq2seq::make_architecture(options, {20, 20}, rng);
  model->module().eval();
  return model;
}

/// Makes sentences of 1 to 9 ids from 4 to 19.
inline data::EncodedCorpus small_corpus(size_t pairs) {
  data::EncodedCorpus corpus;
  const auto sentence = [](size_t length, size_t start) {
    std::vector<int32_t> ids;
    for (size_t i = 0; i < length; ++i) ids.push_back(static_cast<int32_t>(4 + (start + i * i + 3 * i) % 16));
    return ids;
  };
  for (size_t n = 0; n < pairs; ++n) {
    corpus.source.push_back(sentence(1 + (n * 5) % 9, n));
    corpus.target.push_back(sentence(1 + (n * 7) % 9, n + 5));
  }
  return corpus;
}

/// Makes one batch of all pairs, in their order.
inline seq2seq::PackedBatch pairs_of(const data::EncodedCorpus& corpus) {
  std::vector<int64_t> all(corpus.source.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  return seq2seq::to_device(data::make_batch(corpus, all, seq2seq::source_marks));
}

inline void check_close(const Tensor& a, const Tensor& b) {
  const auto left = a.to_vector<float>(), right = b.to_vector<float>();
  REQUIRE(left.size() == right.size());
  for (size_t i = 0; i < left.size(); ++i) CHECK(left[i] == doctest::Approx(right[i]).epsilon(1e-5));
}

/// Makes the output layer say what the bias says, whatever the model reads.
inline void set_output(seq2seq::Architecture& model, const std::vector<float>& bias) {
  const seq2seq::OutputLayer output = model.output();
  for (auto& [name, parameter] : model.module().named_parameters()) {
    nn::Parameter handle = parameter;
    if (handle.shape() == output.weight.shape() && name.find("out") != std::string::npos) seq2seq::set_zero(handle);
    if (handle.shape() == output.bias.shape() && name.find("out") != std::string::npos)
      handle.assign(Tensor::from(bias, {std::ssize(bias)}));
  }
}

}  // namespace grus::test
