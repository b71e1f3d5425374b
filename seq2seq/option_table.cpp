#include "seq2seq/option_table.h"

#include "core/base/error.h"
#include "seq2seq/architecture.h"

namespace grus::seq2seq {
namespace {

using options::any_count;
using options::any_number;
using options::choice;
using options::of_model;
using options::Table;
using options::words;

Table file_options(TrainOptions& o) {
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
      {"init-from", g, &o.init_from, "start from this model, a folder, pack or name (with its vocabulary and sizes)"},
      {"extend-vocab", g, &o.extend_vocab, "with --init-from: words of the new text that it does not know get rows"},
      {"freeze", g, &o.freeze, "patterns of parameters that stay as they are, with commas: 'encoder.*,embedding*'"},
  };
}

std::vector<std::string_view> architecture_names() {
  std::vector<std::string_view> names;
  for (const ArchitectureKind* kind : architecture_kinds()) names.push_back(kind->name);
  return names;
}

Table model_options(TrainOptions& o) {
  const std::string_view g = "Model";
  ModelOptions& m = o.model;
  const double size = 65536;
  return of_model({
      words("arch", g, &m.arch, "architecture", architecture_names()),
      {"emb", g, &m.embedding, "embedding size", 1, size},
      {"hidden", g, &m.hidden, "decoder state size", 1, size},
      {"encoder", g, &m.encoder, "encoder state size of each direction (0: half of hidden)", 0, size},
      {"attention", g, &m.attention, "attention size (0: hidden)", 0, size},
      {"readout-size", g, &m.readout_size, "size before the output layer (0: emb)", 0, size},
      words("attention-score", g, choice(&m.score),
            "v tanh(W q + U h); or Luong's: q h (encoder: half of hidden), q W h", {"additive", "dot", "general"}),
      words("decoder", g, choice(&m.decoder),
            "a unit on the word, attention, a unit on the context; or one unit on both", {"conditional", "single"}),
      {"layers", g, &m.layers, "layers of encoder and decoder", 1, 64},
      {"enc-layers", g, &m.encoder_layers, "those of the encoder alone (0: layers)", 0, 64},
      {"dec-layers", g, &m.decoder_layers, "those of the decoder alone (0: layers); the lowest one attends", 0, 64},
      {"residual", g, &m.residual, "each side's second and further layers add their input to what they give"},
      words("unit", g, choice(&m.unit), "of the layers", {"gru", "lstm"}),
      {"forget-bias", g, &m.forget_bias, "LSTM: added to the forget gates' first bias", 0, 100},
      words("context", g, choice(&m.context),
            "the summary of the source is fed at every step, or reaches the first state only", {"every", "first"}),
      words("source-order", g, choice(&m.source_order), "the encoder reads the source forward or reversed",
            {"forward", "reversed"}),
      words("readout", g, choice(&m.readout), "what stands before the output layer", {"tanh", "maxout", "none"}),
      words("readout-state", g, choice(&m.readout_state), "the readout sees the new or the previous decoder state",
            {"new", "previous"}),
      words(
          "initial-state", g, choice(&m.initial_state),
          "the decoder starts from the encoder's mean, its backward state, a summary, its states as they are, or zeros",
          {"mean", "backward", "summary", "states", "zeros"}),
      words("reset", g, choice(&m.reset), "GRU: reset gate after or before the recurrent product", {"after", "before"}),
      words("update", g, choice(&m.update), "GRU: z keeps or replaces the old state", {"keep", "replace"}),
      words("tie", g, choice(&m.tie), "which of source, target and output embedding are one matrix",
            {"all", "output", "none"}),
      words("weights", g, choice(&m.weights), "first values of the weights", {"scaled", "paper"}),
      {"dropout", g, &m.dropout, "locked dropout", 0, 1, true},
  });
}

Table text_options(TrainOptions& o) {
  const std::string_view g = "Text";
  return options::joined({
      of_model({
          {"tokenizer", g, &o.tokenizer,
           "bpe, unigram, word, space (text is tokenised already) or char; none: bpe where this build has it, else "
           "word"},
          {"tokenizer-src", g, &o.source_tokenizer, "that of the source alone (none: --tokenizer)"},
          {"tokenizer-tgt", g, &o.target_tokenizer, "that of the target alone"},
          {"vocab", g, &o.vocab, "vocabulary size (0: no limit, for words)", 0, 1e7},
          {"vocab-src", g, &o.source_vocab,
           "that of the source alone: a size, or a file of the symbols that there are, one a line (none: --vocab)"},
          {"vocab-tgt", g, &o.target_vocab, "that of the target alone"},
          {"min-count", g, &o.min_count, "rarer words are unknown (not for bpe and unigram)", 1, any_count},
      }),
      {{"max-length", g, &o.max_length, "training pairs with more pieces on a side are left out", 1, 1e6}},
  });
}

Table training_options(TrainOptions& o) {
  const std::string_view g = "Training";
  return {
      {"protocol", g, &o.protocol,
       "train and judge as a published program does (its model, text, loss and metric): mindspore-gru, ascend-gru, "
       "keras-listing or pytorch-listing; none: as we do"},
      {"epochs", g, &o.epochs, "passes over the data", 1, 1e6},
      {"max-steps", g, &o.max_steps, "stop after this many steps (0: no limit)", 0, any_count},
      {"patience", g, &o.patience, "stop after this many validations without a better figure (0: never)", 0, 1e6},
      options::formerly("select",
                        {"metrics", g, &o.metrics,
                         "validation figures, with commas: bleu, chrf, perplexity; the first chooses the weights"}),
      {"validate-every", g, &o.validate_every, "steps between validations (0: at the end of each epoch)", 0, any_count},
      {"keep", g, &o.keep, "weights of this many last validations stay, as last/step-N.safetensors", 0, 1e6},
      {"batch-tokens", g, &o.batch_tokens, "padded tokens of the longer side in a batch", 1, 1e7},
      options::formerly("batch-sentences",
                        {"batch", g, &o.batch_sentences, "> 0: this many pairs in a batch instead", 0, 1e6}),
      words("optimizer", g, choice(&o.optimizer), "adam, adamw, adadelta, sgd or rmsprop",
            {"adam", "adamw", "adadelta", "sgd", "rmsprop"}),
      {"lr", g, &o.learning_rate, "learning rate", 0, 1e6},
      {"beta1", g, &o.beta1, "Adam's; momentum of sgd; rho of adadelta", 0, 1, true},
      {"beta2", g, &o.beta2, "Adam's; alpha of rmsprop", 0, 1, true},
      {"epsilon", g, &o.epsilon, "of all optimizers but sgd", 0, 1},
      {"weight-decay", g, &o.weight_decay, "added to the gradient (adamw: decoupled)", 0, 1},
      words("schedule", g, choice(&o.schedule), "of the learning rate, after the warm-up",
            {"cosine", "constant", "inverse-sqrt", "halving"}),
      {"halve-after", g, &o.halve_after, "halving: epochs before the first time", 0, 1e6},
      {"halve-every", g, &o.halve_every, "halving: epochs between two times", 1e-3, 1e6},
      {"warmup", g, &o.warmup, "steps of linear warm-up", 0, any_count},
      words("loss-per", g, choice(&o.loss_per), "the loss is a mean over tokens, or over sentences",
            {"token", "sentence"}),
      {"label-smoothing", g, &o.label_smoothing, "share of the target spread over all words", 0, 1, true},
      {"teacher-forcing", g, &o.teacher_forcing, "chance, a step, that the decoder reads the true word", 0, 1},
      {"guided-alignment", g, &o.guided_alignment,
       "attention learns from word links: a file of 0-0 1-2 lines, one a training pair, or auto: from our own aligner"},
      {"guided-alignment-weight", g, &o.guided_alignment_weight, "of that loss beside the cross entropy", 0, 1e3},
      {"clip", g, &o.clip, "largest gradient norm (0: no limit)", 0, any_number},
      {"average", g, &o.average, "decay of the moving average of the weights (0: none)", 0, 1, true},
      {"seed", g, &o.seed, "every random choice follows from it", 0, any_number},
      words("bleu-tokenize", g, &o.bleu_tokenize, "none where the text is tokenised, else 13a", {"none", "13a"}),
      {"beam", g, &o.beam, "beam size of the test figure", 1, 1000},
      {"save-every", g, &o.save_every, "steps between saved states (0: at the end of epochs only)", 0, any_count},
      {"shards", g, &o.shards, "parts of each step that ranks share out (0: none on one rank, 8 on several)", 0, 4096},
  };
}

Table machine_options(TrainOptions& o) {
  const std::string_view g = "Machine";
  return {
      {"show-step", g, &o.show_step, "file for a page of the third step: its graph, shapes and values"},
      {"profile", g, &o.profile, "file for a trace of the ten steps after that; prints where their time goes"},
      {"performance", g, &o.performance, "measure the speed of this many steps instead of training (0: train)", 0,
       any_count},
      words("reduce", g, choice(&o.reduce), "how ranks add up: the same bits for any number, or MPI's fastest",
            {"tree", "fast"}),
      words("wire", g, choice(&o.wire),
            "how gradients of ranks are sent; bf16: half of the bytes, other bits than one rank's", {"f32", "bf16"}),
      {"shard-optimizer", g, &o.shard_optimizer, "each rank updates a part of the weights, and keeps its state alone"},
      {"bucket-mb", g, &o.bucket_mb, "megabytes of gradients that a rank sends at a time", 1e-3, 1e6},
      {"devices", g, &o.devices, "train on several at once, as in opencl:0,opencl:1: a replica and a thread each"},
      {"threads", g, &o.threads, "threads (0: all, or GRUS_NUM_THREADS)", 0, 256},
      {"device", g, &o.device, "where tensors live"},
      words("precision", g, choice(&o.precision),
            "of the products; bf16: faster where the CPU multiplies it, f16: with a loss scale",
            {"f32", "bf16", "f16"}),
      words("activations", g, choice(&o.activations),
            "what a step keeps for its gradients; bf16 and f16: half of that memory", {"f32", "bf16", "f16"}),
      {"loss-scale", g, &o.loss_scale,
       "factor of the loss, so that gradients do not become 0: dynamic, a number, or auto: dynamic in f16, else 1"},
  };
}

}  // namespace

