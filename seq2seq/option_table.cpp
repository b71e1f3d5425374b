#include "seq2seq/option_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "seq2seq/architecture.h"

namespace grus::seq2seq {
namespace {

constexpr double any_count = 1e9, any_number = 1e12;

template <class Enum>
Choice choice(Enum* value) {
  return {[value] { return static_cast<size_t>(*value); }, [value](size_t word) { *value = static_cast<Enum>(word); }};
}

template <class T>
T parse_number(const Option& option, std::string_view text, const char* kind) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  const auto number = static_cast<double>(value);
  const bool inside = number >= option.low && (option.below ? number < option.high : number <= option.high);
  if (whole && inside) return value;
  const std::string limit =
      option.high < any_count ? fmt::format(" {} {}", option.below ? "to below" : "to", option.high) : "";
  fail("--{}: need {} from {}{}, got '{}'", option.flag, kind, option.low, limit, Shown{text});
}

void set(const Option& option, std::string_view text) {
  if (auto* whole = std::get_if<int64_t*>(&option.value)) {
    **whole = parse_number<int64_t>(option, text, "a whole number");
  } else if (auto* real = std::get_if<double*>(&option.value)) {
    **real = parse_number<double>(option, text, "a number");
  } else if (auto* flag = std::get_if<bool*>(&option.value)) {
    require<UsageError>(text == "true" || text == "false", "--{}: need true or false, got '{}'", option.flag,
                        Shown{text});
    **flag = text == "true";
  } else {
    const auto word = std::find(option.choices.begin(), option.choices.end(), text);
    const bool known = option.choices.empty() || word != option.choices.end();
    require<UsageError>(known, "--{}: need {}, got '{}'", option.flag, fmt::join(option.choices, " or "), Shown{text});
    if (const Choice* chosen = std::get_if<Choice>(&option.value))
      return chosen->set(static_cast<size_t>(word - option.choices.begin()));
    const size_t bad = data::find_invalid_utf8(text);
    require<UsageError>(bad == text.npos, "--{}: need text in UTF-8, got a bad byte at place {}", option.flag, bad + 1);
    *std::get<std::string*>(option.value) = text;
  }
}

std::vector<Option> file_options(TrainOptions& o) {
  const std::string_view g = "Files";
  return {
      {"train-src", g, &o.train_source, "training sentences, a line each (plain or gzip)"},
      {"train-tgt", g, &o.train_target, "their translations"},
      {"valid-src", g, &o.valid_source, "validation sentences: they choose the weights that are kept"},
      {"valid-tgt", g, &o.valid_target, "their translations"},
      {"test-src", g, &o.test_source, "test sentences, translated once at the end"},
      {"test-tgt", g, &o.test_target, "their translations"},
      {"train", g, &o.train, "instead: a file of SOURCE<TAB>TARGET lines"},
      {"valid", g, &o.valid, "the same for validation"},
      {"test", g, &o.test, "the same for the test; further columns are further references"},
      {"out", g, &o.out, "folder for the model, its metrics and report"},
      {"resume", g, &o.resume, "go on where the run in --out was stopped"},
      {"overwrite", g, &o.overwrite, "replace the model in --out"},
      {"init-from", g, &o.init_from, "start from the model in this folder (with its vocabulary and sizes)"},
      {"freeze", g, &o.freeze, "patterns of parameters that stay as they are, with commas: 'encoder.*,embedding*'"},
  };
}

std::vector<std::string_view> architecture_names() {
  std::vector<std::string_view> names;
  for (const ArchitectureKind* kind : architecture_kinds()) names.push_back(kind->name);
  return names;
}

std::vector<Option> model_options(TrainOptions& o) {
  const std::string_view g = "Model";
  ModelOptions& m = o.model;
  const double size = 65536;
  return {
      {"arch", g, &m.arch, "architecture", 0, 0, false, architecture_names(), true},
      {"emb", g, &m.embedding, "embedding size", 1, size, false, {}, true},
      {"hidden", g, &m.hidden, "decoder state size", 1, size, false, {}, true},
      {"encoder", g, &m.encoder, "encoder state size of each direction (0: half of hidden)", 0, size, false, {}, true},
      {"attention", g, &m.attention, "attention size (0: hidden)", 0, size, false, {}, true},
      {"readout-size", g, &m.readout_size, "size before the output layer (0: emb)", 0, size, false, {}, true},
      {"decoder",
       g,
       choice(&m.decoder),
       "a GRU on the word, attention, a GRU on the context; or one GRU on both",
       0,
       0,
       false,
       {"conditional", "single"},
       true},
      {"layers", g, &m.layers, "layers of encoder and decoder", 1, 64, false, {}, true},
      {"unit", g, choice(&m.unit), "of the layers", 0, 0, false, {"gru", "lstm"}, true},
      {"forget-bias", g, &m.forget_bias, "LSTM: added to the forget gates' first bias", 0, 100, false, {}, true},
      {"context",
       g,
       choice(&m.context),
       "the summary of the source is fed at every step, or reaches the first state only",
       0,
       0,
       false,
       {"every", "first"},
       true},
      {"source-order",
       g,
       choice(&m.source_order),
       "the encoder reads the source forward or reversed",
       0,
       0,
       false,
       {"forward", "reversed"},
       true},
      {"readout",
       g,
       choice(&m.readout),
       "what stands before the output layer",
       0,
       0,
       false,
       {"tanh", "maxout", "none"},
       true},
      {"readout-state",
       g,
       choice(&m.readout_state),
       "the readout sees the new or the previous decoder state",
       0,
       0,
       false,
       {"new", "previous"},
       true},
      {"initial-state",
       g,
       choice(&m.initial_state),
       "the decoder starts from the encoder's mean, its backward state, a summary, its states as they are, or zeros",
       0,
       0,
       false,
       {"mean", "backward", "summary", "states", "zeros"},
       true},
      {"reset",
       g,
       choice(&m.reset),
       "GRU: reset gate after or before the recurrent product",
       0,
       0,
       false,
       {"after", "before"},
       true},
      {"update",
       g,
       choice(&m.update),
       "GRU: z keeps or replaces the old state",
       0,
       0,
       false,
       {"keep", "replace"},
       true},
      {"tie",
       g,
       choice(&m.tie),
       "which of source, target and output embedding are one matrix",
       0,
       0,
       false,
       {"all", "output", "none"},
       true},
      {"weights", g, choice(&m.weights), "first values of the weights", 0, 0, false, {"scaled", "paper"}, true},
      {"dropout", g, &m.dropout, "locked dropout", 0, 1, true},
  };
}

std::vector<Option> text_options(TrainOptions& o) {
  const std::string_view g = "Text";
  return {
      {"tokenizer",
       g,
       &o.tokenizer,
       "bpe, unigram, word, space (text is tokenised already) or char; none: bpe where this build has it, else word",
       0,
       0,
       false,
       {},
       true},
      {"vocab", g, &o.vocab, "vocabulary size (0: no limit, for words)", 0, 1e7, false, {}, true},
      {"min-count",
       g,
       &o.min_count,
       "rarer words are unknown (not for bpe and unigram)",
       1,
       any_count,
       false,
       {},
       true},
      {"max-length", g, &o.max_length, "training pairs with more pieces on a side are left out", 1, 1e6},
  };
}

std::vector<Option> training_options(TrainOptions& o) {
  const std::string_view g = "Training";
  return {
      {"epochs", g, &o.epochs, "passes over the data", 1, 1e6},
      {"max-steps", g, &o.max_steps, "stop after this many steps (0: no limit)", 0, any_count},
      {"patience", g, &o.patience, "stop after this many epochs without a better figure (0: never)", 0, 1e6},
      {"select", g, choice(&o.select), "the validation figure that counts", 0, 0, false, {"bleu", "perplexity"}},
      {"batch-tokens", g, &o.batch_tokens, "padded tokens of the longer side in a batch", 1, 1e7},
      {"batch-sentences", g, &o.batch_sentences, "> 0: this many pairs in a batch instead", 0, 1e6},
      {"optimizer",
       g,
       choice(&o.optimizer),
       "adam, adamw, adadelta or sgd",
       0,
       0,
       false,
       {"adam", "adamw", "adadelta", "sgd"}},
      {"lr", g, &o.learning_rate, "learning rate", 0, 1e6},
      {"beta1", g, &o.beta1, "Adam's; momentum of sgd; rho of adadelta", 0, 1, true},
      {"beta2", g, &o.beta2, "Adam's", 0, 1, true},
      {"epsilon", g, &o.epsilon, "of adam and adadelta", 0, 1},
      {"weight-decay", g, &o.weight_decay, "added to the gradient (adamw: decoupled)", 0, 1},
      {"schedule",
       g,
       choice(&o.schedule),
       "of the learning rate, after the warm-up",
       0,
       0,
       false,
       {"cosine", "constant", "inverse-sqrt", "halving"}},
      {"halve-after", g, &o.halve_after, "halving: epochs before the first time", 0, 1e6},
      {"halve-every", g, &o.halve_every, "halving: epochs between two times", 1e-3, 1e6},
      {"warmup", g, &o.warmup, "steps of linear warm-up", 0, any_count},
      {"loss-per",
       g,
       choice(&o.loss_per),
       "the loss is a mean over tokens, or over sentences",
       0,
       0,
       false,
       {"token", "sentence"}},
      {"label-smoothing", g, &o.label_smoothing, "share of the target spread over all words", 0, 1, true},
      {"teacher-forcing", g, &o.teacher_forcing, "chance, a step, that the decoder reads the true word", 0, 1},
      {"clip", g, &o.clip, "largest gradient norm (0: no limit)", 0, any_number},
      {"average", g, &o.average, "decay of the moving average of the weights (0: none)", 0, 1, true},
      {"seed", g, &o.seed, "every random choice follows from it", 0, any_number},
      {"bleu-tokenize",
       g,
       &o.bleu_tokenize,
       "none where the text is tokenised, else 13a",
       0,
       0,
       false,
       {"none", "13a"}},
      {"beam", g, &o.beam, "beam size of the test figure", 1, 1000},
      {"save-every", g, &o.save_every, "steps between saved states (0: at the end of epochs only)", 0, any_count},
  };
}

std::vector<Option> machine_options(TrainOptions& o) {
  const std::string_view g = "Machine";
  return {
      {"show-step", g, &o.show_step, "file for a page of the third step: its graph, shapes and values"},
      {"profile", g, &o.profile, "file for a trace of the ten steps after that; prints where their time goes"},
      {"threads", g, &o.threads, "threads (0: all, or GRUS_NUM_THREADS)", 0, 256},
      {"device", g, &o.device, "where tensors live"},
      {"precision",
       g,
       choice(&o.precision),
       "of the products; bf16: faster where the CPU multiplies it",
       0,
       0,
       false,
       {"f32", "bf16"}},
  };
}

}  // namespace

