#include "tasks/base/run_options.h"

#include <algorithm>

#include "core/base/error.h"
#include "optim/adam.h"
#include "optim/schedule.h"
#include "optim/sgd.h"
#include "tasks/base/machine.h"

namespace grus::tasks {

using options::any_count;
using options::any_number;
using options::choice;
using options::Table;
using options::words;

namespace {

Table machine_rows(MachineOptions& o, std::string_view help, std::vector<std::string_view> precisions) {
  const std::string_view g = "Machine";
  return {
      {"threads", g, &o.threads, "threads (0: all, or GRUS_NUM_THREADS)", 0, 256},
      {"device", g, &o.device, "where tensors live"},
      words("precision", g, choice(&o.precision), help, std::move(precisions)),
  };
}

}  // namespace

Table machine_rows(MachineOptions& o) {
  return machine_rows(o, "of the products; bf16: faster where the CPU multiplies it; int8: faster, with a weight",
                      {"f32", "bf16", "f16", "int8"});  // all of Precision, in its order
}

void use_machine(const MachineOptions& o) { grus::use_machine(o.device, o.threads, o.precision); }

Table training_rows(TrainingOptions& o) {
  const std::string_view f = "Files", g = "Training", m = "Machine";
  Table files = {{"out", f, &o.out, "folder for the model, its metrics and report"}};
  Table of_command = {
      {"config", f, &o.config, "options from a JSON file, such as another model's config.json"},
      {"resume", f, &o.resume, "go on where the run in --out was stopped"},
      {"overwrite", f, &o.overwrite, "replace the model in --out"},
  };
  Table training = {
      {"epochs", g, &o.epochs, "passes over the data", 1, 1e6},
      {"max-steps", g, &o.max_steps, "stop after this many steps (0: no limit)", 0, any_count},
      {"patience", g, &o.patience, "stop after this many epochs without a better figure (0: never)", 0, 1e6},
      {"batch", g, &o.batch, "examples in a batch", 1, 1e6},
      words("optimizer", g, choice(&o.optimizer), "takes the steps", {"adam", "adamw", "sgd"}),
      {"lr", g, &o.lr, "learning rate", 0, 1e6},
      {"beta1", g, &o.beta1, "Adam's; momentum of sgd", 0, 1, true},
      {"beta2", g, &o.beta2, "Adam's", 0, 1, true},
      {"weight-decay", g, &o.weight_decay, "added to the gradient (adamw: decoupled)", 0, 1},
      words("schedule", g, choice(&o.schedule), "of the learning rate, after the warm-up",
            {"constant", "cosine", "inverse-sqrt", "plateau"}),
      {"warmup", g, &o.warmup, "steps of linear warm-up", 0, any_count},
      {"clip", g, &o.clip, "largest gradient norm (0: no limit)", 0, any_number},
      {"average", g, &o.average, "decay of the moving average of the weights (0: none)", 0, 1, true},
      {"seed", g, &o.seed, "every random choice follows from it", 0, any_number},
      {"save-every", g, &o.save_every, "steps between saved states (0: at the end of epochs only)", 0, any_count},
      {"shards", g, &o.shards, "parts of each step that ranks share out (0: none on one rank, 8 on several)", 0, 4096},
  };
  Table ranks = {
      words("reduce", m, choice(&o.reduce), "how ranks add up: the same bits for any number, or MPI's fastest",
            {"tree", "fast"}),
      words("wire", m, choice(&o.wire),
            "how gradients of ranks are sent; bf16: half of the bytes, other bits than one rank's", {"f32", "bf16"}),
      {"shard-optimizer", m, &o.shard_optimizer, "each rank updates a part of the weights, and keeps its state alone"},
      {"bucket-mb", m, &o.bucket_mb, "megabytes of gradients that a rank sends at a time", 1e-3, 1e6},
  };
  Table scaling = {
      words("activations", m, choice(&o.activations),
            "what a step keeps for its gradients; bf16 and f16: half of that memory", {"f32", "bf16", "f16"}),
      {"loss-scale", m, &o.loss_scale,
       "factor of the loss, so that gradients do not become 0: dynamic, a number, or auto: dynamic in f16, else 1"},
  };
  Table devices = {
      {"devices", m, &o.devices, "train on several at once, as in opencl:0,opencl:1: a replica and a thread each"},
  };
  Table watching = {
      {"show-step", m, &o.show_step, "file for a page of the third step: its graph, shapes and values"},
      {"profile", m, &o.profile, "file for a trace of the ten steps after that; prints where their time goes"},
  };
  return options::joined(
      {files, options::unsaved(of_command), training, ranks, options::unsaved(devices), options::unsaved(watching),
       machine_rows(o.machine, "of the products; bf16: faster where the CPU multiplies it, f16: with a loss scale",
                    {"f32", "bf16", "f16"}),
       scaling});
}

void require_read(const options::Given& given, TrainingOptions& o) {
  const bool adam = o.optimizer == OptimizerKind::adam || o.optimizer == OptimizerKind::adamw;
  optim::loss_scale_of(o.loss_scale, o.machine.precision);
  options::require_read(given, training_rows(o), {{"beta2", adam, "adam or adamw", "optimizer"}});
  require<UsageError>(o.schedule != ScheduleKind::inverse_sqrt || o.warmup > 0,
                      "--warmup: need 1 or more with --schedule inverse-sqrt, got 0");
}

void begin_training(TrainingOptions& o) {
  use_machine(o.machine);
  join_ranks(o.machine.threads, o.shards);
}

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainingOptions& o, const nn::Parameters& parameters) {
  switch (o.optimizer) {
    case OptimizerKind::adam:
      return std::make_unique<optim::Adam>(
          parameters,
          optim::AdamOptions{.lr = o.lr, .beta1 = o.beta1, .beta2 = o.beta2, .weight_decay = o.weight_decay});
    case OptimizerKind::adamw:
      return std::make_unique<optim::AdamW>(
          parameters,
          optim::AdamWOptions{.lr = o.lr, .beta1 = o.beta1, .beta2 = o.beta2, .weight_decay = o.weight_decay});
    default:
      return std::make_unique<optim::Sgd>(
          parameters, optim::SgdOptions{.lr = o.lr, .momentum = o.beta1, .weight_decay = o.weight_decay});
  }
}

