#include "tasks/add/questions.h"

#include <algorithm>
#include <unordered_set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/batch/shuffle.h"

namespace grus::tasks::add {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Adds column by column, as on paper, so that numbers may have any length.
std::string sum(std::string_view a, std::string_view b) {
  std::string digits;
  int carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()) || carry > 0; ++i) {
    const int column =
        carry + (i < a.size() ? a[a.size() - 1 - i] - '0' : 0) + (i < b.size() ? b[b.size() - 1 - i] - '0' : 0);
    digits.insert(digits.begin(), static_cast<char>('0' + column % 10));
    carry = column / 10;
  }
  const size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return digits.substr(first);
}

/// Draws numbers from a seed: the same ones on every machine.
class Draw {
 public:
  explicit Draw(uint64_t seed) : seed_(seed) {}
  int64_t below(int64_t n) {
    return static_cast<int64_t>(data::derived_seed(seed_, ++drawn_) % static_cast<uint64_t>(n));
  }
  std::string number(int64_t digits, bool leading_zeros) {
    std::string text;
    for (int64_t i = 0; i < digits; ++i) {
      const bool from_one = i == 0 && digits > 1 && !leading_zeros;
      text += static_cast<char>('0' + (from_one ? 1 + below(9) : below(10)));
    }
    return text;
  }

 private:
  uint64_t seed_, drawn_ = 0;
};

std::string draw_question(Task task, int64_t digits, bool exactly, Draw& draw) {
  const auto length = [&] { return exactly ? digits : 1 + draw.below(digits); };
  if (task != Task::add) return draw.number(length(), true);
  const std::string first = draw.number(length(), false);
  return first + "+" + draw.number(length(), false);
}

// A sum and its mirror image are one question, so that none is in two parts.
std::string key_of(Task task, const std::string& question) {
  if (task != Task::add) return question;
  const size_t plus = question.find('+');
  const std::string a = question.substr(0, plus), b = question.substr(plus + 1);
  return a < b ? question : b + "+" + a;
}

}  // namespace

std::string answer(Task task, const std::string& question) {
  std::string text = question;
  if (task == Task::add) {
    const size_t plus = question.find('+');
    return sum(std::string_view(question).substr(0, plus), std::string_view(question).substr(plus + 1));
  }
  if (task == Task::reverse) std::reverse(text.begin(), text.end());
  if (task == Task::sort) std::sort(text.begin(), text.end());
  return text;
}

void check_question(Task task, std::string_view question, std::string_view where) {
  const char* form = task == Task::add ? "two numbers as 12+7" : "digits";
  size_t pluses = 0;
  for (size_t i = 0; i < question.size(); ++i) {
    const bool plus = task == Task::add && question[i] == '+' && ++pluses == 1 && i > 0 && i + 1 < question.size();
    require<DataError>(plus || is_digit(question[i]), "{}:{}: need {}, got '{}'", where, i + 1, form, Shown{question});
  }
  require<DataError>(!question.empty() && (task != Task::add || pluses == 1), "{}:{}: need {}, got '{}'", where,
                     question.size() + 1, form, Shown{question});
}

Questions draw_questions(Task task, int64_t digits, int64_t pairs, int64_t held, uint64_t seed) {
  Questions all;
  Draw draw(data::derived_seed(seed, 0x9d));
  std::unordered_set<std::string> kept_out, seen;
  const auto fill = [&](std::vector<std::string>& part, int64_t count, bool exactly) {
    int64_t tries = 0;
    while (std::ssize(part) < count) {
      require<UsageError>(++tries < 100 * count + 1000,
                          "--pairs: need fewer than there are questions of {} digits, got {} and 2 x {} held out",
                          digits, pairs, held);
      const std::string question = draw_question(task, digits, exactly, draw);
      if (exactly ? !kept_out.insert(key_of(task, question)).second
                  : kept_out.contains(key_of(task, question)) || !seen.insert(question).second)
        continue;
      part.push_back(question);
    }
  };
  fill(all.valid, held, true);
  fill(all.test, held, true);
  fill(all.train, pairs, false);
  return all;
}

const data::Vocab& vocabulary() {
  static const data::Vocab vocab({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "+"});
  return vocab;
}

std::vector<int32_t> encode(std::string_view text) {
  std::vector<int32_t> ids;
  for (const char& c : text) ids.push_back(vocabulary().id(std::string_view(&c, 1)));
  return ids;
}

std::string decode(const std::vector<int32_t>& ids) {
  std::string text;
  for (const int32_t id : ids) text += vocabulary().piece(id);
  return text;
}

data::EncodedCorpus encode(Task task, const std::vector<std::string>& questions) {
  data::EncodedCorpus corpus;
  for (const std::string& question : questions) {
    corpus.source.push_back(encode(question));
    corpus.target.push_back(encode(answer(task, question)));
  }
  return corpus;
}

}  // namespace grus::tasks::add
