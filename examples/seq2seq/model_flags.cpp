#include "examples/seq2seq/model_flags.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/error.h"

namespace grus::seq2seq {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Judge judge_of(const std::string& text) {
  const size_t at = text.rfind('=');
  double weight = 0;
  const char* end = text.data() + text.size();
  const auto parsed = at == std::string::npos ? std::from_chars_result{nullptr, std::errc::invalid_argument}
                                              : std::from_chars(text.data() + at + 1, end, weight);
  require<UsageError>(at > 0 && parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(weight),
                      "--rescore: need DIR=WEIGHT, got '{}'", text);
  return {text.substr(0, at), weight};
}

}  // namespace

Translator load_translator(const std::string& folders, const std::vector<std::string>& judges) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& folder : split(folders, ',')) {
    require<UsageError>(!folder.empty(), "--model: need DIR or DIR,DIR, got '{}'", folders);
    paths.emplace_back(folder);
  }
  std::vector<Judge> weighed;
  for (const std::string& judge : judges) weighed.push_back(judge_of(judge));
  return Translator(paths, weighed);
}

}  // namespace grus::seq2seq
