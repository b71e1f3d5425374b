// The subcommand `shortlist`: from sentence pairs to the words that a search then looks at.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "core/base/error.h"
#include "data/pairs/corpus.h"
#include "examples/support/program.h"
#include "examples/translate/commands.h"
#include "seq2seq/shortlist.h"
#include "training/terminal_line.h"

namespace grus::translate {
namespace {

// Returns the pairs as ids; those with a side of more than `longest` pieces are left out, and told of.
data::EncodedCorpus pairs_of(const MakeShortlistOptions& o, const Codecs& codecs) {
  const data::ParallelCorpus text = o.pairs.empty() ? data::read_parallel(o.source, o.target) : data::read_tsv(o.pairs);
  data::EncodedCorpus all = data::encode(text, codecs.source, codecs.target), pairs;
  const auto longest = static_cast<size_t>(o.max_length);
  for (size_t n = 0; n < all.source.size(); ++n) {
    if (std::max(all.source[n].size(), all.target[n].size()) > longest) continue;
    pairs.source.push_back(std::move(all.source[n]));
    pairs.target.push_back(std::move(all.target[n]));
  }
  const std::string& file = o.pairs.empty() ? o.source : o.pairs;
  require<DataError>(!pairs.source.empty(), "{}: need pairs of at most {} pieces, got none", file, longest);
  if (const size_t out = all.source.size() - pairs.source.size(); out > 0)
    complain(fmt::format("{} pairs left out: longer than {} pieces", out, longest));
  return pairs;
}

}  // namespace

int make_shortlist(const MakeShortlistOptions& o) {
  require<UsageError>(o.pairs.empty() != o.source.empty(),
                      "--train: need one file of pairs, or --train-src and --train-tgt");
  const ModelFolder folder = ModelFolder::of(o.model);
  const Codecs codecs = folder.load_codecs(folder.load_options());
  const data::EncodedCorpus pairs = pairs_of(o, codecs);
  training::TerminalLine line;
  const Shortlist list = Shortlist::learn(pairs, codecs.sizes(), o.list, [&](const std::string& stage, double nats) {
    line.show(fmt::format("alignment: {}, perplexity {:.1f}", stage, std::exp(nats)));
  });
  list.write(o.out, codecs);
  complain(fmt::format("{} sentence pairs, {} lines", pairs.source.size(), list.size()));
  return 0;
}

}  // namespace grus::translate
