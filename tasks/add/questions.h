#pragma once
// Questions and answers about digits, made by rule: "12+7" -> "19", "3104" -> "3104", "4013" or "0134".
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/pairs/batch.h"

namespace grus::tasks::add {

enum class Task { add, copy, reverse, sort };

/// Returns the answer to a question of digits (`add`: two numbers and a plus sign).
std::string answer(Task task, const std::string& question);
/// Throws DataError "WHERE:COLUMN: need ..., got ..." for what is no question of this task.
void check_question(Task task, std::string_view question, std::string_view where);

struct Questions {
  std::vector<std::string> train, valid, test;  // no question stands twice
};
/// Draws distinct questions: numbers of training have 1 to `digits` digits; the `held` questions of validation and
/// those of the test have exactly `digits`, and a sum and its mirror image stand in one part. Throws UsageError when
/// there are not so many questions.
Questions draw_questions(Task task, int64_t digits, int64_t pairs, int64_t held, uint64_t seed);

/// The vocabulary is digits and the plus sign.
const data::Vocab& vocabulary();
std::vector<int32_t> encode(std::string_view text);
std::string decode(const std::vector<int32_t>& ids);
data::EncodedCorpus encode(Task task, const std::vector<std::string>& questions);

}  // namespace grus::tasks::add
