// Options of `classify` that its models keep, and those of `run`.
#include "core/base/error.h"
#include "tasks/classify/classifier.h"

namespace grus::tasks::classify {

using options::any_count;
using options::choice;
using options::of_model;
using options::Table;
using options::words;

Table labelled_text_rows(data::LabelledTextOptions& o) {
  const std::string_view d = "Data";
  return {
      {"text-column", d, &o.text_column, "of a table"},
      {"label-column", d, &o.label_column, "of a table"},
      {"label-until", d, &o.label_until, "a label ends before this text: ':' makes NUM of NUM:dist"},
      {"distinct", d, &o.distinct, "leave out repetitions of a label and its text"},
  };
}

TrainOptions::TrainOptions() {
  training.epochs = 12;
  training.lr = 2e-3;
  training.patience = 4;
  training.schedule = tasks::ScheduleKind::cosine;
  training.average = 0.99;
}

Table TrainOptions::table() {
  const std::string_view d = "Data", t = "Text", m = "Model";
  ModelOptions& o = model;
  return options::joined({
      {{"train", d, &train,
        "labelled texts: .csv or .tsv with a line of names, lines LABEL TEXT, a folder of LABEL.txt"},
       {"valid", d, &valid, "texts that choose the weights that are kept (none: some are held out)"},
       {"test", d, &test, "texts that are judged once, at the end"},
       {"hold-valid", d, &hold_valid, "share held out of --train by the seed where there is no --valid", 0, 1, true},
       {"hold-test", d, &hold_test, "share held out of --train by the seed where there is no --test", 0, 1, true}},
      labelled_text_rows(rows),
      of_model({
          {"tokenizer", t, &tokenizer, "word, space (text is tokenised already), char, bpe or unigram"},
          {"vocab", t, &vocab, "pieces at most (0: no limit; bpe and unigram need one)", 0, 1e7},
          {"min-count", t, &min_count, "rarer pieces are unknown (not for bpe and unigram)", 1, any_count},
          {"max-length", t, &max_length, "pieces of a text that are read", 1, 1e6},
          {"cased", t, &cased, "A and a differ (word: never)"},
          words("unit", m, choice(&o.unit), "of the layers", {"gru", "lstm", "rnn"}),
          words("pool", m, choice(&o.pool), "how states become one", {"last", "mean", "max", "attention"}),
          words("directions", m, choice(&o.bidirectional), "in which a text is read", {"one", "both"}),
          {"emb", m, &o.embedding, "size of a piece's vector", 1, 65536},
          {"hidden", m, &o.hidden, "size of a state", 1, 65536},
          {"layers", m, &o.layers, "layers", 1, 64},
          {"members", m, &o.members, "models that are trained side by side and vote", 1, 100},
          {"ngrams", m, &o.ngrams,
           "the mean of vectors of n-grams stands beside the states: 2 pairs, 3 also triples (0: none)", 0, 5},
          {"subwords", m, &o.subwords, "n-grams of 3 to so many letters add to a piece's vector (0: none)", 0, 10},
          {"buckets", m, &o.buckets, "vectors that n-grams share", 1, 1e8},
          {"freeze-vectors", m, &o.freeze_vectors, "pieces' vectors stay as --vectors has them"},
      }),
      {{"vectors", m, &vectors, "file of word vectors to start from (word2vec, GloVe or fastText text)"},
       {"vectors-words", m, &vectors_words, "its first words that are pieces even where no text has them", 0, 1e7},
       {"dropout", m, &o.dropout, "of pieces' vectors (locked) and before the output", 0, 1, true},
       {"word-dropout", m, &o.word_dropout, "chance that a piece is unknown, in training", 0, 1, true},
       {"label-smoothing", "Training", &label_smoothing, "share of the target spread over all classes", 0, 1, true}},
      training_rows(training),
  });
}

void TrainOptions::check(const options::Given& given) {
  const bool words_alone = tokenizer == "word" || tokenizer == "space";
  const bool trained = data::is_trained_kind(tokenizer), hashes = model.ngrams > 1 || model.subwords > 0;
  options::require_read(given, table(),
                        {
                            {"min-count", !trained, "word, space or char", "tokenizer"},
                            {"cased", tokenizer != "word", "another than word", "tokenizer"},
                            {"buckets", hashes, "or --subwords above 0", "ngrams"},
                            {"vectors-words", !vectors.empty(), "a file", "vectors"},
                            {"vectors-words", words_alone, "word or space", "tokenizer"},
                            {"freeze-vectors", !vectors.empty(), "a file", "vectors"},
                        });
  require<UsageError>(!train.empty(), "--train: need labelled texts, got none");
  require<UsageError>(test.empty() || hold_test == 0, "--hold-test: need 0 with --test, got {}", hold_test);
  require<UsageError>(!valid.empty() || hold_valid > 0, "--hold-valid: need a share above 0 without --valid, got 0");
  require<UsageError>(!trained || vocab > 0, "--vocab: need a size above 0 with --tokenizer {}, got 0", tokenizer);
}

Table RunOptions::table() {
  return options::joined({{{"top", "Output", &top, "classes of each text, the likeliest first", 1, 1e6},
                           {"page", "Output", &page, "HTML file that shows which pieces mattered"}},
                          use_rows(use)});
}

}  // namespace grus::tasks::classify
