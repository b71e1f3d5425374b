// What `compose` does without a command: it learns small chorales that are made by rule.
#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "core/base/folder.h"
#include "data/music/midi.h"
#include "examples/compose/commands.h"
#include "tasks/compose/made_chorales.h"

namespace grus::tasks::compose {
int demo() {
  const std::string folder = "compose-demo";
  make_folder(folder);
  Rng rng(1);
  std::vector<data::Piece> learnt, unseen;
  for (int i = 0; i < 300; ++i) learnt.push_back(made_chorale(rng));
  for (int i = 0; i < 20; ++i) unseen.push_back(made_chorale(rng));
  write_file_atomically(folder + "/chorales.json", data::json_of(learnt));
  write_file_atomically(folder + "/unseen.json", data::json_of(unseen));
  data::write_midi(folder + "/learnt.mid", data::score_of(learnt.front(), 1, 90, true));

  TrainOptions o;
  o.train = folder + "/chorales.json";
  o.test = folder + "/unseen.json";
  o.model.hidden = 96;
  o.model.dropout = 0.1;
  o.training.epochs = 50;
  o.training.average = 0.95;
  o.training.lr = 1e-2;
  o.training.batch = 16;
  o.training.out = folder + "/model";
  o.training.overwrite = true;
  fmt::print("300 small chorales, made by rule in all major keys; a network learns which chord comes next:\n");
  if (const int code = train(o, "compose"); code != 0) return code;

  RunOptions own;
  own.use.model = o.training.out;
  own.opening = o.test;
  own.file.out = folder + "/composed.mid";
  own.file.page = folder + "/composed.html";
  own.file.tempo = 90;
  own.steps = 24;
  fmt::print("\nIt goes on with the beginning of one that it has never heard:\n");
  run(own, "compose");
  const Loaded loaded = load(own.use);
  data::Piece all;
  for (size_t i = 0; i < unseen.size(); ++i) {
    const data::Piece piece =
        composed(*loaded.model, {unseen[i].begin(), unseen[i].begin() + 8}, 24, own.temperature, i);
    all.insert(all.end(), piece.begin() + 8, piece.end());
  }
  fmt::print(
      "{:.0f} % of the chords that it puts behind all {} beginnings are triads, which nobody told it of.\n"
      "Now you:\n"
      "  listen to {}/composed.mid, look at {}/composed.html\n"
      "  ./dev run compose run --model {}/model --temperature 1 --seed 7 --out mine.mid\n"
      "  ./dev data jsb-chorales && ./dev run compose train --help       # Bach; or a folder of your own .mid files\n",
      100 * share_of_triads(all), unseen.size(), folder, folder, folder);
  return 0;
}

}  // namespace grus::tasks::compose
