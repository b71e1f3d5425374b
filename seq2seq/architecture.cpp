#include "seq2seq/architecture.h"

#include <fmt/format.h>

#include "core/base/use_only.h"
#include "data/pairs/batch.h"

namespace grus::seq2seq {

Tokens pack_tokens(std::span<const std::vector<int32_t>> sentences) {
  const data::PackedIds packed = data::pack_ids(sentences, {.sos = false, .eos = false});
  return {packed.tensor(), packed.lengths};
}

// Each architecture has a line here and one in meson.build.
extern const ArchitectureKind bahdanau_kind;
extern const ArchitectureKind rnn_encdec_kind;
extern const ArchitectureKind sutskever_kind;
extern const ArchitectureKind mindspore_gru_kind;
extern const ArchitectureKind ascend_gru_kind;
extern const ArchitectureKind keras_listing_kind;
extern const ArchitectureKind pytorch_listing_kind;

// Models of protocols are there to be compared, and a build for use alone has none.
std::span<const ArchitectureKind* const> architecture_kinds() {
  if constexpr (use_only) {
    static constexpr const ArchitectureKind* of_papers[] = {&bahdanau_kind, &rnn_encdec_kind, &sutskever_kind};
    return of_papers;
  } else {
    static constexpr const ArchitectureKind* kinds[] = {&bahdanau_kind,       &rnn_encdec_kind, &sutskever_kind,
                                                        &mindspore_gru_kind,  &ascend_gru_kind, &keras_listing_kind,
                                                        &pytorch_listing_kind};
    return kinds;
  }
}

const ArchitectureKind& architecture_kind(std::string_view name) {
  std::vector<std::string_view> names;
  for (const ArchitectureKind* kind : architecture_kinds()) {
    if (kind->name == name) return *kind;
    names.push_back(kind->name);
  }
  fail("--arch: need {}, got '{}'", fmt::join(names, " or "), name);
}

std::unique_ptr<Architecture> make_architecture(const ModelOptions& options, VocabSizes sizes, Rng& rng) {
  const ArchitectureKind& kind = architecture_kind(options.arch);
  kind.check(options);
  return kind.make(options, sizes, rng);
}

std::unique_ptr<Architecture> make_architecture(const TrainOptions& options, VocabSizes sizes) {
  Rng rng(static_cast<uint64_t>(options.seed));
  return make_architecture(options.model, sizes, rng);
}

void use_recipe(TrainOptions& o) { architecture_kind(o.model.arch).use_recipe(o); }
void use_paper_recipe(TrainOptions& o) { architecture_kind(o.model.arch).use_paper_recipe(o); }

}  // namespace grus::seq2seq
