#pragma once
// An autoencoder with the codec of its lines, and what it makes of them.
//   const tasks::encode::TextModel lines = tasks::encode::load_text({.model = "models/lines"});
//   lines.states(lines.ids({"tom is a teacher."}))   // (1, Z); lines.say(states) turns them into words
#include <filesystem>
#include <string>
#include <vector>

#include "data/pairs/batch.h"
#include "data/text/codec.h"
#include "seq2seq/autoencoder.h"
#include "tasks/encode/options.h"

namespace grus::tasks::encode {

struct TextModel {
  TextModel(const TrainOptions& options, data::Codec codec);

  /// Returns the ids of a line; one without pieces is one <unk>. Throws DataError, naming `where`, for one that is too
  /// long.
  std::vector<int32_t> ids(const std::string& line, std::string_view where) const;
  std::vector<std::vector<int32_t>> ids(const std::vector<std::string>& lines) const;
  /// Returns the states (N, Z) of lines.
  Tensor states(const std::vector<std::vector<int32_t>>& ids, int64_t batch = 256) const;
  /// Returns what the decoder makes of states.
  std::vector<std::string> say(const Tensor& states) const;

  TrainOptions options;
  data::Codec codec;
  seq2seq::Autoencoder net;
};
/// Loads a model of lines. Throws DataError for a folder that holds none, UsageError for a model of series.
TextModel load_text(const tasks::UseOptions& use);

/// What came back of lines.
struct TextFigures {
  std::vector<std::string> lines = {}, said = {};
  std::vector<bool> same = {};       // word for word
  double exact = 0, word_error = 0;  // shares
  double nats = 0;                   // -log p of a word, its line's state given
  double kl = 0;                     // nats of a line; 0 unless variational
};
TextFigures figures_of(const TextModel& model, const std::vector<std::string>& lines);

/// Returns the lines from one to another on a straight path of so many states, both ends as the decoder says them.
std::vector<std::string> walk(const TextModel& model, const std::string& from, const std::string& to, int64_t steps);

}  // namespace grus::tasks::encode