Table option_table(TrainOptions& options) {
  Table all = options::joined({file_options(options), model_options(options), text_options(options),
                               training_options(options), machine_options(options)});
  for (Option& row : all)
    for (const std::string_view of_command : {"resume", "overwrite", "show-step", "profile", "performance", "devices"})
      if (row.flag == of_command) row.saved = false;
  return all;
}

std::string text_of(const TrainOptions& options, std::string_view flag) {
  TrainOptions copy = options;
  return text_of(options::row_of(option_table(copy), flag));
}

std::string text_of(const ModelOptions& options, std::string_view flag) {
  TrainOptions all;
  all.model = options;
  return text_of(all, flag);
}

void set_option(TrainOptions& options, std::string_view flag, std::string_view text) {
  set(options::row_of(option_table(options), flag), text);
}

void require_same_run(const TrainOptions& options, const TrainOptions& saved, std::string_view folder) {
  for (const std::string_view flag : {"protocol", "optimizer", "seed", "batch-tokens", "batch", "max-length"}) {
    const std::string then = text_of(saved, flag), now = text_of(options, flag);
    const auto shown = [](const std::string& value) { return value.empty() ? "none" : value; };
    require<UsageError>(then == now, "--{}: need {} as in {}, got {}", flag, shown(then), folder, shown(now));
  }
  require<UsageError>(options.guided_alignment.empty() == saved.guided_alignment.empty(),
                      "--guided-alignment: need {} as in {}, got {}",
                      saved.guided_alignment.empty() ? "none" : saved.guided_alignment, folder,
                      options.guided_alignment.empty() ? "none" : options.guided_alignment);
  require<UsageError>((options.average > 0) == (saved.average > 0), "--average: need {} as in {}, got {}",
                      saved.average > 0 ? "a decay above 0" : "0", folder, options.average);
}

}  // namespace grus::seq2seq
