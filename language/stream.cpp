#include "language/stream.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "data/read/text.h"

namespace grus::language {
namespace {

constexpr int64_t window_steps = 256;  // of a recurrent model, for which any number will do

}  // namespace

double Likelihood::perplexity() const { return std::exp(nats / static_cast<double>(tokens)); }

double Likelihood::bits_per_character() const { return nats / std::numbers::ln2 / static_cast<double>(characters); }

Likelihood& Likelihood::operator+=(const Likelihood& other) {
  nats += other.nats;
  tokens += other.tokens;
  characters += other.characters;
  return *this;
}

Stream stream_of(const data::Codec& codec, std::span<const std::string> lines) {
  Stream all;
  for (const std::string& line : lines) {
    const std::vector<int32_t> more = codec.encode(line);
    all.ids.insert(all.ids.end(), more.begin(), more.end());
    all.ids.push_back(data::EOS);
    all.size.characters += static_cast<int64_t>(data::split_code_points(line).size()) + 1;
  }
  all.size.tokens = static_cast<int64_t>(all.ids.size());
  return all;
}

Tensor column(std::span<const int32_t> ids) {
  return Tensor::from(std::vector<int32_t>(ids.begin(), ids.end()), {static_cast<int64_t>(ids.size()), 1},
                      default_device());
}

void each_window(const nn::LanguageModel& model, int32_t before, std::span<const int32_t> ids,
                 const std::function<void(const Tensor& inputs, std::span<const int32_t> targets)>& act) {
  const int64_t longest = model.longest_window();
  const auto most = static_cast<size_t>(longest > 0 ? longest : window_steps);
  for (std::vector<int32_t> inputs; !ids.empty(); ids = ids.subspan(inputs.size())) {
    const auto targets = ids.first(std::min(most, ids.size()));
    inputs.assign(1, before);
    inputs.insert(inputs.end(), targets.begin(), targets.end() - 1);
    act(column(inputs), targets);
    before = targets.back();
  }
}

}  // namespace grus::language
