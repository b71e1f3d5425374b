#pragma once
// A protocol is a published program's own way to train and judge a translator: the settings of its architecture's
// recipe (--paper) and what no option says, which only a comparison with that program needs. docs/protocols.md has
// their sources and figures.
// Sources: protocol.cpp, protocol_text.cpp, protocol_training.cpp.
#include <span>

#include "optim/schedule.h"
#include "seq2seq/corpora.h"
#include "seq2seq/likelihood.h"

namespace grus::seq2seq {

/// A Protocol is a row of the table; 0 and false stand for what every other training does.
struct Protocol {
  std::string_view name;                 // that of its architecture, too
  bool vocabulary_of_all_splits;         // validation and test text count as text to learn words from
  int64_t most_words;                    // test pairs with more words on a side are left out
  int64_t target_steps;                  // targets are filled up with <pad>, which counts in the loss
  double loss_factor;                    // of the mean over target steps
  bool forces_sentences;                 // --teacher-forcing draws once a sentence instead of once a step
  double logits_dropout;                 // of what the softmax sees, also where the decoder chooses its own words
  double clip_each;                      // the largest norm of each gradient alone
  optim::Schedule (*schedule)(int64_t);  // of a run of so many updates
  bool references_through_vocabulary;    // a test reference's rare words read <unk>, which the model may say
};

std::span<const Protocol> protocols();
/// Returns the protocol that the options name, or null for none.
const Protocol* protocol_of(const TrainOptions& options);
/// Sets the architecture and the settings of a protocol. Throws UsageError for an unknown name.
void use_protocol(TrainOptions& options, std::string_view name);
/// Throws UsageError for the first option of model, text or training that is not the protocol's; those that say how
/// long a run is and how it is watched are free.
void require_protocol(const TrainOptions& options);

/// Returns the text that vocabularies are learnt from: the training text, with the first references of the other splits
/// where the protocol takes them.
data::ParallelCorpus vocabulary_text(const TrainOptions& options, const Corpora& corpora);

/// A ProtocolTest is a test text as a protocol judges it.
struct ProtocolTest {
  double bleu;
  int64_t pairs;  // those that are not left out
};
/// Translates greedily, <unk> included, in at most target_steps steps.
ProtocolTest judge(const Protocol& protocol, const Architecture& model, const Codecs& codecs,
                   const data::ReferenceCorpus& text);

/// Returns the batch with the decoder's own words in place of a share 1 - teacher_forcing of the targets, which it
/// reads from their second step on; or of the steps, as with_own_words has it. A word is the argmax of logits * mask,
/// whose rows are those of the labels; undefined: of the logits. Draws from default_rng().
PackedBatch with_own_words(const Protocol& protocol, Architecture& model, const PackedBatch& batch,
                           double teacher_forcing, const Tensor& mask);

/// Returns loss_factor * mean over steps of -log softmax(logits * mask), for a batch whose targets are filled up as the
/// protocol has it (padding.h).
BatchLoss protocol_loss(const Protocol& protocol, Architecture& model, PackedBatch batch, double teacher_forcing);

}  // namespace grus::seq2seq