std::vector<Option> option_table(TrainOptions& options) {
  std::vector<Option> all;
  for (auto rows : {file_options, model_options, text_options, training_options, machine_options})
    for (Option& option : rows(options)) all.push_back(std::move(option));
  return all;
}

std::string text_of(const Option& option) {
  if (auto* whole = std::get_if<int64_t*>(&option.value)) return fmt::format("{}", **whole);
  if (auto* real = std::get_if<double*>(&option.value)) return fmt::format("{}", **real);
  if (auto* flag = std::get_if<bool*>(&option.value)) return **flag ? "true" : "false";
  if (auto* word = std::get_if<Choice>(&option.value)) return std::string(option.choices[word->get()]);
  return *std::get<std::string*>(option.value);
}

std::string text_of(const TrainOptions& options, std::string_view flag) {
  TrainOptions copy = options;
  for (const Option& option : option_table(copy))
    if (option.flag == flag) return text_of(option);
  fail("--{}: there is no such option", Shown{flag});
}

std::string text_of(const ModelOptions& options, std::string_view flag) {
  TrainOptions all;
  all.model = options;
  return text_of(all, flag);
}

void set_option(TrainOptions& options, std::string_view flag, std::string_view text) {
  for (const Option& option : option_table(options))
    if (option.flag == flag) return set(option, text);
  fail("--{}: there is no such option", Shown{flag});
}

void require_same_run(const TrainOptions& options, const TrainOptions& saved, std::string_view folder) {
  for (const std::string_view flag : {"optimizer", "seed", "batch-tokens", "batch-sentences", "max-length"}) {
    const std::string then = text_of(saved, flag), now = text_of(options, flag);
    require<UsageError>(then == now, "--{}: need {} as in {}, got {}", flag, then, folder, now);
  }
  require<UsageError>((options.average > 0) == (saved.average > 0), "--average: need {} as in {}, got {}",
                      saved.average > 0 ? "a decay above 0" : "0", folder, options.average);
}

}  // namespace grus::seq2seq
