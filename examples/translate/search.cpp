// What every command needs that translates: its models, and how they search.
#include "examples/seq2seq/model_flags.h"
#include "examples/translate/commands.h"

namespace grus::translate {

options::Table search_rows(UseOptions& options) {
  const std::string_view g = "Search";
  return {
      {"beam", g, &options.beam, "hypotheses on their way; 1: greedy", 1, 1000},
      {"length-penalty", g, &options.length_penalty, "A: scores are log p / words^A", 0, 10},
      {"max-length", g, &options.max_length, "words at most; 0: twice the source and ten, 1000 at most", 0, 100000},
      {"enough", g, &options.enough, "stop at so many ended translations that no live one outdoes; 0: the beam", 0,
       1000},
      {"prune", g, &options.prune, "give up what is so many nats behind the best; 0: nothing", 0, 1e6},
  };
}

options::Table batch_rows(UseOptions& options) {
  return {{"batch", "Machine", &options.batch, "sentences at a time, on each thread", 1, 100000}};
}

Translator load_models(const UseOptions& options) {
  tasks::use_machine(options.machine);
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
