#include "language/suggest.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "data/read/text.h"
#include "data/text/unicode.h"
#include "ops/math/index.h"
#include "ops/math/softmax.h"

namespace grus::language {
namespace {

constexpr std::string_view mark = "\u2581";  // a space, as pieces write it
constexpr int longest_word = 32;             // pieces

bool is_word(std::string_view text) {
  for (const data::CodePoint& point : data::decode_utf8(text))
    if (data::is_letter(point.value) || data::is_digit(point.value)) return true;
  return false;
}

// Inside a word ' and - stand as well.
bool goes_on_in_word(int32_t point) { return data::is_word_character(point) || point == '\'' || point == '-'; }

bool likelier(const Suggestion& a, const Suggestion& b) {
  return a.probability != b.probability ? a.probability > b.probability : a.word < b.word;
}

std::vector<float> log_probabilities(const Tensor& scores) { return log_softmax(scores).to_vector<float>(); }

}  // namespace

Suggester::Suggester(const data::Codec& codec, int64_t beam) : codec_(&codec), beam_(beam) {
  require<UsageError>(beam > 0, "[suggest] need a beam of at least 1, got {}", beam);
  const std::string kind = codec.tokenizer().kind();
  words_ = kind == "word" || kind == "space";
  marked_ = data::is_trained_kind(kind);
  for (int64_t id = 0; id < codec.size(); ++id) {
    texts_.push_back(codec.vocab().piece(id));
    const bool begins = texts_.back().starts_with(mark);
    if (begins) texts_.back().erase(0, mark.size());
    roles_.push_back(role_of(id, texts_.back(), begins));
  }
}

Suggester::Role Suggester::role_of(int64_t id, const std::string& text, bool begins) const {
  if (id < data::special_count) return id == data::EOS && !words_ ? Role::ends : Role::never;
  if (words_) return is_word(text) ? Role::both : Role::never;
  if (begins) return marked_ && (text.empty() || is_word(text)) ? Role::begins : Role::ends;
  for (const data::CodePoint& point : data::decode_utf8(text))
    if (!goes_on_in_word(point.value)) return Role::ends;
  return !marked_ && is_word(text) ? Role::both : Role::goes_on;
}

std::vector<Suggestion> Suggester::operator()(Cursor& cursor, std::string_view typed, bool line_begins,
                                              int64_t count) const {
  const auto most = static_cast<size_t>(std::max<int64_t>(count, 0));
  if (most == 0) return {};
  return words_ ? of_vocabulary(cursor, typed, most) : spelt(cursor, typed, line_begins, most);
}

std::vector<Suggestion> Suggester::of_vocabulary(Cursor& cursor, std::string_view typed, size_t count) const {
  const std::vector<float> logs = log_probabilities(cursor.scores());
  std::vector<size_t> ids;
  for (size_t id = 0; id < logs.size(); ++id)
    if (roles_[id] == Role::both && texts_[id].starts_with(typed)) ids.push_back(id);
  const size_t kept = std::min(count, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<int64_t>(kept), ids.end(),
                    [&](size_t a, size_t b) { return logs[a] != logs[b] ? logs[a] > logs[b] : a < b; });
  std::vector<Suggestion> best;
  for (size_t i = 0; i < kept; ++i) best.push_back({texts_[ids[i]], std::exp(static_cast<double>(logs[ids[i]]))});
  return best;
}

// A word of several pieces may be cut in several ways, whose probabilities add up.
void Suggester::finish(const Spelling& word, double end, std::string_view typed, std::vector<Suggestion>& found) const {
  if (word.text.empty() || !word.text.starts_with(typed) || core_of(word.text) != word.text) return;
  const double probability = std::exp(word.score) * end;
  for (Suggestion& known : found) {
    if (known.word != word.text) continue;
    known.probability += probability;
    return;
  }
  found.push_back({word.text, probability});
}

std::vector<Suggester::Spelling> Suggester::longer(const std::vector<Spelling>& live, const Tensor& scores,
                                                   std::string_view typed, std::vector<Suggestion>& found) const {
  const std::vector<float> logs = log_probabilities(scores);  // (live, V)
  const bool first = live[0].pieces == 0;
  std::vector<Spelling> next;
  for (size_t row = 0; row < live.size(); ++row) {
    double end = 0;  // the probability that the word ends here
    for (size_t id = 0; id < roles_.size(); ++id) {
      const double log_p = static_cast<double>(logs[row * roles_.size() + id]);
      const Role role = roles_[id];
      if (role == Role::ends || (role == Role::begins && !first)) end += std::exp(log_p);
      const bool fits = first ? role == Role::begins || (role == Role::both && !marked_)
                              : role == Role::goes_on || role == Role::both;
      if (!fits) continue;
      const std::string text = live[row].text + texts_[id];
      if (text.starts_with(typed) || typed.starts_with(text))
        next.push_back(
            {text, live[row].score + log_p, live[row].pieces + 1, static_cast<int32_t>(id), static_cast<int32_t>(row)});
    }
    finish(live[row], end, typed, found);
  }
  std::stable_sort(next.begin(), next.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  if (next.size() > static_cast<size_t>(beam_)) next.resize(static_cast<size_t>(beam_));
  return next;
}

std::vector<Suggestion> Suggester::spelt(Cursor& cursor, std::string_view typed, bool line_begins, size_t count) const {
  Cursor behind = cursor;
  const int32_t space = codec_->vocab().id(mark);
  if (!marked_ && !line_begins && space != data::UNK) behind.read(std::span(&space, 1));
  Tensor scores = behind.scores();
  nn::LanguageState state = behind.state();
  std::vector<Suggestion> found;
  std::vector<Spelling> live{{}};
  for (int length = 0; length < longest_word; ++length) {
    live = longer(live, scores, typed, found);
    std::sort(found.begin(), found.end(), likelier);
    const bool beaten =
        !live.empty() && found.size() >= count && std::exp(live[0].score) <= found[count - 1].probability;
    if (live.empty() || beaten) break;
    const auto ids = [&](int32_t Spelling::*which) {
      std::vector<int32_t> all;
      for (const Spelling& one : live) all.push_back(one.*which);
      return Tensor::from(all, default_device());
    };
    nn::LanguageOutput out =
        behind.model()(ids(&Spelling::last).reshape({1, -1}), state.select(ids(&Spelling::parent)));
    scores = behind.model().logits(out.y);
    state = out.state.detach();
  }
  if (found.size() > count) found.resize(count);
  return found;
}

std::vector<std::string> Suggester::words(std::string_view line) const {
  if (words_) return codec_->tokenizer().tokenize(line);
  std::vector<std::string> all;
  for (const std::string_view word : data::split_spaces(line)) all.emplace_back(word);
  return all;
}

void Suggester::read_word(Cursor& cursor, const std::string& word, bool line_begins, bool knows_unknown) const {
  const int32_t space = codec_->vocab().id(mark);
  if (words_) cursor.read(known_ids(codec_->vocab(), std::span(&word, 1), knows_unknown));
  else {
    if (!marked_ && !line_begins && space != data::UNK) cursor.read(std::span(&space, 1));
    cursor.read(known_ids(codec_->vocab(), codec_->tokenizer().tokenize(word), knows_unknown));
  }
}

std::vector<Suggestion> Suggester::of_line(Cursor before, std::string_view line, bool knows_unknown,
                                           int64_t count) const {
  std::vector<std::string> typed = words(line);
  std::string last;
  if (!typed.empty() && line.back() != ' ' && line.back() != '\t') {
    last = typed.back();
    typed.pop_back();
  }
  for (size_t i = 0; i < typed.size(); ++i) read_word(before, typed[i], i == 0, knows_unknown);
  return (*this)(before, last, typed.empty(), count);
}

std::string_view Suggester::core_of(std::string_view word) const {
  if (words_) return word;
  size_t end = 0;  // behind the last letter or digit
  for (const data::CodePoint& point : data::decode_utf8(word)) {
    const auto behind = static_cast<size_t>(point.bytes.data() - word.data()) + point.bytes.size();
    if (data::is_word_character(point.value)) end = behind;
  }
  return word.substr(0, end);
}

}  // namespace grus::language
