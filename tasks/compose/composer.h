#pragma once
// A composer in use: what `compose train` left in a folder or pack, and the chords that it puts behind others.
//   const tasks::compose::Loaded bach = tasks::compose::load({.model = "models/bach"});
//   const data::Piece piece = tasks::compose::composed(*bach.model, opening, 64, 0.8, 1);
// Sources: options.cpp, composer.cpp.
#include <memory>
#include <string>

#include "tasks/base/run_options.h"
#include "tasks/compose/model.h"

namespace grus::tasks::compose {

/// What `train` reads; a model's folder keeps it.
struct TrainOptions {
  std::string train, valid, test;
  double step = 1, hold_valid = 0.1;
  int64_t transpose = 0;
  ModelOptions model;
  tasks::TrainingOptions training;

  TrainOptions();
  options::Table table();
  void check(const options::Given& given);
};
struct Loaded {
  TrainOptions options;
  std::unique_ptr<Composer> model;
};
/// Loads a model. Throws DataError for a folder that holds none.
Loaded load(const tasks::UseOptions& use);
/// Returns the opening and so many steps that the model puts behind it.
data::Piece composed(const Composer& model, data::Piece opening, int64_t steps, double temperature, uint64_t seed);

}  // namespace grus::tasks::compose
