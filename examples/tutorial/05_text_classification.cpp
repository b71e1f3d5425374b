// 5. Text in, a label out: words, ids, padding, an embedding, a GRU, softmax. Run it: ./dev run 05_text_classification
#include <algorithm>
#include <string>

#include <grus/grus.h>
#include "data/text/tokenizers.h"
#include "data/text/vocab.h"
#include "data/text/word_tokenizer.h"

using namespace grus;

struct Example {
  std::string text;
  int32_t label;  // 1: the writer likes it
};

// The second and the last text are equal and their labels differ, so that nobody can get more than 7 of the 8 right.
const std::vector<Example> examples{{"I love this film", 1},         {"a waste of time", 0},
                                    {"what a wonderful story", 1},   {"I did not like this film", 0},
                                    {"not bad, I liked it", 1},      {"bad, I did not like it", 0},
                                    {"time well spent, love it", 1}, {"a waste of time", 1}};

class Classifier : public nn::Module<Classifier> {
 public:
  explicit Classifier(Rng& rng)
      : embedding(child("embedding", nn::Embedding({.count = 100, .width = 32, .padding_index = data::PAD}, rng))),
        gru(child("gru", nn::Gru({.input = 32, .hidden = 16}, rng))),
        dense(child("dense", nn::Linear(16, 2, rng))) {}

  /// Takes ids (T, B), padded, and lengths, which say where each text ends; returns scores (B, 2).
  Tensor forward(const Tensor& ids, const Lengths& lengths) const {
    return dense(gru(embedding(ids), lengths).state.h[0]);
  }

  nn::Embedding embedding;
  nn::Gru gru;
  nn::Linear dense;
};

int main() {
  // A tokenizer cuts text into words, and a vocabulary gives each word its number.
  const auto tokenizer = data::word_tokenizer();
  data::PieceCounter counter;
  for (const Example& e : examples) counter.add(tokenizer->tokenize(e.text));
  const data::Vocab vocab = counter.vocab({.max_size = 100});

  // The batch has time first: ids[t][b] is word t of text b. Short texts are padded, and no state and no gradient ever
  // depends on the padding.
  std::vector<std::vector<std::string>> texts;
  std::vector<int64_t> sizes;
  std::vector<int32_t> labels;
  for (const Example& e : examples) {
    texts.push_back(tokenizer->tokenize(e.text));
    sizes.push_back(static_cast<int64_t>(texts.back().size()));
    labels.push_back(e.label);
  }
  const Lengths lengths(sizes);
  const int64_t steps = lengths.steps(), batch = lengths.batch();
  std::vector<int32_t> ids(static_cast<size_t>(steps * batch), data::PAD);
  for (size_t b = 0; b < texts.size(); ++b)
    for (size_t t = 0; t < texts[b].size(); ++t) ids[t * texts.size() + b] = vocab.id(texts[b][t]);
  const Tensor x = Tensor::from(ids, {steps, batch}), target = Tensor::from(labels);

  Rng rng(1);
  Classifier model(rng);
  optim::Adam optimizer(model.named_parameters(), {.lr = 0.01});
  for (int epoch = 1; epoch <= 60; ++epoch) {
    Tape tape;
    const Tensor loss = cross_entropy(model(x, lengths), target);
    tape.backward(loss);
    optimizer.step();
    optimizer.zero_grad();
    if (epoch % 10 == 0) fmt::print("epoch {:2}   loss {:.4f}\n", epoch, loss.item());
  }

  const Tensor probability = softmax(model(x, lengths));
  const std::vector<int64_t> guess = argmax(probability, 1).to_vector<int64_t>();
  int right = 0;
  for (size_t b = 0; b < examples.size(); ++b) {
    right += guess[b] == labels[b];
    fmt::print("{:28} label {}   p(1) = {:.2f}\n", examples[b].text, labels[b],
               probability[static_cast<int64_t>(b)][1].item());
  }
  fmt::print("{} of {} right; the best possible is {}\n", right, examples.size(), examples.size() - 1);
  return right == 7 ? 0 : 1;
}
