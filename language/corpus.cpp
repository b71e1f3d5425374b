#include "language/corpus.h"

#include <algorithm>

#include "data/read/text.h"

namespace grus::language {
namespace {

int64_t characters(const std::string& line) { return static_cast<int64_t>(data::split_code_points(line).size()) + 1; }

}  // namespace

std::vector<std::string> hold_out(std::vector<std::string>& lines, double share) {
  int64_t all = 0;
  for (const std::string& line : lines) all += characters(line);
  const double room = share * static_cast<double>(all);
  size_t cut = lines.size();
  for (int64_t held = 0; cut > 0; --cut) {
    held += characters(lines[cut - 1]);
    if (static_cast<double>(held) > room) break;
  }
  std::vector<std::string> last(lines.begin() + static_cast<int64_t>(cut), lines.end());
  lines.resize(cut);
  return last;
}

std::vector<int32_t> text_ids(const data::Codec& codec, std::span<const std::string> lines) {
  std::vector<int32_t> ids{data::EOS};
  for (const std::string& line : lines) {
    const std::vector<int32_t> more = codec.encode(line);
    ids.insert(ids.end(), more.begin(), more.end());
    ids.push_back(data::EOS);
  }
  return ids;
}

Likelihood likelihood_in_streams(const nn::LanguageModel& model, const std::vector<int32_t>& ids, int64_t most) {
  const int64_t steps = model.longest_window() > 0 ? model.longest_window() : 128;
  const int64_t streams = std::clamp<int64_t>(std::ssize(ids) / (4 * steps), 1, std::max<int64_t>(1, most));
  data::TokenStreams text(ids, {.streams = streams, .steps = steps});
  nn::LanguageState state;
  Likelihood all;
  while (const auto window = text.next()) {
    const nn::LanguageLoss now = model.loss(window->inputs, window->targets, state);
    state = now.state.detach();
    all.nats += now.nll_sum.item();
    all.tokens += window->targets.numel();
  }
  return all;
}

}  // namespace grus::language
