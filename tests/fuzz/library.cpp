// Targets for the library's readers.
#include <fmt/format.h>
#include <zlib.h>

#include <cmath>
#include <cstring>

#include "core/base/error.h"
#include "core/base/json.h"
#include "data/pairs/alignment.h"
#include "data/pairs/bleu.h"
#include "data/pairs/chrf.h"
#include "data/pairs/corpus.h"
#include "data/pairs/n_best_list.h"
#include "data/pairs/phrase_table.h"
#include "data/read/text.h"
#include "data/text/codec.h"
#include "data/text/sentencepiece.h"
#include "data/text/sentencepiece_encoder.h"
#include "nn/linear.h"
#include "nn/serialize.h"
#include "tests/fuzz/target.h"

namespace grus::fuzz {
namespace {

using Seeds = std::vector<std::string>;

const Seeds sentences{"the cat sat on the mat", "l'été, à 3,5 km: \"où?\" &quot;ici&quot;", "don't -- stop...",
                      "東京 の 夜", "a"};

std::string lines_of(const Seeds& lines) { return fmt::format("{}\n", fmt::join(lines, "\n")); }

std::string gzip(const std::string& text) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  deflateInit2(&stream, 6, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Seeds weight_files() {
  const Scratch scratch;
  const std::filesystem::path file = scratch.root() / "weights";
  Rng rng(1);
  nn::write_safetensors(file, nn::Linear(3, 2, rng).state_dict(), {{"architecture", "test"}});
  const auto of_others = [](std::string header, size_t bytes) {
    const uint64_t length = header.size();
    std::string text(8, '\0');
    std::memcpy(text.data(), &length, 8);
    return text + header + std::string(bytes, '\1');
  };
  const nn::NamedTensors matrix{{"w", Tensor::arange(0.0, 4096.0, 1.0).reshape({64, 64})}};
  return {
      data::read_whole_file(file.string()),
      nn::safetensors_bytes(matrix, {}, nn::WeightForm::int8),
      nn::safetensors_bytes(matrix, {}, nn::WeightForm::q4_0),
      of_others(
          R"({"w":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]},"w_scale":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]}})",
          12),
      of_others(R"({"__metadata__":{"grus.q4_0:w":"2,33"},"w":{"dtype":"U8","shape":[2,36],"data_offsets":[0,72]}})",
                72),
      of_others(
          R"({"weight":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"bias":{"dtype":"BF16","shape":[2],"data_offsets":[12,16]}})",
          16),
      of_others(
          R"({"__metadata__":{"format":"pt"},"a":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]},"b":{"dtype":"I64","shape":[0,5],"data_offsets":[1,1]}})",
          1)};
}

bool read_weights(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    nn::Linear module(3, 2);
    nn::load_weights(path, module, false);
  });
}

bool read_json(const std::string& bytes) {
  return refuses_well("a.json", [&] { json::to_string({json::parse(bytes, "a.json")}); });
}

bool read_text(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    for (const std::string& line : data::read_lines(path)) {
      data::split_code_points(line);
      data::collapse_spaces(line);
    }
  });
}

bool read_pairs(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) { data::read_references_tsv(path); });
}

bool read_vocabulary(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) { data::Vocab::load(path).save("/dev/null"); });
}

bool read_symbols(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) { data::Codec::of_symbols("space", path); });
}

bool read_n_best(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    for (const data::NBestEntry& entry : data::read_n_best(path)) data::format_n_best(entry);
  });
}

bool read_phrases(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    for (data::PhraseTableReader table(path); std::optional<data::PhraseLine> line = table.next();) {
      line->score_values();
      line->counts();
      line->further_columns();
      line->add_score(0.5);
      data::parse_phrase_line(line->text(), path, 1);
    }
  });
}

bool read_links(const std::string& bytes) {
  return refuses_well("links:7", [&] {
    const data::Links links = data::parse_links(bytes, 20, 20, "links", 7);
    data::symmetrise(links, links, 20, 20, data::Symmetrisation::grow_diag_final);
  });
}

