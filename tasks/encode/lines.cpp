#include "tasks/encode/lines.h"

#include <fmt/format.h>

#include <unordered_set>

#include "core/base/error.h"
#include "data/batch/dataset.h"
#include "data/read/text.h"
#include "tasks/base/model_files.h"

namespace grus::tasks::encode {
namespace {

// Returns the different lines that are not blank.
std::vector<std::string> distinct_lines(const std::string& file) {
  std::vector<std::string> lines;
  std::unordered_set<std::string> seen;
  for (std::string& line : data::read_lines(file))
    if (!data::split_spaces(line).empty() && seen.insert(line).second) lines.push_back(std::move(line));
  require<DataError>(!lines.empty(), "{}: need lines with words, got none", file);
  return lines;
}

// Leaves out lines that are too long for the model.
void limit(std::vector<std::string>& lines, const TrainOptions& o, const std::string& file, const data::Codec& codec,
           const data::Notice& notice) {
  const auto gone = std::erase_if(
      lines, [&](const std::string& line) { return std::ssize(codec.tokenizer().tokenize(line)) > o.max_length; });
  require<DataError>(!lines.empty(), "{}: need lines of at most {} pieces (--max-length), got none", file,
                     o.max_length);
  if (gone > 0)
    notice(fmt::format("{}: {} lines of more than {} pieces are left out (--max-length)", file, gone, o.max_length));
}

}  // namespace

LineParts read_lines(const TrainOptions& o) {
  LineParts parts{.train = distinct_lines(o.text)};
  if (!o.test.empty()) parts.test = distinct_lines(o.test);
  if (!o.valid.empty()) parts.valid = distinct_lines(o.valid);
  else parts.valid = data::hold_out(parts.train, o.hold, {.seed = static_cast<uint64_t>(o.training.seed)});
  return parts;
}

void limit_lines(LineParts& parts, const TrainOptions& o, const data::Codec& codec, const data::Notice& notice) {
  limit(parts.train, o, o.text, codec, notice);
  limit(parts.valid, o, o.valid.empty() ? o.text : o.valid, codec, notice);
  if (!parts.test.empty()) limit(parts.test, o, o.test, codec, notice);
}

std::string checksum_of(const std::vector<std::string>& lines) {
  return tasks::checksum_of(lines, [](const std::string& line) { return line + "\n"; });
}

training::Validation validation(const TextModel& model, const std::vector<std::string>& lines) {
  const bool variational = model.options.variational;
  const auto measure = [&model, &lines, variational]() -> std::vector<training::Figure> {
    const TextFigures found = figures_of(model, lines);
    std::vector<training::Figure> figures = {{"valid_exact", found.exact, true}, {"valid_loss", found.nats}};
    if (variational) figures.push_back({"valid_kl", found.kl});
    return figures;
  };
  return {measure, variational ? std::vector<std::string>{"valid_exact", "valid_loss", "valid_kl"}
                               : std::vector<std::string>{"valid_exact", "valid_loss"}};
}

}  // namespace grus::tasks::encode
