#include "tests/bench/peer_model.h"

#include <algorithm>

#include "data/pairs/batch.h"
#include "data/read/text.h"
#include "ops/loss/linear_cross_entropy.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"

namespace grus::bench {
namespace {
constexpr int64_t E = 256, H = 512;
}

PeerVocab peer_vocab(const std::string& path) {
  std::unordered_map<std::string, int64_t> counts;
  std::vector<std::string> seen;  // in order: equally frequent tokens keep it
  for (const std::string& line : data::read_lines(path))
    for (std::string_view token : data::split_spaces(line))
      if (counts[std::string(token)]++ == 0) seen.emplace_back(token);
  std::stable_sort(seen.begin(), seen.end(), [&](const auto& a, const auto& b) { return counts[a] > counts[b]; });
  PeerVocab vocab;
  for (const std::string& token : seen)
    if (counts[token] >= 2) vocab.emplace(token, static_cast<int32_t>(vocab.size()) + 4);
  return vocab;
}

std::vector<std::vector<int32_t>> peer_rows(const std::string& path, const PeerVocab& vocab, int64_t limit) {
  std::vector<std::vector<int32_t>> rows;
  for (const std::string& line : data::read_lines(path)) {
    if (static_cast<int64_t>(rows.size()) == limit) break;
    std::vector<int32_t>& row = rows.emplace_back(1, SOS);
    for (std::string_view token : data::split_spaces(line)) {
      const auto found = vocab.find(std::string(token));
      row.push_back(found == vocab.end() ? UNK : found->second);
    }
    row.push_back(EOS);
  }
  return rows;
}

PackedIds packed_ids(const std::vector<std::vector<int32_t>>& rows, int64_t begin, int64_t end, int64_t skip,
                     int64_t drop) {
  std::vector<std::vector<int32_t>> parts;
  for (auto row = rows.begin() + begin; row != rows.begin() + end; ++row)
    parts.emplace_back(row->begin() + skip, row->end() - drop);
  const data::PackedIds packed = data::pack_ids(parts, {.sos = false, .eos = false});
  return {packed.tensor(), packed.lengths};
}

PeerModel::PeerModel(int64_t source_vocab, int64_t target_vocab, double dropout, Rng& rng)
    : dropout(dropout),
      source_embedding(child("src_emb", nn::Embedding({.count = source_vocab, .width = E, .padding_index = PAD}, rng))),
      encoder(child("encoder", nn::Gru({.input = E, .hidden = H, .bidirectional = true}, rng))),
      bridge(child("bridge", nn::Linear(2 * H, H, rng))),
      query(child("attn_h", nn::Linear(H, H, rng))),
      key(child("attn_e", nn::Linear(2 * H, H, rng, {.bias = false}))),
      score(child("attn_v", nn::Linear(H, 1, rng, {.bias = false}))),
      target_embedding(child("tgt_emb", nn::Embedding({.count = target_vocab, .width = E, .padding_index = PAD}, rng))),
      cell(child("cell", nn::GruCell({.input = E + 2 * H, .hidden = H}, rng))),
      output(child("out", nn::Linear(H + 2 * H + E, target_vocab, rng))) {}

Tensor PeerModel::embedded(const nn::Embedding& table, const PackedIds& ids) const {
  const Tensor x = table(ids.ids);
  return is_training() && dropout > 0 ? grus::dropout(x, dropout, default_rng(), ids.lengths.packed_rows()) : x;
}

PeerModel::Encoded PeerModel::encode(const PackedIds& source) const {
  const Output states = encoder.forward_packed(embedded(source_embedding, source), source.lengths);
  return {{key(states.y), states.y, source.lengths}, tanh(bridge(concat({states.state.h[0], states.state.h[1]}, 1)))};
}

AttentionGruWeights PeerModel::decoder() const {
  return {{}, cell.weights, query.weight, query.bias, score.weight.tensor().reshape({H}), {}};
}

int64_t PeerModel::recurrent_source_weights() const {
  return encoder.cell(0, 0).weight_hh.numel() + encoder.cell(0, 1).weight_hh.numel();
}

int64_t PeerModel::source_weights() const {
  return recurrent_source_weights() + encoder.cell(0, 0).weight_ih.numel() + encoder.cell(0, 1).weight_ih.numel() +
         key.weight.numel();
}

int64_t PeerModel::target_weights() const {
  return query.weight.numel() + cell.weights.weight_ih.numel() + cell.weights.weight_hh.numel() + output.weight.numel();
}

Tensor PeerModel::forward(const PackedIds& source, const PackedIds& inputs, const Tensor& targets) const {
  const Encoded encoded = encode(source);
  const Tensor words = embedded(target_embedding, inputs);
  const Output decoded = attention_gru(words, inputs.lengths, encoded.h, encoded.memory, decoder());
  return linear_cross_entropy(concat({decoded.y, decoded.attention.context, words}, 1), output.weight, output.bias,
                              targets)
      .loss;
}

}  // namespace grus::bench
