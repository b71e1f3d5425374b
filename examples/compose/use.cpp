// The commands `eval`, `run` and `play`.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "data/music/abc.h"
#include "data/music/midi.h"
#include "examples/compose/commands.h"
#include "examples/compose/pictures.h"
#include "examples/support/page.h"
#include "report/markup.h"

namespace grus::tasks::compose {
int eval(EvalOptions& o, const std::string& command_line) {
  require<UsageError>(!o.data.empty(), "--data: need pieces, got none");
  const Loaded loaded = load(o.use);
  const double step = loaded.options.step;
  const std::vector<data::Piece> pieces = read_part(o.data, step, o.part);
  const Figures found = figures_of(*loaded.model, pieces, o.use.batch);
  fmt::print("{:.4f} nats a step of {} steps in {} pieces, accuracy {:.2f} %\n", found.nats, found.steps, pieces.size(),
             100 * found.accuracy);
  report::Figures drawn;
  programs::write_page(o.out, {"compose", o.data, o.use.model, command_line}, pictures(found, pieces, step, drawn));
  return 0;
}

int run(RunOptions& o, const std::string&) {
  const Loaded loaded = load(o.use);
  const double step = loaded.options.step;
  data::Piece opening;
  if (!o.opening.empty()) {
    const std::vector<data::Piece> pieces = read_part(o.opening, step, "all");
    require<UsageError>(o.piece <= std::ssize(pieces), "--piece: need 1 to {}, the pieces of {}, got {}", pieces.size(),
                        o.opening, o.piece);
    opening = pieces[static_cast<size_t>(o.piece - 1)];
    if (o.opening_steps > 0) opening.resize(std::min(opening.size(), static_cast<size_t>(o.opening_steps)));
  }
  const auto given = std::ssize(opening);
  const data::Piece piece =
      composed(*loaded.model, std::move(opening), o.steps, o.temperature, static_cast<uint64_t>(o.seed));
  const data::Score score = data::score_of(piece, step, o.file.tempo, !o.file.struck);
  data::write_midi(o.file.out, score);
  report::Figures drawn;
  programs::write_page(
      o.file.page, {"compose", "Composed", o.use.model},
      report::section("Piano roll", drawn(roll_of(piece, step, given),
                                          fmt::format("Temperature {}, seed {}.", o.temperature, o.seed))));
  fmt::print("{} steps, {} of them composed, {} notes, {:.0f} s: {}\n", piece.size(), o.steps, score.notes.size(),
             score.length() * 60 / score.tempo, o.file.out);
  return 0;
}

int play(PlayOptions& o, const std::string&) {
  const std::vector<data::Tune> tunes = data::read_abc(o.tunes);
  require<UsageError>(o.tune <= std::ssize(tunes), "--tune: need 1 to {}, the tunes of {}, got {}", tunes.size(),
                      o.tunes, o.tune);
  const data::Tune& tune = tunes[static_cast<size_t>(o.tune - 1)];
  data::write_midi(o.out, tune.score);
  const std::string title = tune.title.empty() ? "A tune" : tune.title;
  report::Figures drawn;
  programs::write_page(o.page, {"compose", title, "ABC notation"},
                       report::section("Piano roll", drawn(roll_of(tune.score, title), report::escape(title))));
  fmt::print("{}: {} notes, {:.0f} s: {}\n", title, tune.score.notes.size(),
             tune.score.length() * 60 / tune.score.tempo, o.out);
  if (tune.ignored > 0) fmt::print("{} characters of it are no music that is known here\n", tune.ignored);
  return 0;
}

}  // namespace grus::tasks::compose
