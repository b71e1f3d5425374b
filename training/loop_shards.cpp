// A step that is cut into shards, and what a loop agrees on with the loops of other ranks.
#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "core/base/checksum.h"
#include "core/base/error.h"
#include "core/tape/tape.h"
#include "core/tensor/items.h"
#include "ops/math/elementwise.h"
#include "training/loop.h"

namespace grus::training {

void Source::share(const parallel::Shards& shards) {
  fail<UsageError>(
      "[fit] need batches that can be cut into {} shards (share() and next_shards(), as data::Batches has), "
      "got others",
      shards.of);
}
int64_t Source::take(int64_t) { return 0; }
bool Source::choose(int64_t, int64_t) { return false; }

Facts Loop::facts() const {
  Crc32 names;
  for (const auto& [name, parameter] : parameters_)
    names.add(fmt::format("{} {} {}\n", name, parameter.shape(), parameter.value().dtype()));
  Facts all = process_facts();
  const FitOptions& o = options_;
  all.emplace_back("parameters", checksum_text(names.value()));
  all.emplace_back(
      "options",
      fmt::format("'{} epochs, {} steps, {} accumulated, {} shards, clip {}, average {}, judged every {}, saved "
                  "every {}, patience {}'",
                  o.epochs, o.steps, o.accumulate, ranks_.shards().of, o.clip, o.average, o.validate_every,
                  o.save_every, o.patience));
  for (const auto& [name, value] : identity()) all.emplace_back(name, fmt::format("'{}'", value));
  all.insert(all.end(), o.alike.begin(), o.alike.end());
  all.emplace_back("step to begin at", fmt::format("{}", progress_.step));
  return all;
}

void Loop::join() {
  if (std::exchange(joined_, true)) return;
  progress_.shards = ranks_.shards().of;
  if (ranks_.sharded()) {
    source_.share(ranks_.shards());
    shard_metrics_.use();
    shard_metrics_.keep_own(ranks_.shards());
  }
  ranks_.require_alike(facts());
  ranks_.share_weights(model_);
}

// Ranks go the same way: one that is asked to stop stops all, and the leader's callbacks speak for all.
void Loop::agree() {
  if (!ranks_.several()) return;
  const bool stops = options_.stop && options_.stop();
  const std::string own =
      fmt::format("{}{}\n{}", stops ? "stop" : "", std::bit_cast<uint64_t>(progress_.rate_factor), progress_.ended);
  const std::vector<std::string> all = ranks_.all().gather("next step", own);
  for (const std::string& text : all) {
    stops_ = stops_ || text.starts_with("stop");
    if (progress_.ended.empty()) progress_.ended = text.substr(text.find('\n') + 1);
  }
  const std::string& first = all.front();
  progress_.rate_factor =
      std::bit_cast<double>(static_cast<uint64_t>(std::stoull(first.substr(first.starts_with("stop") ? 4 : 0))));
}

// Returns the losses of the shard's batches; their gradients are in the leaves. Each loss weighs by its count.
Loop::ShardSums Loop::run_shard(const QueuedStep& step, const RandomKey& key, int64_t shard) {
  ShardSums sums;
  tell(&Callback::shard_begin, {step.epoch, step.step, shard, ranks_.shards().of});
  shard_metrics_.begin(shard);
  for (int64_t batch = 0; batch < taken_; ++batch) {
    if (!source_.choose(batch, shard)) continue;
    default_rng().set_state(shard_key(key, batch, shard));
    Tape tape;
    const Loss of = source_.loss();
    of.require_usable();
    const Tensor loss = of.loss * of.count;
    tape.backward(loss);
    tell(&Callback::backward_end, {model_, step.epoch, step.step});
    const std::vector<double> seen = items({loss.detach(), of.sum.defined() ? of.sum.detach() : loss.detach()});
    sums.trained += seen[0];
    sums.shown += seen[1];
    sums.count += of.count;
  }
  shard_metrics_.end(shard);
  return sums;
}

// All ranks have the sums of all shards then, and add them up in one order.
std::vector<std::string> Loop::share_sums(QueuedStep& step, std::vector<ShardSums> own, const std::string& reached,
                                          double& trained) {
  std::string text(reinterpret_cast<const char*>(own.data()), own.size() * sizeof(ShardSums));
  std::vector<std::string> all = ranks_.all().gather("step", text + reached);
  double shown = 0;
  for (size_t rank = 0; rank < all.size(); ++rank) {
    const auto count = static_cast<size_t>(
        parallel::shards_of_rank(ranks_.shards().of, static_cast<int>(rank), ranks_.all().size()).own());
    own.resize(count);
    std::memcpy(own.data(), all[rank].data(), count * sizeof(ShardSums));
    for (const ShardSums& sums : own) {
      trained += sums.trained;
      shown += sums.shown;
      step.count += sums.count;
    }
    all[rank].erase(0, count * sizeof(ShardSums));
  }
  step.losses = 1;
  figures_.push_back(Tensor::full({}, shown, DType::f64, Device("cpu")));
  times_.push_back(1);
  return all;
}

// A step takes one draw of the generator; each shard draws from a stream of its own.
Tensor Loop::forward_backward_shards(QueuedStep& step) {
  const RandomKey key = default_rng().next();
  const RandomKey next = default_rng().state();
  step.batches = taken_;
  GradientTree tree(parameters_, ranks_.all(), ranks_.shards(), static_cast<int64_t>(options_.bucket_mb * 1e6),
                    options_.reduce);
  std::vector<ShardSums> own;
  for (int64_t shard = ranks_.shards().begin; shard < ranks_.shards().end; ++shard) {
    own.push_back(run_shard(step, key, shard));
    tree.add(shard);
  }
  default_rng().set_state(next);
  double trained = 0;
  const std::vector<std::string> reached = share_sums(step, std::move(own), tree.reached(), trained);
  require<DataError>(step.count > 0, "[fit] need an example in step {}, got none", step.step);
  tree.finish(reached);
  return Tensor::full({}, trained, parameters_.front().parameter.value().dtype(),
                      parameters_.front().parameter.value().device());
}

// Ranks look for the origin in their own shards; the first that finds one speaks for all.
std::string Loop::first_reason(const std::string& why) const {
  for (const std::string& reason : ranks_.all().gather("not finite", why))
    if (!reason.empty()) return reason;
  return "";
}

std::vector<Figure> Loop::from_leader(std::vector<Figure> figures) const {
  if (!ranks_.several()) return figures;
  std::string text;
  for (const Figure& figure : figures)
    text += fmt::format("{} {:d} {}\n", std::bit_cast<uint64_t>(figure.value), figure.larger_is_better, figure.name);
  text = ranks_.all().from_leader("figures", text);
  figures.clear();
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at), first = text.find(' ', at), second = text.find(' ', first + 1);
    figures.push_back({.name = text.substr(second + 1, end - second - 1),
                       .value = std::bit_cast<double>(static_cast<uint64_t>(std::stoull(text.substr(at, first - at)))),
                       .larger_is_better = text[first + 1] == '1'});
    at = end + 1;
  }
  return figures;
}

}  // namespace grus::training
