#include "seq2seq/protocols/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "seq2seq/option_table.h"
#include "seq2seq/protocols/keras_listing.h"
#include "seq2seq/protocols/listings.h"

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
     .target_steps = 31,
     .target_fill = data::PAD,
     .loss_factor = 31.0 / 32,
     .forces_sentences = true,
     .logits_dropout = 0.3,
     .clip_each = 1,
     .schedule = mindspore_schedule,
     .most_words = 30,
     .most_steps = 31,
     .references_through_vocabulary = true},
    {.name = "ascend-gru",
     .random_batches = true,
     .source_ids = 46,
     .validation = Protocol::Validation::own_words,
     .most_steps = 50,
     .drops_last_word = true},
    {.name = "keras-listing",
     .read = read_keras_listing,
     .vocabulary_of_all_splits = true,
     .source_letters = keras_source_letters,
     .target_letters = keras_target_steps - 2,
     .first_letter = space_letter,
     .random_batches = true,
     .target_steps = keras_target_steps,
     .target_fill = space_letter,
     .validation = Protocol::Validation::forced,
     .keeps_newest = true,
     .judges_validation = true,
     .judges_letters = true,
     .most_steps = keras_target_steps + 1},
    {.name = "pytorch-listing",
     .read = read_pytorch_listing,
     .may_have_test = true,
     .draws = 75000,
     .random_batches = true,
     .forces_sentences = true,
     .stops_at_own_eos = true,
     .keeps_newest = true,
     .judges_validation = true,
     .most_steps = 10},
};

// What is said of a run's length, its seed and its watching is no part of a protocol.
bool is_free(std::string_view flag) {
  constexpr std::string_view free[] = {"epochs", "max-steps", "patience", "validate-every", "keep",
                                       "seed",   "beam",      "shards",   "save-every"};
  return std::find(std::begin(free), std::end(free), flag) != std::end(free);
}

// Metrics are free behind the first one, which chooses the weights.
std::string bound_text(const TrainOptions& options, std::string_view flag) {
  const std::string text = text_of(options, flag);
  return flag == "metrics" ? text.substr(0, text.find(',')) : text;
}

void require_own_files(const Protocol& protocol, const TrainOptions& o) {
  if (!protocol.read) return;
  require<UsageError>(!o.train.empty(), "--train: need the file of all pairs for --protocol {}, got none",
                      protocol.name);
  for (const std::string_view flag : {"valid", "valid-src", "valid-tgt", "test", "test-src", "test-tgt"})
    require<UsageError>(text_of(o, flag).empty() || (flag == "test" && protocol.may_have_test),
                        "--{}: need none because of --protocol {}, which takes its texts from --train, got {}", flag,
                        protocol.name, text_of(o, flag));
}

}  // namespace

std::span<const Protocol> protocols() { return all; }

const Protocol* protocol_named(std::string_view name) {
  const auto found = std::find_if(std::begin(all), std::end(all), [&](const Protocol& p) { return p.name == name; });
  return found == std::end(all) ? nullptr : found;
}

const Protocol* protocol_of(const TrainOptions& options) { return protocol_named(options.protocol); }

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
  const Protocol* protocol = protocol_of(options);
  if (!protocol) return;
  require_own_files(*protocol, options);
  TrainOptions own;
  use_protocol(own, options.protocol);
  for (const Option& row : option_table(own)) {
    const bool is_of_protocol = row.group == "Model" || row.group == "Text" || row.group == "Training";
    if (!is_of_protocol || is_free(row.flag)) continue;
    const std::string need = bound_text(own, row.flag), got = bound_text(options, row.flag);
    require<UsageError>(need == got, "--{}: need {} because of --protocol {}, got {}", row.flag,
                        need.empty() ? "none" : need, options.protocol, got.empty() ? "none" : got);
  }
}

}  // namespace grus::seq2seq