training::FitOptions fit_options(const TrainingOptions& o, int64_t batches) {
  training::FitOptions fit{.epochs = o.epochs, .steps = o.max_steps, .clip = o.clip, .average = o.average};
  fit.patience = o.patience;
  fit.out = o.out;
  fit.resume = o.resume;
  fit.save_every = o.save_every;
  fit.shards = o.shards;
  fit.reduce = o.reduce;
  fit.wire = o.wire;
  fit.shard_optimizer = o.shard_optimizer;
  fit.bucket_mb = o.bucket_mb;
  fit.activations = o.activations;
  fit.loss_scale = optim::loss_scale_of(o.loss_scale, o.machine.precision);
  fit.seed = static_cast<uint64_t>(o.seed);
  const int64_t steps = o.max_steps > 0 ? o.max_steps : std::max<int64_t>(1, o.epochs * batches);
  switch (o.schedule) {
    case ScheduleKind::cosine:
      fit.schedule = optim::warmup(o.warmup, optim::cosine(steps));
      break;
    case ScheduleKind::inverse_sqrt:
      fit.schedule = optim::warmup(o.warmup, optim::inverse_square_root(o.warmup));
      break;
    case ScheduleKind::plateau:
      fit.plateau = optim::PlateauOptions{};
      [[fallthrough]];
    default:
      fit.schedule = optim::warmup(o.warmup);
  }
  return fit;
}

Table use_rows(UseOptions& o) {
  return options::joined({{{"model", "Files", &o.model, "folder, pack or name of the model"},
                           {"batch", "Machine", &o.batch, "examples at a time", 1, 1e6}},
                          machine_rows(o.machine)});
}

void begin_use(const UseOptions& o) {
  require<UsageError>(!o.model.empty(), "--model: need the folder of a model, got none");
  use_machine(o.machine);
}

}  // namespace grus::tasks
