#pragma once
// Options that all programs have under one name. A program's own struct holds these and puts their rows into its table.
#include <memory>
#include <string>

#include "core/device/device.h"
#include "core/device/precision.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "options/option.h"
#include "training/fit_options.h"

namespace grus::tasks {

struct MachineOptions {
  int64_t threads = 0;  // 0: as many as there are
  std::string device = initial_device_name();
  Precision precision = Precision::f32;  // of products
};
/// Returns the rows of a command that uses a model; int8 is for these alone.
options::Table machine_rows(MachineOptions& o);
/// Sets device, threads and precision. Throws as use_machine of machine.h does.
void use_machine(const MachineOptions& o);

enum class OptimizerKind { adam, adamw, sgd };
enum class ScheduleKind { constant, cosine, inverse_sqrt, plateau };  // "inverse-sqrt"

struct TrainingOptions {
  std::string out, config;
  bool resume = false, overwrite = false;
  int64_t epochs = 10, max_steps = 0;  // 0: no limit
  int64_t patience = 0;                // judgements without a better figure; 0: never stop early
  int64_t batch = 32;
  OptimizerKind optimizer = OptimizerKind::adam;
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, weight_decay = 0;
  ScheduleKind schedule = ScheduleKind::constant;
  int64_t warmup = 0;  // steps
  double clip = 1;     // 0: no limit
  double average = 0;  // decay of the average of the weights; 0: none
  int64_t seed = 1, save_every = 0;
  int64_t shards = 0;  // 0: none on one rank, 8 on several
  parallel::Reduce reduce = parallel::Reduce::tree;
  parallel::Wire wire = parallel::Wire::f32;
  bool shard_optimizer = false;
  double bucket_mb = 4;
  std::string devices;                     // several of this machine, with commas; none: that of `machine`
  Precision activations = Precision::f32;  // what a step keeps for its gradients
  std::string loss_scale = "auto";
  std::string show_step, profile;
  int64_t stop_after = 0;  // no flag: this run is stopped after so many steps (0: on request alone)
  MachineOptions machine;
};
/// Returns the rows of files, training and machine.
options::Table training_rows(TrainingOptions& o);
/// Sets device, threads and precision, and joins other ranks. It is the first thing that a training does.
void begin_training(TrainingOptions& o);
/// Throws UsageError for what was given and is not read.
void require_read(const options::Given& given, TrainingOptions& o);

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainingOptions& o, const nn::Parameters& parameters);
/// Returns the options of fit() but for data, validation and callbacks. `batches` are those of an epoch.
training::FitOptions fit_options(const TrainingOptions& o, int64_t batches);

/// What a command reads that uses a model.
struct UseOptions {
  std::string model;
  int64_t batch = 64;
  MachineOptions machine = {};
};
options::Table use_rows(UseOptions& o);
/// Throws UsageError where no model is named, and sets the machine.
void begin_use(const UseOptions& o);

}  // namespace grus::tasks
