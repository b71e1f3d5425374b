// Our encoder of SentencePiece models beside the library's.
#include "data/text/sentencepiece_encoder.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>

#include "core/base/error.h"
#include "core/base/split_mix.h"
#include "data/pairs/corpus.h"
#include "data/read/text.h"
#include "tests/data/files.h"
#include "tests/support/skip.h"

using namespace grus;
using namespace grus::data;
using test::message_of;

namespace {

// A field of protobuf's wire format that has bytes.
std::string field(int number, const std::string& bytes) {
  std::string text(1, static_cast<char>(number << 3 | 2));
  size_t size = bytes.size();
  for (; size >= 128; size >>= 7) text += static_cast<char>(size | 128);
  return text + static_cast<char>(size) + bytes;
}

std::string piece(const std::string& text, float score, PieceType type = PieceType::normal) {
  std::string bytes(reinterpret_cast<const char*>(&score), 4);
  return field(1, field(1, text) + "\x15" + bytes + "\x18" + static_cast<char>(type));
}

// A model of these pieces behind "<unk>"; kind 1 is unigram, 2 bpe.
std::string model_of(int kind, const std::string& pieces, const std::string& charsmap = {}) {
  return piece("<unk>", 0, PieceType::unknown) + pieces + field(2, std::string("\x18") + static_cast<char>(kind)) +
         field(3, charsmap.empty() ? "" : field(2, charsmap));
}

std::string refusal_of(const std::string& bytes) {
  return message_of<DataError>([&] { SentencePieceEncoder{bytes}; });
}

using Pieces = std::vector<std::string>;

}  // namespace

TEST_CASE("sentencepiece encoder: bpe merges the highest score first, of equal ones the leftmost") {
  const std::string bytes = model_of(2, piece("\u2581", -9) + piece("a", -9) + piece("b", -9) + piece("aa", -1) +
                                            piece("ab", -2) + piece("\u2581a", -3) + piece("aab", -4));
  const SentencePieceEncoder encoder(bytes);
  CHECK(encoder.encode("aaab") == Pieces{"\u2581", "aa", "ab"});
  CHECK(encoder.encode("aab b") == Pieces{"\u2581", "aab", "\u2581", "b"});
  CHECK(encoder.encode("xyz a") == Pieces{"\u2581", "xyz", "\u2581a"});
}

TEST_CASE(
    "sentencepiece encoder: unigram takes the cut of the highest sum, unknown characters cost the least score and 10") {
  const std::string pieces =
      piece("\u2581", -1) + piece("a", -4) + piece("b", -4) + piece("ab", -7) + piece("xy", -30) + piece("aa", -8);
  const std::string bytes = model_of(1, pieces + piece("bb", -9)), better = model_of(1, pieces + piece("bb", -7.9f));
  CHECK(SentencePieceEncoder(bytes).encode("abb") == Pieces{"\u2581", "ab", "b"});
  CHECK(SentencePieceEncoder(better).encode("abb") == Pieces{"\u2581", "ab", "b"});
  CHECK(SentencePieceEncoder(better).encode("bb") == Pieces{"\u2581", "bb"});
  CHECK(SentencePieceEncoder(better).encode("axy") == Pieces{"\u2581", "a", "xy"});  // -30 beats -80
  CHECK(SentencePieceEncoder(better).encode("aa") == Pieces{"\u2581", "aa"});  // of equal sums the longer last piece
  CHECK(SentencePieceEncoder(better).encode("yxz") == Pieces{"\u2581", "yxz"});
}

TEST_CASE("sentencepiece encoder: a damaged model is one sentence that says how") {
  const std::string good = piece("a", 1);
  CHECK(refusal_of(model_of(1, good)) == "nothing thrown");
  const std::pair<std::string, const char*> bad[] = {
      {"", "without its normalizer"},
      {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "cut short"},
      {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "more than ten bytes"},
      {"\x0b", "a field of an unknown type"},
      {model_of(1, good).substr(0, 9), "cut short"},
      {model_of(1, piece("", 1)), "an empty piece"},
      {model_of(1, piece(std::string(2049, 'a'), 1)), "more than 2048 bytes"},
      {model_of(1, piece("\xff", 1)), "a piece that is no text"},
      {model_of(1, piece(std::string("a\0b", 3), 1)), "a piece that is no text"},
      {model_of(1, piece("a", std::numeric_limits<float>::quiet_NaN())), "a score that is no finite number"},
      {model_of(1, piece("a", 1, static_cast<PieceType>(7))), "a piece of an unknown type"},
      {model_of(1, good + good), "got 'a' twice"},
      {model_of(1, piece("b", 0, PieceType::unknown)), "a single piece for what is unknown"},
      {model_of(1, piece("<0x41>", 0, PieceType::byte)), "a byte that it does not use"},
      {model_of(3, good), "neither of unigram nor of bpe"},
      {model_of(1, good) + field(2, std::string("\x98\x02\x01", 3)), "without all the bytes that it uses"},
  };
  for (const auto& [bytes, words] : bad) {
    CAPTURE(words);
    const std::string message = refusal_of(bytes);
    CHECK_MESSAGE(message.find(words) != std::string::npos, message);
    CHECK(message.starts_with("[tokenizer] need "));
  }
}

