#pragma once
// A protocol is a published program's own way to train and judge a translator: the settings of its architecture's
// recipe (--paper) and what no option says, which only a comparison with that program needs. docs/protocols.md has
// their sources and figures.
// Sources: protocol.cpp, protocol_test.cpp, protocol_text.cpp, protocol_training.cpp.
#include <span>

#include "optim/schedule.h"
#include "seq2seq/corpora.h"
#include "seq2seq/likelihood.h"

namespace grus::seq2seq {

/// A Protocol is a row of the table; 0, null and false stand for what every other training does.
struct Protocol {
  /// What the validation loss is of: packed pairs under teacher forcing, as of any other training; or pairs in the
  /// protocol's form, under teacher forcing or from the decoder's own words.
  enum class Validation { plain, forced, own_words };

  std::string_view name;  // that of its architecture, too
  // Text.
  Corpora (*read)(const TrainOptions&) = nullptr;  // makes all texts of the program's own file, which --train names
  bool may_have_test = false;                      // --test names a further such file; with `read` alone
  bool vocabulary_of_all_splits = false;           // validation and test text count as text to learn words from
  int64_t source_letters = 0, target_letters = 0;  // lines count with the spaces that fill them up; with first_letter
  int32_t first_letter = 0;                        // the id that the space, the commonest letter, must have
  int64_t draws = 0;                               // pairs of an epoch, drawn with replacement; 0: each once
  bool random_batches = false;  // pairs of any lengths stand in a batch; an epoch's last, smaller one is left out
  int64_t source_ids = 0;       // training and validation fill sources with <pad> up to so many, marks included
  int64_t target_steps = 0;     // targets are filled up, which counts in the loss
  int32_t target_fill = 0;      // by this id
  // Training.
  double loss_factor = 1;         // of the mean over target steps
  bool forces_sentences = false;  // --teacher-forcing draws once a sentence instead of once a step
  bool stops_at_own_eos = false;  // steps behind the decoder's own <eos> cost nothing
  double logits_dropout = 0;      // of what the softmax sees, also where the decoder chooses its own words
  double clip_each = 0;           // the largest norm of each gradient alone
  optim::Schedule (*schedule)(int64_t) = nullptr;  // of a run of so many updates
  Validation validation = Validation::plain;
  bool keeps_newest = false;  // the last weights are the model, not those of the best validation
  // Test.
  bool judges_validation = false;  // the figure is of the validation text, which is the program's own choice
  bool judges_letters = false;     // it is the share of right labels under teacher forcing, too
  int64_t most_words = 0;          // test pairs with more words on a side are left out
  int64_t most_steps = 0;          // of a translation
  bool drops_last_word = false;    // a translation's last word is left out, be it <eos> or not
  bool references_through_vocabulary = false;  // a test reference's rare words read <unk>, which the model may say
};

std::span<const Protocol> protocols();
/// Returns the protocol of that name, or that the options name; or null for none.
const Protocol* protocol_named(std::string_view name);
const Protocol* protocol_of(const TrainOptions& options);
/// Sets the architecture and the settings of a protocol. Throws UsageError for an unknown name.
void use_protocol(TrainOptions& options, std::string_view name);
/// Throws UsageError for the first option of files, model, text or training that is not the protocol's; those that say
/// how long a run is and how it is watched are free, but for the figure that chooses the weights.
void require_protocol(const TrainOptions& options);

/// Reads the texts of a training as its protocol does, or as read_corpora does without one of its own.
Corpora read_texts(const TrainOptions& options);
/// Returns the text that vocabularies are learnt from: the training text, with the first references of the other splits
/// or the spaces behind its lines where the protocol takes them.
data::ParallelCorpus vocabulary_text(const TrainOptions& options, const Corpora& corpora);
/// Returns the pairs of an epoch: those of the training text, or draws from it that follow from options.seed. Throws
/// DataError for letters that do not fit the protocol.
data::EncodedCorpus training_pairs(const TrainOptions& options, const data::ParallelCorpus& text, const Codecs& codecs);
/// Returns the batch with sources and targets filled up as the protocol has them (padding.h).
PackedBatch formed_batch(const Protocol& protocol, PackedBatch batch);

/// A ProtocolTest is a test text as a protocol judges it.
struct ProtocolTest {
  double bleu;
  int64_t pairs;           // those that are not left out
  double loss = 0;         // the validation loss, and the share of labels that are the most probable ones;
  double right_share = 0;  // with judges_letters
};
/// Translates greedily, <unk> included.
ProtocolTest judge(const Protocol& protocol, const Architecture& model, const Codecs& codecs,
                   const data::ReferenceCorpus& text);

/// Followed is what the output layer sees of a batch, step by step, and what it should say.
struct Followed {
  Tensor rows;      // (N, R)
  Tensor labels;    // (N), -100 for steps that cost nothing
  int64_t counted;  // the labels that are not
  Tokens inputs;    // the words that the decoder has read
};
/// Runs the decoder over a batch in one pass, which the tape records. In place of a share 1 - teacher_forcing of the
/// sentences' words from the second on, or of the steps of the whole batch, it reads its own: the argmax of
/// logits * mask, whose rows are those of the labels; undefined: of the logits. Draws from default_rng().
Followed follow(const Protocol& protocol, const Architecture& model, const PackedBatch& batch, double teacher_forcing,
                const Tensor& mask = {});

/// Returns loss_factor * sum over steps of -log softmax(logits * mask) / steps, for a batch as formed_batch gives it.
BatchLoss protocol_loss(const Protocol& protocol, const Architecture& model, const PackedBatch& batch,
                        double teacher_forcing);
/// Returns the likelihood of a text as the protocol's validation measures it; `right` counts the labels that are the
/// most probable words, of this rank's batches.
Likelihood likelihood(const Protocol& protocol, const Architecture& model, const data::EncodedCorpus& corpus,
                      parallel::Communicator& ranks, int64_t* right = nullptr);

}  // namespace grus::seq2seq
