// The subcommand `extract`: from sentence pairs to a phrase table.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "core/base/error.h"
#include "data/pairs/phrase_extract.h"
#include "data/pairs/phrase_table.h"
#include "data/read/text.h"
#include "data/text/tokenizers.h"
#include "examples/phrases/commands.h"
#include "examples/support/program.h"
#include "training/terminal_line.h"

namespace grus::phrases {
namespace {

using Words = std::vector<std::string>;

struct Sentences {
  std::vector<Words> source, target;
  data::EncodedCorpus ids;
};

// Reads pairs as they come: from one file, or line by line from two.
class PairReader {
 public:
  explicit PairReader(const ExtractOptions& o) : one_(o.source.empty()), first_(one_ ? o.pairs : o.source) {
    if (!one_) second_.emplace(o.target);
  }
  // Returns false at the end. Throws DataError for a bad pair.
  bool next(std::string& source, std::string& target) {
    const auto line = first_.next();
    if (one_) {
      if (!line) return false;
      const data::PhraseLine parsed = data::parse_phrase_line(*line, first_.name(), first_.number());
      source = parsed.source, target = parsed.target;
      return true;
    }
    const auto other = second_->next();
    ended_ = line.has_value() != other.has_value();
    require<DataError>(!ended_, "[corpus] need as many lines in both files, got {} in {} and more in {}",
                       (line ? *second_ : first_).number(), (line ? *second_ : first_).name(),
                       (line ? first_ : *second_).name());
    if (!line) return false;
    source = data::clean_line(*line, first_.name(), first_.number());
    target = data::clean_line(*other, second_->name(), second_->number());
    for (const auto* reader : {&first_, &*second_})
      require<DataError>(!data::split_spaces(reader == &first_ ? source : target).empty(),
                         "{}:{}: need a sentence, got a blank line", reader->name(), reader->number());
    return true;
  }
  int64_t number() const { return first_.number(); }
  // Tells whether one file came to its end before the other, which is no line to skip.
  bool ended() const { return ended_; }

 private:
  bool one_, ended_ = false;
  data::LineReader first_;
  std::optional<data::LineReader> second_;
};

// Skips bad pairs where asked to, and says so; alignments, when there are any, stay in step.
class PairWalk {
 public:
  explicit PairWalk(const ExtractOptions& o)
      : skip_bad_(o.skip_bad), pairs_(o), tokenizer_(data::make_tokenizer(o.tokenizer)) {
    if (!o.alignments.empty()) links_.emplace(o.alignments);
  }
  bool next(Words& source, Words& target, data::Links& links) {
    for (;;) {
      std::optional<std::string_view> link_line;
      if (links_) link_line = links_->next();
      try {
        std::string source_line, target_line;
        if (!pairs_.next(source_line, target_line)) {
          if (link_line)
            fail<UsageError>("--alignments: need a line a pair, got more in {} than {} pairs", links_->name(),
                             pairs_.number());
          return false;
        }
        if (links_ && !link_line)
          fail<UsageError>("--alignments: need a line a pair, got {} in {}", links_->number(), links_->name());
        source = tokenizer_->tokenize(source_line), target = tokenizer_->tokenize(target_line);
        if (links_)
          links = data::parse_links(*link_line, static_cast<int64_t>(source.size()),
                                    static_cast<int64_t>(target.size()), links_->name(), links_->number());
        return true;
      } catch (const DataError& error) {
        if (!skip_bad_ || pairs_.ended()) throw;
        if (skipped_++ == 0) first_ = error.what();
      }
    }
  }
  void report() const {
    if (skipped_ > 0) complain(fmt::format("{} of {} pairs skipped; the first: {}", skipped_, pairs_.number(), first_));
  }

 private:
  const bool skip_bad_;
  PairReader pairs_;
  std::unique_ptr<data::Tokenizer> tokenizer_;
  std::optional<data::LineReader> links_;
  int64_t skipped_ = 0;
  std::string first_;
};

std::vector<data::Links> learn_alignments(const std::vector<Words>& source, const std::vector<Words>& target,
                                          const data::AlignerOptions& options) {
  training::TerminalLine line;
  return data::align_words(source, target, options, [&](const std::string& stage, double nats) {
    line.show(fmt::format("alignment: {}, perplexity {:.1f}", stage, std::exp(nats)));
  });
}

}  // namespace

int extract(const ExtractOptions& o) {
  require<UsageError>(o.pairs.empty() != o.source.empty() && o.source.empty() == o.target.empty(),
                      "--pairs: need one file of pairs, or --src and --tgt");
  const bool own = o.alignments.empty();
  data::TextWriter out(o.out);
  std::optional<data::TextWriter> links_out;
  if (!o.alignments_out.empty()) links_out.emplace(o.alignments_out);
  data::PhraseTableBuilder builder(o.longest);
  std::vector<Words> sources, targets;
  std::vector<data::Links> links;
  Words source, target;
  data::Links given;
  int64_t overlong = 0;
  PairWalk walk(o);
  while (walk.next(source, target, given)) {
    if (own && std::max(source.size(), target.size()) > static_cast<size_t>(o.max_length)) {
      ++overlong;
      continue;
    }
    sources.push_back(source);
    targets.push_back(target);
    if (!own) links.push_back(given);
  }
  walk.report();
  const std::string& file = o.pairs.empty() ? o.source : o.pairs;
  require<DataError>(!sources.empty(), "{}: need sentence pairs, got none{}", file,
                     overlong > 0 ? fmt::format(" (of {}, all are longer than {} words)", overlong, o.max_length) : "");
  if (overlong > 0) complain(fmt::format("{} pairs left out: longer than {} words", overlong, o.max_length));
  if (own) links = learn_alignments(sources, targets, o.aligner);
  if (links_out) {
    for (const data::Links& one : links) links_out->write(data::format_links(one) + "\n");
    links_out->commit();
  }
  for (size_t n = 0; n < links.size(); ++n) builder.add(sources[n], targets[n], links[n]);
  builder.write(out, o.least);
  out.commit();
  complain(fmt::format("{} sentence pairs, {} distinct phrase pairs", sources.size(), builder.size()));
  return 0;
}

}  // namespace grus::phrases