TEST_CASE("sentencepiece encoder: a table of replacements that leads out of itself is refused") {
  const auto charsmap = [](std::vector<uint32_t> units, const std::string& texts, size_t count = 256) {
    units.resize(count);
    const auto size = static_cast<uint32_t>(4 * count);
    std::string bytes(reinterpret_cast<const char*>(&size), 4);
    return bytes.append(reinterpret_cast<const char*>(units.data()), size) + texts;
  };
  const std::string pieces = piece("b", 1), text("b\0", 2);
  // 'a' leads from unit 0 to unit 1 ^ 'a', whose value stands in the unit beside it.
  std::vector<uint32_t> units(256);
  units[0] = 1 << 10;
  units[1 ^ 'a'] = 'a' | 0x100 | 1 << 10;
  units['a'] = uint32_t{1} << 31;
  const std::string good = model_of(1, pieces, charsmap(units, text));
  CHECK(SentencePieceEncoder(good).encode("aab") == Pieces{"\u2581", "b", "b", "b"});
  const auto broken = [&](size_t at, uint32_t unit) {
    std::vector<uint32_t> other = units;
    other[at] = unit;
    return refusal_of(model_of(1, pieces, charsmap(other, text)));
  };
  const std::string sound = "[tokenizer] need a SentencePiece model with a sound table of replacements, got ";
  CHECK(broken(0, 1 << 18) == sound + "one that leads out of itself");
  CHECK(broken(0, 1 << 10 | 0x200) == sound + "one that leads out of itself");
  CHECK(broken(1 ^ 'a', 'a' | 0x100 | 2 << 10) == sound + "one that leads out of itself");
  CHECK(broken('a', uint32_t{1} << 31 | 2) == sound + "a value that leads out of it");
  CHECK(broken(0, uint32_t{1} << 31) == sound + "one that begins with a value");
  CHECK(refusal_of(model_of(1, pieces, charsmap(units, "b"))) == sound + "a text without an end");
  CHECK(refusal_of(model_of(1, pieces, charsmap(units, text, 255))) == sound + "one of another size");
  CHECK(refusal_of(model_of(1, pieces, "abc")) == sound + "one that is cut short");
  // What leads back to where it came from ends with the text.
  units[1 ^ 'a'] = 'a' | 1 << 10 | static_cast<uint32_t>('a' << 10);
  const std::string cyclic = model_of(1, pieces, charsmap(units, text));
  CHECK(SentencePieceEncoder(cyclic).encode("aab") == Pieces{"\u2581aa", "b"});
}

#if GRUS_SENTENCEPIECE
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

