#include "seq2seq/recipe.h"

#include <cmath>

#include "optim/adadelta.h"
#include "optim/adam.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"
#include "seq2seq/protocols/clipped_adam.h"
#include "seq2seq/protocols/protocol.h"

namespace grus::seq2seq {

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainOptions& o, const nn::Parameters& parameters) {
  const Protocol* protocol = protocol_of(o);
  if (protocol && protocol->clip_each > 0)
    return std::make_unique<ClippedAdam>(
        parameters, optim::AdamOptions{o.learning_rate, o.beta1, o.beta2, o.epsilon, o.weight_decay},
        protocol->clip_each);
  if (o.optimizer == OptimizerKind::adam)
    return std::make_unique<optim::Adam>(
        parameters, optim::AdamOptions{o.learning_rate, o.beta1, o.beta2, o.epsilon, o.weight_decay});
  if (o.optimizer == OptimizerKind::adamw)
    return std::make_unique<optim::AdamW>(
        parameters, optim::AdamWOptions{o.learning_rate, o.beta1, o.beta2, o.epsilon, o.weight_decay});
  if (o.optimizer == OptimizerKind::rmsprop)
    return std::make_unique<optim::Rmsprop>(
        parameters, optim::RmspropOptions{
                        .lr = o.learning_rate, .alpha = o.beta2, .eps = o.epsilon, .weight_decay = o.weight_decay});
  if (o.optimizer == OptimizerKind::adadelta)
    return std::make_unique<optim::Adadelta>(
        parameters, optim::AdadeltaOptions{o.learning_rate, o.beta1, o.epsilon, o.weight_decay});
  return std::make_unique<optim::Sgd>(
      parameters, optim::SgdOptions{.lr = o.learning_rate, .momentum = o.beta1, .weight_decay = o.weight_decay});
}

optim::Schedule make_schedule(const TrainOptions& o, int64_t total_steps, int64_t epoch_steps) {
  if (const Protocol* protocol = protocol_of(o); protocol && protocol->schedule) return protocol->schedule(total_steps);
  if (o.schedule == ScheduleKind::cosine) return optim::warmup(o.warmup, optim::cosine(total_steps, 0.02));
  if (o.schedule == ScheduleKind::inverse_sqrt) return optim::warmup(o.warmup, optim::inverse_square_root(o.warmup));
  if (o.schedule == ScheduleKind::constant) return optim::warmup(o.warmup);
  std::vector<int64_t> halvings;
  for (int64_t n = 0;; ++n) {
    const double epochs = o.halve_after + o.halve_every * static_cast<double>(n);
    const auto step = static_cast<int64_t>(std::llround(epochs * static_cast<double>(epoch_steps)));
    if (step >= total_steps) break;
    halvings.push_back(step);
  }
  return optim::warmup(o.warmup, optim::milestones(halvings, 0.5));
}

}  // namespace grus::seq2seq
