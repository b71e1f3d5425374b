#include "examples/seq2seq/resolve.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/json.h"
#include "data/text/sentencepiece.h"
#include "data/text/tokenizer.h"
#include "optim/loss_scale.h"
#include "options/options_json.h"
#include "seq2seq/architecture.h"
#include "seq2seq/metrics.h"
#include "seq2seq/model_folder.h"
#include "seq2seq/option_table.h"
#include "seq2seq/options_json.h"
#include "seq2seq/protocols/protocol.h"

namespace grus::seq2seq {
namespace {

using options::find;

// Takes the architecture of --arch, else that of the configuration, else that of the model to start from.
void choose_architecture(TrainOptions& options, const Given& given, const nlohmann::json& config) {
  if (const std::string* arch = find(given, "arch")) set_option(options, "arch", *arch);
  else if (config.is_object() && config.contains("arch") && config["arch"].is_string())
    set_option(options, "arch", config["arch"].get<std::string>());
  else if (const std::string* from = find(given, "init-from"))
    options.model.arch = ModelFolder::of(*from).load_options().model.arch;
  use_recipe(options);
}

// A flag that this architecture does not read is an error.
void require_flags_of_architecture(const Given& given, TrainOptions& options) {
  constexpr std::string_view of_all[] = {"arch", "emb", "hidden", "tie", "weights", "dropout"};
  const ArchitectureKind& kind = architecture_kind(options.model.arch);
  const auto has = [](std::span<const std::string_view> flags, std::string_view flag) {
    return std::find(flags.begin(), flags.end(), flag) != flags.end();
  };
  for (const Option& option : option_table(options))
    require<UsageError>(option.group != "Model" || !find(given, option.flag) || has(of_all, option.flag) ||
                            has(kind.flags, option.flag),
                        "--{}: not an option of --arch {}", option.flag, kind.name);
}

bool counts_words(const TrainOptions& o, Side side) {
  const std::string& kind = tokenizer_of(o, side);
  if (!symbols_of(o, side).empty()) return false;
  return kind.empty() ? !data::sentencepiece_available() : !data::is_trained_kind(kind);
}

struct OfSide {
  const char* flag;
  std::string value;  // empty: the side has none of its own
};

// A flag of both sides is not read where each side has its own.
void require_read_by_a_side(const Given& given, const char* both, const OfSide& source, const OfSide& target) {
  require<UsageError>(!find(given, both) || source.value.empty() || target.value.empty(),
                      "--{}: need a side without its own, got --{} {} and --{} {}", both, source.flag, source.value,
                      target.flag, target.value);
}

// What was said and would not be read is a mistake, too.
void require_read_flags(const Given& given, TrainOptions& o) {
  optim::loss_scale_of(o.loss_scale, o.precision);
  const bool halving = o.schedule == ScheduleKind::halving, gated = o.model.unit == Unit::gru;
  const bool adam = o.optimizer == OptimizerKind::adam || o.optimizer == OptimizerKind::adamw;
  const bool rmsprop = o.optimizer == OptimizerKind::rmsprop;
  require_read(given, option_table(o),
               {
                   {"halve-after", halving, "halving", "schedule"},
                   {"halve-every", halving, "halving", "schedule"},
                   {"beta1", !rmsprop, "adam, adamw, adadelta or sgd", "optimizer"},
                   {"beta2", adam || rmsprop, "adam, adamw or rmsprop", "optimizer"},
                   {"epsilon", o.optimizer != OptimizerKind::sgd, "adam, adamw, adadelta or rmsprop", "optimizer"},
                   {"batch-tokens", o.batch_sentences == 0, "0", "batch"},
                   {"min-count", counts_words(o, Side::source) || counts_words(o, Side::target), "word, space or char",
                    "tokenizer"},
                   {"forget-bias", !gated, "lstm", "unit"},
                   {"reset", gated, "gru", "unit"},
                   {"update", gated, "gru", "unit"},
                   {"guided-alignment-weight", !o.guided_alignment.empty(), "FILE or auto", "guided-alignment"},
                   {"attention", o.model.score == nn::Score::additive, "additive", "attention-score"},
                   {"readout-size", o.model.readout != ModelOptions::Readout::none, "tanh or maxout", "readout"},
               });
  require_read_by_a_side(given, "tokenizer", {"tokenizer-src", o.source_tokenizer},
                         {"tokenizer-tgt", o.target_tokenizer});
  require_read_by_a_side(given, "vocab", {"vocab-src", o.source_vocab}, {"vocab-tgt", o.target_vocab});
  const auto of_side = [](int64_t layers) { return layers > 0 ? std::to_string(layers) : ""; };
  require_read_by_a_side(given, "layers", {"enc-layers", of_side(o.model.encoder_layers)},
                         {"dec-layers", of_side(o.model.decoder_layers)});
}

}  // namespace

void check_options(const TrainOptions& o) {
  require<UsageError>(!o.out.empty() || o.performance > 0, "--out: need a folder for the model, got none");
  const auto sides = [](const char* name, const std::string& tsv, const std::string& source, const std::string& target,
                        bool needed) {
    require<UsageError>(tsv.empty() || (source.empty() && target.empty()),
                        "--{}: need one file, or --{}-src and --{}-tgt, got both", name, name, name);
    require<UsageError>(source.empty() == target.empty(), "--{}-src: need --{}-tgt with it, got one of the two", name,
                        name);
    require<UsageError>(!needed || !tsv.empty() || !source.empty(),
                        "--{}-src: need --{}-src and --{}-tgt, or --{}, got none", name, name, name, name);
  };
  sides("train", o.train, o.train_source, o.train_target, true);
  const Protocol* protocol = protocol_of(o);
  sides("valid", o.valid, o.valid_source, o.valid_target, !protocol || !protocol->read);
  sides("test", o.test, o.test_source, o.test_target, false);
  check_sides(o);
  metric_names(o.metrics);
  require_protocol(o);
  architecture_kind(o.model.arch).check(o.model);
  require<UsageError>(o.guided_alignment.empty() || architecture_kind(o.model.arch).attends,
                      "--guided-alignment: need a model with attention, got --arch {}", o.model.arch);
  require<UsageError>(o.schedule != ScheduleKind::inverse_sqrt || o.warmup > 0,
                      "--warmup: need 1 or more with --schedule inverse-sqrt, got 0");
  require<UsageError>(o.freeze.empty() || !o.init_from.empty(), "--freeze: need --init-from with it, got none");
  require<UsageError>(!o.extend_vocab || !o.init_from.empty(), "--extend-vocab: need --init-from with it, got none");
}

TrainOptions recipe_options(const Given& given, const TrainOptions& defaults) {
  TrainOptions options = defaults;
  const std::string* file = find(given, "config");
  const nlohmann::json config = file ? options::read_config(*file) : nlohmann::json();
  choose_architecture(options, given, config);
  const std::string* protocol = find(given, "protocol");
  require<UsageError>(!protocol || !find(given, "paper"), "--paper: need no --protocol beside it, got {}",
                      protocol ? *protocol : "");
  if (find(given, "paper")) use_paper_recipe(options);
  if (protocol) use_protocol(options, *protocol);
  else if (config.is_object() && config.contains("protocol") && config["protocol"].is_string())
    use_protocol(options, config["protocol"].get<std::string>());
  if (file) apply_json(options, config, *file);
  return options;
}

TrainOptions resolve_options(const Given& given, const TrainOptions& defaults) {
  TrainOptions options = recipe_options(given, defaults);
  const std::string* out = find(given, "out");
  const std::string* from = find(given, "init-from");
  const std::string* resumed = find(given, "resume") && out ? out : nullptr;
  TrainOptions saved;
  if (resumed) saved = ModelFolder(*resumed).load_options();
  else if (from) saved = ModelFolder::of(*from).load_options();
  if (resumed) options = saved;
  if (from && !resumed)
    for (const Option& option : option_table(saved))
      if (option.of_model) set_option(options, option.flag, text_of(option));
  for (const auto& [flag, text] : given)
    if (flag != "paper" && flag != "config") set_option(options, flag, text);
  if (resumed || from) require_same(option_table(options), values_of(option_table(saved)), resumed ? *resumed : *from);
  if (resumed) require_same_run(options, saved, options.out);
  require_flags_of_architecture(given, options);
  require_read_flags(given, options);
  if (!resumed) options.resume = false;
  check_options(options);
  return options;
}

}  // namespace grus::seq2seq