namespace {

using Options = std::unordered_map<std::string, std::string>;

class LineIterator : public sentencepiece::SentenceIterator {
 public:
  explicit LineIterator(const Pieces& lines) : lines_(lines) {}
  bool done() const override { return at_ == lines_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return lines_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const Pieces& lines_;
  size_t at_ = 0;
};

// Some of the excerpt, and what it has none of.
Pieces real_lines() {
  const char* folder = std::getenv("GRUS_EXCERPT");
  const ParallelCorpus train = read_tsv(std::string(folder ? folder : "examples/translate/data") + "/train.tsv.gz");
  Pieces lines(train.source.begin(), train.source.begin() + 700);
  lines.insert(lines.end(), train.target.begin(), train.target.begin() + 700);
  for (const char* line :
       {"ｆｕｌｌ　ｗｉｄｔｈ ½ ﬁn …", "Ça va? e\u0301t\u00e9 𝄞 clé", "日本語 の 文 です", "ab abab <sep> ab 12 345"})
    lines.insert(lines.end(), 3, line);
  return lines;
}

std::string trained(Options options, const Pieces& lines) {
  const Options always = {{"vocab_size", "500"},
                          {"hard_vocab_limit", "false"},
                          {"character_coverage", "1.0"},
                          {"num_threads", "1"},
                          {"minloglevel", "3"}};
  options.insert(always.begin(), always.end());
  LineIterator iterator(lines);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(options, &iterator, &model);
  REQUIRE_MESSAGE(status.ok(), status.ToString());
  return model;
}

// Text of letters that models know and of those that they do not, of spaces of many kinds, and of control characters.
std::string drawn(SplitMix& random) {
  static const Pieces parts = {"a",  "b",       "e",      "th",           "the ",   " ",          "  ",     "\t",
                               "é",  "e\u0301", "\u2581", "\u00a0",       "\u3000", "\u200b",     "\u200d", "ｆ",
                               "½",  "ﬁ",       "日本",   "文",           "𝄞",      "\U0001F600", "\x01",   "\x7f",
                               "\r", "\u0085",  "<sep>",  "<unk>",        "<s>",    "<0x41>",     "ab",     "1",
                               "23", "\ufffd",  "한",     "\u1100\u1161", "А",      "Ω",          "ß",      ".",
                               "!?", "'",       "\u2028"};
  std::string text;
  for (uint64_t left = random.next() % 40; left > 0; --left) text += parts[random.next() % parts.size()];
  return text;
}

Pieces test_lines() {
  Pieces lines = real_lines();
  lines.insert(lines.end(),
               {"", " ", "   ", "\t", "\u2581", "\u2581\u2581 ", std::string("a\0b", 3), std::string(1, '\0')});
  SplitMix random(1);
  for (int i = 0; i < 3000; ++i) lines.push_back(drawn(random));
  std::string longest;
  while (longest.size() < 100000) longest += drawn(random);
  lines.push_back(longest);
  lines.push_back(std::string(50000, 'a'));
  return lines;
}

// Pieces that no text need have given, to be joined.
Pieces drawn_pieces(SplitMix& random, const SentencePieceModel& model) {
  Pieces pieces;
  for (uint64_t left = random.next() % 12; left > 0; --left)
    pieces.push_back(random.next() % 4 == 0 ? drawn(random)
                                            : std::string(model.pieces[random.next() % model.pieces.size()].text));
  std::erase(pieces, "");
  return pieces;
}

void check_equal(const std::string& model, const Pieces& lines) {
  sentencepiece::SentencePieceProcessor theirs;
  REQUIRE(theirs.LoadFromSerializedProto(model).ok());
  const SentencePieceEncoder ours(model);
  int wrong = 0;
  const auto same = [&](const auto& a, const auto& b, const std::string& of) {
    if (a == b || ++wrong > 3) return;
    FAIL_CHECK("another answer to '" << of << "'");
  };
  SplitMix random(2);
  for (const std::string& line : lines) {
    Pieces cut;
    std::string joined;
    REQUIRE(theirs.Encode(line, &cut).ok());
    same(ours.encode(line), cut, line);
    for (const Pieces& pieces : {cut, drawn_pieces(random, ours.model())}) {
      REQUIRE(theirs.Decode(pieces, &joined).ok());
      same(ours.decode(pieces), joined, line);
    }
  }
  CHECK(wrong == 0);
}

// Gives every third of the pieces that are text this type.
std::string with_some_pieces(const std::string& model, PieceType type) {
  const SentencePieceModel read = read_sentencepiece_model(model);
  std::string bytes;
  int i = 0;
  for (const SentencePiece& one : read.pieces)
    bytes += piece(std::string(one.text), one.score, one.type == PieceType::normal && i++ % 3 == 0 ? type : one.type);
  return bytes + field(2, std::string("\x18") + (read.kind == "bpe" ? "\x02" : "\x01")) +
         field(3, field(2, std::string(read.normalizer.charsmap)));
}

}  // namespace

TEST_CASE("sentencepiece encoder: gives the library's pieces and text for every line and model") {
  const Pieces lines = real_lines(), tested = test_lines();
  const Options all[] = {{{"normalization_rule_name", "identity"}},
                         {{"normalization_rule_name", "nmt_nfkc_cf"}},
                         {{"byte_fallback", "true"}},
                         {{"user_defined_symbols", "<sep>,ab,aba,é,\u2581the"}, {"normalization_rule_name", "nfkc"}},
                         {{"treat_whitespace_as_suffix", "true"}},
                         {{"remove_extra_whitespaces", "false"}, {"byte_fallback", "true"}},
                         {{"add_dummy_prefix", "false"}, {"split_by_whitespace", "false"}},
                         {{"control_symbols", "<sep>"}, {"unk_surface", "?"}, {"unk_piece", "<?>"}}};
  for (const std::string kind : {"bpe", "unigram"})
    for (Options options : all) {
      CAPTURE(kind);
      CAPTURE(options.begin()->first);
      options["model_type"] = kind;
      check_equal(trained(options, lines), tested);
    }
}

TEST_CASE("sentencepiece encoder: gives the library's answers for models with pieces of other types and other rules") {
  const Pieces lines = real_lines(), tested = test_lines();
  for (const std::string kind : {"bpe", "unigram"}) {
    CAPTURE(kind);
    const std::string model = trained({{"model_type", kind}}, lines);
    check_equal(with_some_pieces(model, PieceType::unused), tested);
    check_equal(with_some_pieces(model, PieceType::user_defined), tested);
    check_equal(model + field(3, std::string("\x28\0", 2)), tested);  // spaces are not escaped
    const std::string charsmap(read_sentencepiece_model(model).normalizer.charsmap);
    check_equal(model + field(5, field(2, charsmap) + std::string("\x18\0\x20\0\x28\0", 6)), tested);
    check_equal(model + field(5, field(2, charsmap)), tested);
  }
}

TEST_CASE("sentencepiece encoder: gives the library's pieces of Multi30k") {
  const char* shared = std::getenv("GRUS_SHARED_DATA");
  const std::string file = std::string(shared ? shared : "../shared/data") + "/multi30k/tok/train.lc.norm.tok.de";
  if (!std::filesystem::exists(file)) return test::skip("no data");
  const Pieces lines = read_lines(file), some(lines.begin(), lines.begin() + 3000);
  for (const std::string kind : {"bpe", "unigram"})
    check_equal(trained({{"model_type", kind}, {"vocab_size", "2000"}}, some), lines);
}
#endif
