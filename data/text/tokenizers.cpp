#include "data/text/tokenizers.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "data/text/sentencepiece.h"
#include "data/text/word_tokenizer.h"

namespace grus::data {
namespace {

class SpaceTokenizer : public Tokenizer {
 public:
  std::string kind() const override { return "space"; }
  std::vector<std::string> tokenize(std::string_view line) const override {
    const auto tokens = split_spaces(line);
    return {tokens.begin(), tokens.end()};
  }
  std::string detokenize(const std::vector<std::string>& pieces) const override {
    return fmt::format("{}", fmt::join(pieces, " "));
  }
};

class CharTokenizer : public Tokenizer {
 public:
  explicit CharTokenizer(bool verbatim) : verbatim_(verbatim) {}
  std::string kind() const override { return verbatim_ ? "verbatim" : "char"; }
  std::vector<std::string> tokenize(std::string_view line) const override {
    const std::string text = verbatim_ ? std::string(line) : collapse_spaces(line);
    std::vector<std::string> pieces;
    for (const std::string_view point : split_code_points(text)) pieces.emplace_back(point == " " ? space : point);
    return pieces;
  }
  std::string detokenize(const std::vector<std::string>& pieces) const override {
    std::string text;
    for (const std::string& piece : pieces) text += piece == space ? std::string_view(" ") : std::string_view(piece);
    return text;
  }

 private:
  static constexpr std::string_view space = "\u2581";
  const bool verbatim_;
};

}  // namespace

std::vector<std::string> tokenizer_kinds() {
  if (sentencepiece_available()) return {"bpe", "unigram", "word", "space", "char", "verbatim"};
  return {"word", "space", "char", "verbatim"};
}

std::unique_ptr<Tokenizer> space_tokenizer() { return std::make_unique<SpaceTokenizer>(); }
std::unique_ptr<Tokenizer> char_tokenizer() { return std::make_unique<CharTokenizer>(false); }
std::unique_ptr<Tokenizer> verbatim_tokenizer() { return std::make_unique<CharTokenizer>(true); }

std::unique_ptr<Tokenizer> make_tokenizer(std::string_view kind, std::string_view model) {
  if (kind == "space") return space_tokenizer();
  if (kind == "char") return char_tokenizer();
  if (kind == "verbatim") return verbatim_tokenizer();
  if (kind == "word") return word_tokenizer();
  if (is_trained_kind(kind)) return load_sentencepiece(kind, model);
  fail("[tokenizer] need one of {}, got '{}'", fmt::join(tokenizer_kinds(), ", "), Shown{kind});
}

}  // namespace grus::data
