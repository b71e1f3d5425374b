#pragma once
// Guided alignment: attention learns from word alignments (Chen et al. 2016, arXiv 1607.01628); loss_of has the loss.
#include "data/pairs/alignment.h"
#include "data/pairs/corpus.h"
#include "seq2seq/likelihood.h"
#include "seq2seq/model_folder.h"

namespace grus::seq2seq {

/// The word of --guided-alignment that stands for links of our own aligner (data/pairs/word_aligner.h).
inline constexpr std::string_view own_aligner = "auto";

/// Returns links between the pieces of each training pair, from a file in Pharaoh's format or our own aligner; nothing
/// without options.guided_alignment. Links are between words as words_of has them, and every piece of a word has the
/// word's links. Throws DataError with file and line.
std::vector<data::Links> guided_links(const TrainOptions& options, const data::ParallelCorpus& train,
                                      const Codecs& codecs, const data::Notice& notice = {});

/// Returns a checksum of the links; "" where there are none.
std::string sum_of(const std::vector<data::Links>& links);

/// Returns the guide of a batch, given the links of every pair of its corpus.
Guide guide_of(const std::vector<data::Links>& links, const data::Batch& batch);

}  // namespace grus::seq2seq
