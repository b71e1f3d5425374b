#include "seq2seq/protocols/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "seq2seq/option_table.h"

namespace grus::seq2seq {
namespace {

// From 1/3 up in 300 updates; then (T - s) / D * (1 + cos(0.94 pi s / D)) / 2 + 1e-5, D = T - 300, where s counts from
// the run's first update, as it does in the program.
optim::Schedule mindspore_schedule(int64_t total) {
  return [total](int64_t update) {
    constexpr int64_t warmup = 300;
    const auto s = static_cast<double>(update);
    if (update < warmup) return (1 + 2 * s / warmup) / 3;
    const auto decay = static_cast<double>(std::max<int64_t>(total - warmup, 1));
    const double linear = std::max(static_cast<double>(total) - s, 0.0) / decay;
    return linear * (1 + std::cos(0.94 * std::numbers::pi * s / decay)) / 2 + 1e-5;
  };
}

constexpr Protocol all[] = {
    {.name = "mindspore-gru",
     .vocabulary_of_all_splits = true,
     .most_words = 30,
     .target_steps = 31,
     .loss_factor = 31.0 / 32,
     .forces_sentences = true,
     .logits_dropout = 0.3,
     .clip_each = 1,
     .schedule = mindspore_schedule,
     .references_through_vocabulary = true},
};

// What is said of a run's length, its seed and its watching is no part of a protocol.
bool is_free(std::string_view flag) {
  constexpr std::string_view free[] = {"epochs", "max-steps", "patience", "metrics", "validate-every",
                                       "keep",   "seed",      "beam",     "shards",  "save-every"};
  return std::find(std::begin(free), std::end(free), flag) != std::end(free);
}

}  // namespace

std::span<const Protocol> protocols() { return all; }

const Protocol* protocol_of(const TrainOptions& options) {
  const auto found =
      std::find_if(std::begin(all), std::end(all), [&](const Protocol& p) { return p.name == options.protocol; });
  return found == std::end(all) ? nullptr : found;
}

void use_protocol(TrainOptions& options, std::string_view name) {
  options.protocol = name;
  if (name.empty()) return;
  std::vector<std::string_view> names;
  for (const Protocol& protocol : all) names.push_back(protocol.name);
  require<UsageError>(protocol_of(options) != nullptr, "--protocol: need {}, got '{}'", fmt::join(names, " or "),
                      Shown{options.protocol});
  options.model.arch = name;
  use_recipe(options);
  use_paper_recipe(options);
}

void require_protocol(const TrainOptions& options) {
  if (options.protocol.empty()) return;
  TrainOptions own, given = options;
  use_protocol(own, options.protocol);
  for (const Option& row : option_table(own)) {
    const bool is_of_protocol = row.group == "Model" || row.group == "Text" || row.group == "Training";
    if (!is_of_protocol || is_free(row.flag)) continue;
    const std::string need = options::text_of(row), got = text_of(given, row.flag);
    require<UsageError>(need == got, "--{}: need {} because of --protocol {}, got {}", row.flag,
                        need.empty() ? "none" : need, options.protocol, got.empty() ? "none" : got);
  }
}

}  // namespace grus::seq2seq
