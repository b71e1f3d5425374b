#pragma once
// The model of the peers torch_bahdanau.py and torch_decode.py, under the same parameter names, and their fixed input.
#include <string>
#include <unordered_map>

#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "ops/sequence/attention_gru.h"

namespace grus::bench {

inline constexpr int32_t UNK = 0, PAD = 1, SOS = 2, EOS = 3;

/// Tokens seen at least twice in the whole file, most frequent first, from id 4 on.
using PeerVocab = std::unordered_map<std::string, int32_t>;
PeerVocab peer_vocab(const std::string& path);
/// Returns <sos> ids <eos> of the first `limit` lines.
std::vector<std::vector<int32_t>> peer_rows(const std::string& path, const PeerVocab& vocab, int64_t limit);

/// A ragged batch holds packed ids (N), and the lengths.
struct PackedIds {
  Tensor ids;
  Lengths lengths;
};
/// Returns rows[begin, end) without their last `drop` tokens (1: what a decoder reads), from token `skip` on (1: what
/// it predicts).
PackedIds packed_ids(const std::vector<std::vector<int32_t>>& rows, int64_t begin, int64_t end, int64_t skip,
                     int64_t drop);

class PeerModel : public nn::Module<PeerModel> {
 public:
  PeerModel(int64_t source_vocab, int64_t target_vocab, double dropout, Rng& rng);

  struct Encoded {
    AttentionMemory memory;
    Tensor h;  // (B, H), the decoder's first state
  };
  Encoded encode(const PackedIds& source) const;
  /// Returns the mean cross-entropy over the target places.
  Tensor forward(const PackedIds& source, const PackedIds& inputs, const Tensor& targets) const;
  AttentionGruWeights decoder() const;
  Tensor embedded(const nn::Embedding& table, const PackedIds& ids) const;
  /// Counts of elements: the weights that each source place is multiplied by, those of them that the recurrence needs
  /// again at every step, and the weights that each target place is multiplied by.
  int64_t source_weights() const;
  int64_t recurrent_source_weights() const;
  int64_t target_weights() const;

  double dropout;
  nn::Embedding source_embedding;
  nn::Gru encoder;
  nn::Linear bridge, query, key, score;
  nn::Embedding target_embedding;
  nn::GruCell cell;
  nn::Linear output;
};

}  // namespace grus::bench
