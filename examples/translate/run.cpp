// The subcommand `run`: standard input to standard output, line by line.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "data/pairs/n_best_list.h"
#include "data/read/line_reader.h"
#include "data/read/text.h"
#include "examples/support/standard_input.h"
#include "examples/translate/commands.h"
#include "seq2seq/alignment_json.h"

namespace grus::translate {
namespace {

// A Chunk is lines that translate, and the error of the one that follows, which ends the run once they are printed.
struct Chunk {
  std::vector<std::string> lines;
  std::vector<std::vector<int32_t>> prefixes;  // of each line, where any are given
  std::exception_ptr error;
};

/// Reads lines and how their translations begin.
class Input {
 public:
  Input(const RunOptions& options, const Translator& models)
      : options_(options), models_(models), input_(longest_line) {
    if (!options.prefix.empty()) prefixes_.emplace(options.prefix);
  }

  // Returns up to `most` lines; the rest of a chunk stays for the next call. A terminal gives one line at a time.
  Chunk read(size_t most) {
    Chunk chunk;
    try {
      while (chunk.lines.size() < most && read_line(chunk)) {
      }
    } catch (const DataError&) {
      chunk.error = std::current_exception();
    }
    return chunk;
  }

 private:
  bool read_line(Chunk& chunk) {
    const std::optional<std::string_view> raw = input_.next();
    if (!raw) {
      require<DataError>(!prefixes_ || !prefixes_->next(), "{}:{}: need as many lines as {}, {}, got more",
                         options_.prefix, count_ + 1, StandardInput::name, count_);
      return false;
    }
    std::string line = data::clean_line(*raw, StandardInput::name, input_.number());
    ++count_;
    if (options_.prefix_column) {
      const size_t tab = std::min(line.find('\t'), line.size());
      add_prefix(chunk, line.substr(std::min(tab + 1, line.size())), std::string(StandardInput::name));
      line.resize(tab);
    } else if (prefixes_) {
      const std::optional<std::string_view> prefix = prefixes_->next();
      require<DataError>(prefix.has_value(), "{}: need a line for each of {}, got {}", options_.prefix,
                         StandardInput::name, count_ - 1);
      add_prefix(chunk, data::clean_line(*prefix, options_.prefix, input_.number()), options_.prefix);
    }
    chunk.lines.push_back(std::move(line));
    return true;
  }

  void add_prefix(Chunk& chunk, const std::string& text, const std::string& name) {
    chunk.prefixes.push_back(std::move(models_.prefixes({text}, name, input_.number()).front()));
  }

  const RunOptions& options_;
  const Translator& models_;
  StandardInput input_;
  std::optional<data::LineReader> prefixes_;
  int64_t count_ = 0;  // lines so far
};

void print_translations(const std::vector<Translation>& translations, int64_t index, bool n_best) {
  if (!n_best) {
    fmt::print("{}\n", translations.front().text);
    return;
  }
  for (const Translation& t : translations)
    fmt::print("{}\n",
               data::format_n_best(
                   {index, t.text, fmt::format("logp= {:.6f} words= {}", t.log_probability, t.words), t.score}));
}

SearchOptions search_of(const RunOptions& options) {
  SearchOptions search = search_options(options.use);
  search.n_best = options.n_best;
  search.weights = !options.alignments.empty();
  if (!options.sample) return search;
  search.sample = options.draw;
  search.seed = static_cast<uint64_t>(options.seed);
  search.batch_rows = options.use.batch * options.n_best;
  return search;
}

}  // namespace

int run(const RunOptions& options) {
  require<UsageError>(options.sample || options.n_best <= options.use.beam,
                      "--n-best: need at most the --beam of {}, got {}", options.use.beam, options.n_best);
  const Translator models = load_models(options.use);
  const Architecture& first = *models.first().model;
  const std::shared_ptr<const Shortlist> shortlist = load_shortlist(options.use, models);
  SearchOptions search = search_of(options);
  search.shortlist = shortlist.get();
  require<UsageError>(!search.weights || first.has_attention(),
                      "--alignments: need a model with attention, got --arch {}", first.name());
  std::optional<AtomicFile> alignments;
  if (search.weights) alignments.emplace(options.alignments);
  const size_t most = lines_at_once(options.use.batch, static_cast<size_t>(options.use.batch) * 16);
  Input input(options, models);
  int64_t index = 0;
  for (;;) {
    const Chunk chunk = input.read(most);
    if (chunk.lines.empty()) {
      if (chunk.error) std::rethrow_exception(chunk.error);
      break;
    }
    search.first = static_cast<uint64_t>(index);
    search.prefixes = std::span(chunk.prefixes).first(chunk.prefixes.empty() ? 0 : chunk.lines.size());
    for (const std::vector<Translation>& translations : models.n_best(chunk.lines, search)) {
      print_translations(translations, index++, options.n_best_given);
      if (!alignments) continue;
      const Alignment& best = translations.front().alignment;
      alignments->write(alignment_line(best, options.alignment_format));
    }
    const bool written = std::fflush(stdout) == 0;
    require<Error>(written, "standard output: {}", std::strerror(errno));
    if (chunk.error) std::rethrow_exception(chunk.error);
  }
  if (alignments) alignments->commit();
  return 0;
}

}  // namespace grus::translate
