#include "seq2seq/trainer.h"

#include <cmath>

#include "data/pairs/bleu.h"
#include "data/pairs/chrf.h"
#include "parallel/world.h"
#include "seq2seq/option_table.h"
#include "seq2seq/protocols/protocol.h"
#include "seq2seq/translator.h"

namespace grus::seq2seq {
namespace {

TextSums sums_of(const Corpora& corpora, const std::vector<data::Links>& links) {
  TextSums sums = seq2seq::sums_of(corpora);
  sums.links = sum_of(links);
  return sums;
}

data::EncodedCorpus first_references(const data::ReferenceCorpus& text, const Codecs& codecs) {
  data::EncodedCorpus ids{codecs.source.encode(text.source), {}};
  for (const auto& references : text.references) ids.target.push_back(codecs.target.encode(references.front()));
  return ids;
}

}  // namespace

Trainer::Trainer(const TrainOptions& options, Architecture& model, const Codecs& codecs, const Corpora& corpora,
                 const TrainerHooks& hooks)
    : options_(options),
      model_(model),
      codecs_(codecs),
      valid_(corpora.valid),
      valid_ids_(first_references(corpora.valid, codecs)),
      links_(guided_links(options, corpora.train, codecs, hooks.notice)),
      texts_(sums_of(corpora, links_)),
      keeper_(options.out, model, options.keep),
      log_(keeper_),
      source_(options_, model, training_pairs(options, corpora.train, codecs), std::move(links_), hooks.notice),
      optimizer_(make_optimizer(options, model.module().named_parameters())),
      loop_(model.module(), *optimizer_, source_, keeper_, loop_options(hooks)) {}

training::FitOptions Trainer::loop_options(const TrainerHooks& hooks) {
  training::FitOptions o;
  o.epochs = options_.epochs;
  o.steps = options_.max_steps;
  o.clip = options_.clip;
  o.schedule = make_schedule(options_, source_.all_steps(), source_.epoch_steps());
  o.average = options_.average;
  const std::vector<std::string> metrics = metric_names(options_.metrics);
  o.validation.names = {"valid_loss", "valid_perplexity"};
  o.validation.measure = [this] {
    parallel::Communicator alone;
    return validate(alone);
  };
  o.validation.measure_on_ranks = [this](parallel::Communicator& ranks) { return validate(ranks); };
  for (const std::string& name : metrics)
    if (name != "perplexity") o.validation.names.push_back("valid_" + name);
  o.watch = "valid_" + metrics.front();
  if (const Protocol* protocol = protocol_of(options_)) o.newest = protocol->keeps_newest;
  o.validate_every = options_.validate_every;
  o.patience = options_.patience;
  o.save_every = options_.save_every;
  o.shards = options_.shards;
  o.reduce = options_.reduce;
  o.wire = options_.wire;
  o.shard_optimizer = options_.shard_optimizer;
  o.bucket_mb = options_.bucket_mb;
  o.activations = options_.activations;
  o.loss_scale = optim::loss_scale_of(options_.loss_scale, options_.precision);
  if (source_.is_guided()) o.metrics = {&source_.alignment_loss()};
  o.alike = {{"--train", texts_.train}, {"--valid", texts_.valid}, {"--guided-alignment", texts_.links}};
  o.stop = hooks.stop;
  o.callbacks = {&log_};
  o.callbacks.insert(o.callbacks.end(), hooks.callbacks.begin(), hooks.callbacks.end());
  return o;
}

void Trainer::start() {
  parallel::world().on_leader("start", [&] {
    const ModelFolder& folder = keeper_.model_folder();
    folder.prepare(1);
    folder.begin();
    folder.save_codecs(codecs_);
    folder.save_config(options_, codecs_, texts_);
  });
  begin();
}

// Dropout and the decoder's own words draw from seed + 1, because the first values of the weights are drawn from seed.
// A first state is saved before anything else, so that weights without one are never a run's.
void Trainer::begin() {
  loop_.start();
  manual_seed(static_cast<uint64_t>(options_.seed) + 1);
  loop_.save();
  begun_ = true;
}

void Trainer::resume() {
  const ModelFolder& work = keeper_.model_folder();
  require_same_run(options_, work.load_options(), options_.out);
  const TextSums before = work.load_text_sums();
  const auto same = [&](const char* flag, const std::string& then, const std::string& now) {
    require<DataError>(then.empty() || then == now, "--{}: need the text that the run in {} began with, got another",
                       flag, options_.out);
  };
  same("train", before.train, texts_.train);
  same("valid", before.valid, texts_.valid);
  require<DataError>(before.links == texts_.links,
                     "--guided-alignment: need the links that the run in {} began with, got others", options_.out);
  if (work.has_state()) {
    loop_.resume();
    optimizer_->set_lr(options_.learning_rate);  // --lr may have changed since
  } else {
    require<DataError>(!work.has_weights(), "{}: need state.safetensors to go on, got weights alone: --init-from {}",
                       options_.out, options_.out);
    begin();
  }
  parallel::world().on_leader("resume", [&] { work.save_config(options_, codecs_, texts_); });
  begun_ = true;
}

bool Trainer::run() {
  if (!begun_) start();
  return loop_.run().finished;
}

// The likelihood costs little; whole translations are made only for figures that need them.
std::vector<training::Figure> Trainer::validate(parallel::Communicator& ranks) const {
  const Protocol* protocol = protocol_of(options_);
  const Likelihood text =
      protocol ? likelihood(*protocol, model_, valid_ids_, ranks) : likelihood(model_, valid_ids_, ranks);
  const double loss = text.nll / static_cast<double>(text.tokens);
  std::vector<training::Figure> figures = {{"valid_loss", loss}, {"valid_perplexity", std::exp(loss)}};
  std::vector<std::string> said;
  for (const std::string& name : metric_names(options_.metrics)) {
    if (name == "perplexity") continue;
    if (said.empty()) said = translate_best(model_, codecs_, valid_.source, {.beam = 1, .batch_rows = 128}, ranks);
    const double score = name == "chrf"
                             ? data::corpus_chrf(said, valid_.references).score
                             : data::corpus_bleu(said, valid_.references, {.tokenize = options_.bleu_tokenize}).score;
    figures.push_back({"valid_" + name, score, true});
  }
  return figures;
}

Progress Trainer::progress() const {
  const training::Progress& of = loop_.progress();
  Progress progress{of.step, {}, of.best};
  for (const training::Record& record : of.history) {
    progress.epochs.push_back(metrics_of(record));
    progress.epochs.back().epoch = static_cast<int64_t>(progress.epochs.size());
  }
  return progress;
}

}  // namespace grus::seq2seq
