#include "language/cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"

namespace grus::language {
namespace {

constexpr int64_t window_steps = 256;  // of a recurrent model, for which any number will do

int64_t window_of(const nn::LanguageModel& model) {
  const int64_t longest = model.longest_window();
  return longest > 0 ? longest : window_steps;
}

Tensor column(std::span<const int32_t> ids) {
  return Tensor::from(std::vector<int32_t>(ids.begin(), ids.end()), {static_cast<int64_t>(ids.size()), 1},
                      default_device());
}

}  // namespace

double Likelihood::perplexity() const { return std::exp(nats / static_cast<double>(tokens)); }

double Likelihood::bits_per_character() const { return nats / std::numbers::ln2 / static_cast<double>(characters); }

Likelihood& Likelihood::operator+=(const Likelihood& other) {
  nats += other.nats;
  tokens += other.tokens;
  characters += other.characters;
  return *this;
}

void Cursor::go_on() {
  if (scores_.defined()) return;
  nn::LanguageOutput out = (*model_)(column(std::span(&last_, 1)), state_);
  scores_ = flatten(model_->logits(out.y));
  state_ = out.state.detach();
}

const Tensor& Cursor::scores() {
  go_on();
  return scores_;
}

const nn::LanguageState& Cursor::state() {
  go_on();
  return state_;
}

double Cursor::cost(const Tensor& inputs, const Tensor& targets) {
  nn::LanguageLoss now = model_->loss(inputs, targets, state_);
  state_ = now.state.detach();
  return now.nll_sum.item();
}

double Cursor::read(std::span<const int32_t> ids) {
  if (ids.empty()) return 0;
  double nats = 0;
  if (scores_.defined()) {  // the id before is in the state already
    nats -= log_softmax(scores_).to_vector<float>()[static_cast<size_t>(ids[0])];
    last_ = ids[0];
    scores_ = Tensor();
    ids = ids.subspan(1);
  }
  std::vector<int32_t> inputs;
  for (const auto window = static_cast<size_t>(window_of(*model_)); !ids.empty();) {
    const auto targets = ids.first(std::min(window, ids.size()));
    inputs.assign(1, last_);
    inputs.insert(inputs.end(), targets.begin(), targets.end() - 1);
    nats += cost(column(inputs), column(targets));
    last_ = targets.back();
    ids = ids.subspan(targets.size());
  }
  return nats;
}

Likelihood likelihood(Cursor& cursor, const data::Codec& codec, std::span<const std::string> lines) {
  Likelihood all;
  std::vector<int32_t> ids;
  for (const std::string& line : lines) {
    const std::vector<int32_t> more = codec.encode(line);
    ids.insert(ids.end(), more.begin(), more.end());
    ids.push_back(data::EOS);
    all.characters += static_cast<int64_t>(data::split_code_points(line).size()) + 1;
  }
  all.tokens = static_cast<int64_t>(ids.size());
  all.nats = cursor.read(ids);
  return all;
}

std::vector<int32_t> sample(Cursor& cursor, int64_t count, const CategoricalOptions& options, Rng& rng, int64_t lines) {
  std::vector<int32_t> ids;
  while (static_cast<int64_t>(ids.size()) < count) {
    std::vector<float> scores = cursor.scores().to_vector<float>();
    for (const int32_t special : {data::UNK, data::PAD, data::SOS})
      scores[static_cast<size_t>(special)] = -std::numeric_limits<float>::infinity();
    ids.push_back(static_cast<int32_t>(categorical(Tensor::from(scores), options, rng).to_vector<int64_t>()[0]));
    cursor.read(std::span(&ids.back(), 1));
    if (lines > 0 && std::count(ids.begin(), ids.end(), data::EOS) == lines) break;
  }
  return ids;
}

std::string text_of(const data::Codec& codec, std::span<const int32_t> ids) {
  std::string text;
  for (auto begin = ids.begin();;) {
    const auto end = std::find(begin, ids.end(), data::EOS);
    text += codec.decode({begin, end});
    if (end == ids.end()) return text;
    text += '\n';
    begin = end + 1;
  }
}

std::vector<int32_t> known_ids(const data::Vocab& vocab, std::span<const std::string> pieces, bool knows_unknown) {
  std::vector<int32_t> ids;
  for (const std::string& piece : pieces) {
    ids.push_back(vocab.id(piece));
    require<UsageError>(ids.back() != data::UNK || knows_unknown,
                        "[prompt] need what stands in the model's text, got '{}', which it has never seen",
                        Shown{piece});
  }
  return ids;
}

std::vector<int32_t> prompt_ids(const data::Codec& codec, std::string_view prompt, bool knows_unknown) {
  const size_t bad = data::find_invalid_utf8(prompt);
  require<UsageError>(bad == std::string_view::npos, "[prompt] need UTF-8, got an invalid byte {}", bad + 1);
  std::vector<int32_t> ids;
  for (size_t begin = 0;;) {
    const size_t end = std::min(prompt.find('\n', begin), prompt.size());
    const std::string_view line = prompt.substr(begin, end - begin);
    const std::vector<int32_t> more = known_ids(codec.vocab(), codec.tokenizer().tokenize(line), knows_unknown);
    ids.insert(ids.end(), more.begin(), more.end());
    if (end == prompt.size()) return ids;
    ids.push_back(data::EOS);
    begin = end + 1;
  }
}

}  // namespace grus::language
