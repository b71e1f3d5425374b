#include "examples/seq2seq/train.h"

#include <fmt/format.h>

#include "core/folder_lock.h"
#include "examples/seq2seq/finish.h"
#include "examples/seq2seq/machine.h"
#include "examples/seq2seq/trainer.h"

namespace grus::seq2seq {
namespace {

// Weights, two moments and an average, and as much again while a new file is written beside the old one.
int64_t bytes_of_run(const Architecture& model) {
  return const_cast<Architecture&>(model).module().parameter_count() * 4 * 9;
}

Codecs codecs_for(TrainOptions& options, const Corpora& corpora) {
  if (options.resume) return ModelFolder(options.out).load_codecs(options);
  if (!options.init_from.empty()) return ModelFolder(options.init_from).load_codecs(options);
  return learn_codecs(options, corpora.train, say);
}

void start_from_saved(const TrainOptions& options, Architecture& model) {
  if (options.init_from.empty()) return;
  if (!options.resume) ModelFolder(options.init_from).load_weights(model);
  for (size_t begin = 0; begin < options.freeze.size();) {
    const size_t end = std::min(options.freeze.find(',', begin), options.freeze.size());
    model.module().freeze(std::string_view(options.freeze).substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace

int train(TrainOptions options, const std::string& command_line, size_t samples) {
  return train(std::move(options), read_corpora, command_line, samples);
}

int train(TrainOptions options, const CorpusReader& read, const std::string& command_line, size_t samples) {
  use_machine(options.device, options.threads, options.precision);
  const ModelFolder folder(options.out);
  require<Error>(options.resume || options.overwrite || !std::filesystem::exists(folder.config()),
                 "{}: holds a model already; --resume goes on with it, --overwrite replaces it", options.out);
  folder.prepare(1 << 20);
  const FolderLock lock(folder.path());
  const Corpora corpora = read(options);
  const Codecs codecs = codecs_for(options, corpora);
  Rng rng(static_cast<uint64_t>(options.seed));
  const std::unique_ptr<Architecture> model = make_architecture(options.model, codecs.sizes(), rng);
  manual_seed(static_cast<uint64_t>(options.seed) + 1);
  folder.prepare(bytes_of_run(*model));
  start_from_saved(options, *model);
  if (!options.resume) folder.clear();
  folder.save_config(options, codecs);
  fmt::print("{} pairs, vocabulary {}, {} parameters\n", corpora.train.size(),
             codecs.joint ? fmt::format("{}", codecs.source.size())
                          : fmt::format("{} and {}", codecs.source.size(), codecs.target.size()),
             model->module().parameter_count());
  std::fflush(stdout);
  Trainer trainer(options, *model, codecs, corpora);
  if (options.resume) trainer.resume();
  if (!trainer.run()) {
    say(fmt::format("stopped after step {}; all is saved: the same command with --resume goes on",
                    trainer.progress().step));
    return 3;
  }
  finish(options, {*model, codecs, corpora, trainer.progress(), command_line}, samples);
  return 0;
}

}  // namespace grus::seq2seq