// Text that has been found to be UTF-8 is cut, joined and judged without any error.
bool use_text(const std::string& bytes) {
  if (data::find_invalid_utf8(bytes) != std::string::npos || bytes.find('\n') != std::string::npos) return false;
  static const auto words = data::make_tokenizer("word"), letters = data::make_tokenizer("char");
  return refuses_well("no error", [&] {
    words->detokenize(words->tokenize(bytes));
    require(letters->detokenize(letters->tokenize(bytes)).size() <= bytes.size(), "text grew");
    data::tokenize_13a(bytes);
    require(std::isfinite(data::corpus_bleu({bytes}, {{"the cat sat"}}).score), "no score");
    data::corpus_chrf({bytes}, {{"the cat sat"}}, true);
  });
}

bool read_pieces(const std::string& bytes) {
  return refuses_well("[tokenizer]", [&] {
    const data::SentencePieceEncoder encoder(bytes);
    for (const std::string& line : sentences) encoder.decode(encoder.encode(line));
    data::make_tokenizer(encoder.model().kind, bytes)->all_pieces();
  });
}

// Models of both kinds, as the library gives them where it is there, and one whose characters are replaced by a table:
// 'a' leads from unit 0 to unit 1 ^ 'a', whose value, the text "b", stands in unit 'a'.
Seeds piece_models() {
  Seeds models;
  for (const char* kind : {"bpe", "unigram"})
    if (data::sentencepiece_available()) models.push_back(data::train_sentencepiece(kind, {sentences}, 60)->model());
  std::vector<uint32_t> units(256);
  units[0] = 1u << 10;
  units[1 ^ 'a'] = 'a' | 0x100u | 1u << 10;
  units['a'] = 1u << 31;
  const std::string trie(reinterpret_cast<const char*>(units.data()), 4 * units.size());
  using namespace std::string_literals;
  const std::string pieces =
      "\x0a\x09\x0a\x05<unk>\x18\x02\x0a\x09\x0a\x05<pad>\x18\x03\x0a\x07\x0a\x03<s>\x18\x03"
      "\x0a\x08\x0a\x04</s>\x18\x03\x0a\x08\x0a\x01"
      "b\x15\0\0\x80\xbf"s;
  models.push_back(pieces + "\x1a\x89\x08\x12\x86\x08\0\x04\0\0"s + trie + "b\0"s);
  return models;
}

}  // namespace

std::vector<Target> library_targets() {
  const std::string pairs = "the cat\tle chat\ta cat\n1\t2\n";
  const std::string table = "the cat ||| le chat ||| 0.5 1e-3 ||| 0-0 1-1 ||| 2 3 1\na ||| un ||| 0.1\n";
  return {
      {"weights", read_weights, weight_files},
      {"json", read_json,
       [] {
         return Seeds{R"({"a": [1, -2.5e3, null, true], "b": {"c": "\u00e9\n"}})", "[]"};
       }},
      {"text", read_text,
       [] {
         return Seeds{lines_of(sentences),
                      "\xEF\xBB\xBF"
                      "a\r\nb"};
       }},
      {"gzip", read_text,
       [] {
         return Seeds{gzip(lines_of(sentences)), gzip("")};
       }},
      {"pairs", read_pairs, [=] { return Seeds{pairs}; }},
      {"vocabulary", read_vocabulary,
       [] { return Seeds{"<unk>\t0\n<pad>\t0\n<sos>\t0\n<eos>\t0\nthe\t12\na\\tb\\\\\t3\nno count\n"}; }},
      {"symbols", read_symbols,
       [] {
         return Seeds{"AA\tvowel\nB\n CH \n", "<unk>\t0\n<pad>\t0\n<sos>\t0\n<eos>\t0\nthe\t12\n"};
       }},
      {"n-best", read_n_best,
       [] { return Seeds{"0 ||| a b ||| logp= -1.5 words= 3 ||| -0.7\n0 ||| a ||| -0.9\n2 |||  ||| ||| 1e9\n"}; }},
      {"phrases", read_phrases,
       [=] {
         return Seeds{table, pairs};
       }},
      {"links", read_links,
       [] {
         return Seeds{"0-0 1-2 19-19", ""};
       }},
      {"words", use_text, [] { return sentences; }},
      {"pieces", read_pieces, piece_models},
  };
}

}  // namespace grus::fuzz
