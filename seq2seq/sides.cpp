#include "seq2seq/sides.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/text/tokenizers.h"

namespace grus::seq2seq {
namespace {

constexpr int64_t most_words = 10000000;

const char* ending(Side side) { return side == Side::source ? "src" : "tgt"; }

const std::string& vocab_text(const TrainOptions& o, Side side) {
  return side == Side::source ? o.source_vocab : o.target_vocab;
}

// A text of digits is a size; a file of such a name is written ./6000.
bool is_size(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void check_side(const TrainOptions& o, Side side) {
  const std::string& kind = tokenizer_of(o, side);
  const std::vector<std::string> kinds = data::tokenizer_kinds();
  const bool own = !(side == Side::source ? o.source_tokenizer : o.target_tokenizer).empty();
  require<UsageError>(!own || std::find(kinds.begin(), kinds.end(), kind) != kinds.end(),
                      "--tokenizer-{}: need one of {}, got '{}'", ending(side), fmt::join(kinds, ", "), Shown{kind});
  vocab_of(o, side);
  const std::string file = symbols_of(o, side);
  require<UsageError>(file.empty() || (!kind.empty() && !data::is_trained_kind(kind)),
                      "--vocab-{}: need --tokenizer-{} word, space or char for the symbols of {}, got {}", ending(side),
                      ending(side), Shown{file}, kind.empty() ? "none" : kind);
}

}  // namespace

const std::string& tokenizer_of(const TrainOptions& o, Side side) {
  const std::string& own = side == Side::source ? o.source_tokenizer : o.target_tokenizer;
  return own.empty() ? o.tokenizer : own;
}

int64_t vocab_of(const TrainOptions& o, Side side) {
  const std::string& own = vocab_text(o, side);
  if (!is_size(own)) return o.vocab;
  int64_t size = 0;
  const auto [end, error] = std::from_chars(own.data(), own.data() + own.size(), size);
  require<UsageError>(error == std::errc() && size <= most_words,
                      "--vocab-{}: need a size from 0 to {}, or a file of symbols, got '{}'", ending(side), most_words,
                      Shown{own});
  return size;
}

std::string symbols_of(const TrainOptions& o, Side side) {
  const std::string& own = vocab_text(o, side);
  return is_size(own) ? "" : own;
}

void check_sides(const TrainOptions& o) {
  check_side(o, Side::source);
  check_side(o, Side::target);
  if (!wants_joint_vocabulary(o.model)) return;
  const auto alone = [](const char* flag, const std::string& value) {
    require<UsageError>(value.empty(),
                        "--{}: need --tie output or none with it, got all, for which one vocabulary "
                        "serves both sides",
                        flag);
  };
  alone("tokenizer-src", o.source_tokenizer);
  alone("tokenizer-tgt", o.target_tokenizer);
  alone("vocab-src", o.source_vocab);
  alone("vocab-tgt", o.target_vocab);
}

}  // namespace grus::seq2seq
