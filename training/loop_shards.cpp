// A step that is cut into shards, and what a loop agrees on with the loops of other ranks.
#include <fmt/format.h>

#include <bit>
#include <cstdio>
#include <cstring>
#include <optional>

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
      fmt::format(
          "'{} epochs, {} steps, {} accumulated, {} shards, {} sums{}, {} on the wire, buckets of {} MB, "
          "activations in {}, clip {}, "
          "loss scale {}, average {}, judged every {}, saved every {}, patience {}'",
          o.epochs, o.steps, o.accumulate, ranks_.shards().of, o.reduce == parallel::Reduce::fast ? "fast" : "tree",
          o.shard_optimizer ? ", sharded optimizer" : "", o.wire == parallel::Wire::bf16 ? "bf16" : "f32", o.bucket_mb,
          name_of(o.activations), o.clip,
          o.loss_scale ? fmt::format("{}{}", o.loss_scale->first, o.loss_scale->dynamic ? " and dynamic" : "") : "none",
          o.average, o.validate_every, o.save_every, o.patience));
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
  if (options_.shard_optimizer && ranks_.several())
    optimizer_shards_ = std::make_unique<OptimizerShards>(optimizer_, ranks_.all());
  ranks_.require_alike(facts());
  ranks_.share_weights(model_);
  const bool fast = options_.reduce == parallel::Reduce::fast;
  if (ranks_.several() && ranks_.leads() && (fast || options_.wire == parallel::Wire::bf16))
    fmt::print(stderr, "note: gradients are {}: another number of ranks gives other bits\n",
               fast ? "added up in MPI's order" : "sent as bf16");
}

// Ranks go the same way: one that is asked to stop stops all, at the beginning of an epoch or behind the step in which
// it was asked.
void Loop::agree() {
  if (!ranks_.several()) return;
  const bool stops = options_.stop && options_.stop();
  for (const std::string& text : ranks_.all().gather("next epoch", stops ? "stop" : ""))
    stops_ = stops_ || text == "stop";
  follow();
}

// The leader's callbacks speak for all.
void Loop::follow() {
  if (!ranks_.several()) return;
  const std::string word = ranks_.all().from_leader(
      "next step", fmt::format("{} {}", std::bit_cast<uint64_t>(progress_.rate_factor), progress_.ended));
  const size_t space = word.find(' ');
  progress_.rate_factor = std::bit_cast<double>(static_cast<uint64_t>(std::stoull(word.substr(0, space))));
  progress_.ended = word.substr(space + 1);
}

// Returns the losses of the shard's batches; their gradients are in the leaves. Each loss weighs by its count.
Loop::ShardSums Loop::run_shard(const QueuedStep& step, const RandomKey& key, int64_t shard, GradientTree* tree) {
  ShardSums sums;
  tell(&Callback::shard_begin, {step.epoch, step.step, shard, ranks_.shards().of});
  shard_metrics_.begin(shard);
  for (int64_t batch = 0; batch < taken_; ++batch) {
    if (!source_.choose(batch, shard)) continue;
    default_rng().set_state(shard_key(key, batch, shard));
    Tape tape;
    const Loss of = source_.loss();
    of.require_usable();
    const Tensor loss = minimised(of, step);
    LeafListener* const listener = tree && batch + 1 == taken_ ? tree->listener(shard) : nullptr;
    std::optional<LeafWatch> watch;
    if (listener) watch.emplace(tape, *listener);
    tape.backward(loss);
    watch.reset();
    tell(&Callback::backward_end, {model_, step.epoch, step.step, step.scale});
    const std::vector<double> seen = items({loss.detach(), of.sum.defined() ? of.sum.detach() : loss.detach()});
    sums.trained += seen[0] / step.scale;
    sums.shown += of.sum.defined() ? seen[1] : seen[0] / step.scale;
    sums.count += of.count;
  }
  shard_metrics_.end(shard);
  return sums;
}

// All ranks have the sums of all shards then, and add them up in one order. A rank's message has whether it was asked
// to stop, or why a callback wants the end, in a line, the sums of its shards, and which leaves have gradients.
std::vector<std::string> Loop::share_sums(QueuedStep& step, const std::vector<ShardSums>& own,
                                          const std::string& reached, double& trained) {
  const bool stops = ranks_.several() && options_.stop && options_.stop();
  std::string text = fmt::format("{}{}\n", stops ? '1' : '0', wish_.substr(0, wish_.find('\n')));
  text.append(reinterpret_cast<const char*>(own.data()), own.size() * sizeof(ShardSums));
  std::vector<std::string> all = ranks_.all().gather("step", text + reached);
  double shown = 0;
  for (size_t rank = 0; rank < all.size(); ++rank) {
    const size_t line = all[rank].find('\n');
    if (ranks_.several()) stops_ = stops_ || all[rank][0] == '1';
    if (progress_.ended.empty()) progress_.ended = all[rank].substr(1, line - 1);
    const int64_t count =
        parallel::shards_of_rank(ranks_.shards().of, static_cast<int>(rank), ranks_.all().size()).own();
    std::vector<ShardSums> sums(static_cast<size_t>(count));
    std::memcpy(sums.data(), all[rank].data() + line + 1, sums.size() * sizeof(ShardSums));
    for (const ShardSums& one : sums) {
      trained += one.trained;
      shown += one.shown;
      step.count += one.count;
    }
    all[rank].erase(0, line + 1 + sums.size() * sizeof(ShardSums));
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
  if (!tree_ || !tree_->serves(parameters_))
    tree_ = std::make_unique<GradientTree>(
        parameters_, ranks_.all(), ranks_.shards(),
        GradientTreeOptions{static_cast<int64_t>(options_.bucket_mb * 1e6), {options_.reduce, options_.wire}});
  tree_->begin();
  std::vector<ShardSums> own;
  for (int64_t shard = ranks_.shards().begin; shard < ranks_.shards().end; ++shard) {
    own.push_back(run_shard(step, key, shard, tree_.get()));
    tree_->add(shard);
  }
  default_rng().set_state(next);
  double trained = 0;
  tree_->finish(share_sums(step, own, tree_->reached(), trained));
  require<DataError>(step.count > 0, "[fit] need an example in step {}, got none", step.step);
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
