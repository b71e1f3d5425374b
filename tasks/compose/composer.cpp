#include "tasks/compose/composer.h"

#include "tasks/base/model_files.h"

namespace grus::tasks::compose {

Loaded load(const tasks::UseOptions& use) {
  begin_use(use);
  Loaded loaded;
  tasks::load_options("compose", use.model, loaded.options.table());
  Rng rng(0);
  loaded.model = tasks::make_model(use.model, [&] { return std::make_unique<Composer>(loaded.options.model, rng); });
  tasks::load_weights(use.model, *loaded.model);
  return loaded;
}

data::Piece composed(const Composer& model, data::Piece piece, int64_t steps, double temperature, uint64_t seed) {
  Player player(model);
  for (const data::Chord& chord : piece) player.read(chord);
  Rng rng(seed);
  for (int64_t t = 0; t < steps; ++t) {
    piece.push_back(player.draw(temperature, rng));
    player.read(piece.back());
  }
  return piece;
}

}  // namespace grus::tasks::compose
