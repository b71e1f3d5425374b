#include "language/cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"

namespace grus::language {

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

double Cursor::read(std::span<const int32_t> ids) {
  if (ids.empty()) return 0;
  double nats = 0;
  if (scores_.defined()) {  // the id before is in the state already
    nats -= log_softmax(scores_).to_vector<float>()[static_cast<size_t>(ids[0])];
    last_ = ids[0];
    scores_ = Tensor();
    ids = ids.subspan(1);
  }
  each_window(*model_, last_, ids, [&](const Tensor& inputs, std::span<const int32_t> targets) {
    nn::LanguageLoss now = model_->loss(inputs, column(targets), state_);
    state_ = now.state.detach();
    nats += now.nll_sum.item();
    last_ = targets.back();
  });
  return nats;
}

Likelihood likelihood(Cursor& cursor, const data::Codec& codec, std::span<const std::string> lines) {
  auto [ids, all] = stream_of(codec, lines);
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
