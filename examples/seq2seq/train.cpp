#include "examples/seq2seq/train.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "core/base/folder_lock.h"
#include "examples/seq2seq/finish.h"
#include "examples/seq2seq/performance.h"
#include "examples/seq2seq/training_console.h"
#include "examples/support/devices.h"
#include "examples/support/program.h"
#include "parallel/world.h"
#include "seq2seq/protocols/protocol.h"
#include "seq2seq/trainer.h"
#include "seq2seq/translator.h"
#include "tasks/base/machine.h"
#include "training/stop.h"

namespace grus::seq2seq {
namespace {

// A run keeps weights, two moments and an average, and as much again while a new file is written beside the old one.
int64_t bytes_of_run(const Architecture& model) { return model.module().parameter_count() * 4 * 9; }

Codecs codecs_for(TrainOptions& options, const Corpora& corpora) {
  if (options.resume) return ModelFolder(options.out).load_codecs(options);
  if (!options.init_from.empty()) {
    const Codecs saved = ModelFolder::of(options.init_from).load_codecs(options);
    return options.extend_vocab ? extend_codecs(saved, options, corpora.train, complain) : saved;
  }
  return learn_codecs(options, vocabulary_text(options, corpora), complain);
}

void start_from_saved(const TrainOptions& options, Architecture& model) {
  if (options.init_from.empty()) return;
  const bool begun = options.resume && ModelFolder(options.out).has_state();
  if (!begun) {
    const ModelFolder from = ModelFolder::of(options.init_from);
    const nn::WeightForm form = nn::weight_form(from.weights());
    require<DataError>(!nn::is_quantized(form),
                       "{}: need weights that were not rounded to train from, got {}, which are for use alone",
                       options.init_from, nn::name_of(form));
    options.extend_vocab ? from.load_fewer_words(model) : from.load_weights(model);
  }
  for (size_t begin = 0; begin < options.freeze.size();) {
    const size_t end = std::min(options.freeze.find(',', begin), options.freeze.size());
    model.module().freeze(std::string_view(options.freeze).substr(begin, end - begin));
    begin = end + 1;
  }
  require<UsageError>(model.module().parameter_count(true) > 0,
                      "--freeze: need parameters left to train, got all of them frozen by '{}'", options.freeze);
}

// Nothing is replaced unless the user asks. A run that was stopped before its first state has nothing to lose.
void require_free(const TrainOptions& options, const ModelFolder& folder) {
  if (options.resume || options.overwrite) return;
  require<Error>(!folder.has_weights(), "{}: holds a model already; --resume goes on with it, --overwrite replaces it",
                 options.out);
  require<Error>(!folder.has_state(),
                 "{}: holds a run that was stopped; --resume goes on with it, --overwrite begins anew", options.out);
}

}  // namespace

int run_training(TrainOptions options, const std::string& command_line, size_t samples) {
  return run_training(std::move(options), read_texts, command_line, samples);
}

int run_training(TrainOptions options, const CorpusReader& read, const std::string& command_line, size_t samples) {
  if (!options.devices.empty()) {
    return programs::on_devices(std::exchange(options.devices, ""), options.device,
                                [&](const std::string& device, bool differ) {
                                  TrainOptions own = options;
                                  own.device = device;
                                  own.shard_optimizer = differ || options.shard_optimizer;
                                  return run_training(std::move(own), read, command_line, samples);
                                });
  }
  use_machine(options.device, options.threads, options.precision);
  join_ranks(options.threads, options.shards);
  if (options.performance > 0) {
    const Corpora corpora = read(options);
    return measure_training(std::move(options), corpora);
  }
  parallel::Communicator& ranks = parallel::world();
  const ModelFolder folder(options.out);
  std::optional<FolderLock> lock;
  ranks.on_leader("folder", [&] {
    require_free(options, folder);
    folder.prepare(1 << 20);
    lock.emplace(folder.path());
  });
  const Corpora corpora = read(options);
  require_translatable(corpora.valid, options.valid.empty() ? options.valid_source : options.valid);
  require_translatable(corpora.test, options.test.empty() ? options.test_source : options.test);
  const Codecs codecs = codecs_for(options, corpora);
  const std::unique_ptr<Architecture> model = make_architecture(options, codecs.sizes());
  ranks.on_leader("space", [&] { folder.prepare(bytes_of_run(*model)); });
  start_from_saved(options, *model);
  TrainingConsole console(options);
  Trainer trainer(options, *model, codecs, corpora, console.hooks());
  options.resume ? trainer.resume() : trainer.start();
  fmt::print("{} pairs, vocabulary {}, {} parameters\n", corpora.train.size(),
             codecs.joint ? fmt::format("{}", codecs.source.size())
                          : fmt::format("{} and {}", codecs.source.size(), codecs.target.size()),
             model->module().parameter_count());
  std::fflush(stdout);
  const training::StopOnSignal guard;
  const int64_t first = trainer.progress().step;
  ranks.reset_traffic();
  const bool finished = trainer.run();
  if (ranks.several()) fmt::print("{}\n", parallel::traffic_text(ranks, trainer.progress().step - first));
  if (!finished) {
    complain(fmt::format("stopped after step {}; all is saved: the same command with --resume goes on",
                         trainer.progress().step));
    return 3;
  }
  const SaidTest said = say_test(options, *model, codecs, corpora);
  if (!ranks.leads()) return 0;  // the rest is the leader's
  finish(options, {*model, codecs, corpora, trainer.progress(), command_line}, said, samples);
  return 0;
}

}  // namespace grus::seq2seq
