// Text to class: rows "label,text" of a CSV file.    classify FILE FOLDER
// FOLDER keeps the run: end it by Ctrl-C or kill -9, and the same command goes on to the same weights.
#include <fmt/core.h>

#include <grus/data/batch/batches.h>
#include <grus/data/read/table.h>
#include <grus/data/text/keras_tokenizer.h>
#include <grus/grus.h>

using namespace grus;
using Batch = std::pair<data::Packed, Tensor>;  // words (N) of texts without padding, labels (B)

struct Classifier : nn::Module<Classifier> {
  Classifier(int64_t words, int64_t classes)
      : embedding(child("embedding", nn::Embedding({.count = words, .width = 32}))),
        gru(child("gru", nn::Gru({.input = 32, .hidden = 32}))),
        output(child("output", nn::Linear(32, classes))) {}

  Tensor forward(const data::Packed& texts) const {
    const Output states = gru.forward_packed(embedding(texts.rows), texts.lengths);
    return output(states.state.h[0]);  // the state behind each text's last word, (B, 32)
  }

  nn::Embedding embedding;
  nn::Gru gru;
  nn::Linear output;
};

int main(int count, char** arguments) try {
  if (count != 3) return fmt::print(stderr, "usage: classify FILE FOLDER\n"), 2;
  manual_seed(1);
  const data::Table table = data::read_table(arguments[1]);
  const std::vector<std::string> classes = table.classes("label");
  const std::vector<int64_t> labels = table.class_ids("label", classes).to_vector<int64_t>();
  data::KerasTokenizer tokenizer({.num_words = 5000, .oov_token = "?"});
  tokenizer.fit_on_texts(table.texts("text"));
  const data::Dataset texts(tokenizer.texts_to_sequences(table.texts("text")));
  const auto [seen, held] = data::zip(texts, data::Dataset(labels)).split({0.8, 0.2}, {.seed = 1, .stratify = labels});
  auto batches = data::batches(seen, {.size = 32, .bucket = 1000}), valid = data::batches(held, {.size = 256});

  Classifier model(tokenizer.vocabulary_size(), std::ssize(classes));
  optim::Adam adam(model.named_parameters(), {.lr = 5e-3});
  metrics::Accuracy accuracy({.classes = std::ssize(classes)});
  const auto judge = [&](const Classifier& m, const Batch& b) { accuracy.update(m(b.first), b.second); };
  const auto loss = [](const Classifier& m, const Batch& b) { return cross_entropy(m(b.first), b.second); };
  const training::StopOnSignal guard;  // Ctrl-C saves the run
  const auto result = training::fit(model, adam, batches, loss,
                                    {.epochs = 8,
                                     .clip = 1,
                                     .validation = training::validation(model, valid, {&accuracy}, judge),
                                     .patience = 3,
                                     .out = arguments[2],
                                     .resume = true,
                                     .save_every = 20,
                                     .stop = training::stop_requested});
  if (!result.finished) return 3;
  fmt::print("accuracy {:.3f}\n", result.best_record().find("valid_accuracy")->value);
} catch (const Error& error) {
  return fmt::print(stderr, "classify: {}\n", error.what()), 1;
}
