// What every command needs that translates: its models, and how they search.
#include "examples/seq2seq/model_flags.h"
#include "examples/support/machine.h"
#include "examples/translate/commands.h"

namespace grus::translate {

Translator load_models(const UseOptions& options) {
  use_machine(options.device, options.threads, options.precision);
  return load_translator(options.model, options.rescore);
}

SearchOptions search_options(const UseOptions& options) {
  return {.beam = options.beam,
          .length_penalty = options.length_penalty,
          .max_length = options.max_length,
          .enough = options.enough,
          .prune = options.prune,
          .batch_rows = options.batch * options.beam};
}

std::shared_ptr<const Shortlist> load_shortlist(const UseOptions& options, const Translator& models) {
  if (options.shortlist.empty()) return nullptr;
  return std::make_shared<const Shortlist>(Shortlist::read(options.shortlist, models.first().codecs));
}

}  // namespace grus::translate
