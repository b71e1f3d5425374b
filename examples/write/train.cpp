// The command `train` and, without a command, the demo.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "core/base/error.h"
#include "core/base/folder.h"
#include "data/read/text.h"
#include "examples/support/program.h"
#include "examples/support/run.h"
#include "examples/write/commands.h"
#include "examples/write/demo_data.h"
#include "language/corpus.h"
#include "report/markup.h"
#include "training/carried.h"
#include "training/fit.h"

namespace grus::tasks::write {
namespace {

using Lines = std::vector<std::string>;

Lines read(const std::string& flag, const std::string& path) {
  require<UsageError>(!path.empty(), "--{}: need a text, got none", flag);
  Lines lines = data::read_lines(path);
  require<DataError>(!lines.empty(), "{}: need text, got an empty file", path);
  return lines;
}

/// Measures the loss, and shows a sample.
class Judge {
 public:
  Judge(const TrainOptions& o, const data::Codec& codec, const nn::LanguageModel& model, std::vector<int32_t> ids)
      : options_(o), codec_(codec), model_(model), ids_(std::move(ids)) {}
  std::vector<training::Figure> operator()() {
    const language::Likelihood all = language::likelihood_in_streams(model_, ids_, 2 * options_.training.batch);
    language::Cursor cursor(model_);
    Rng rng(1);
    sample_ = language::text_of(codec_, language::sample(cursor, 160, {.temperature = options_.temperature}, rng));
    fmt::print("\n{}\n\n", sample_);
    return {{"valid_loss", all.nats / static_cast<double>(all.tokens)}, {"valid_perplexity", all.perplexity()}};
  }
  const std::string& sample() const { return sample_; }

 private:
  const TrainOptions& options_;
  const data::Codec& codec_;
  const nn::LanguageModel& model_;
  std::vector<int32_t> ids_;
  std::string sample_;
};

/// Shades each piece of a text by what it cost: surprises are dark.
std::string surprises(const nn::LanguageModel& model, const data::Codec& codec, const Lines& lines) {
  constexpr std::string_view space = "\u2581";  // as pieces write it
  const std::string kind = codec.tokenizer().kind();
  const bool words = kind == "space" || kind == "word";
  language::Cursor cursor(model);
  std::string markup = "<p style=\"line-height:1.7\">";
  for (const std::string& line : lines) {
    std::vector<int32_t> ids = codec.encode(line);
    ids.push_back(data::EOS);
    std::vector<report::Shade> pieces;
    for (const int32_t id : ids) {
      const double bits = cursor.read(std::span(&id, 1)) / std::log(2.0);
      std::string text = id == data::EOS ? "¶" : codec.vocab().piece(id);
      if (text.starts_with(space)) text.replace(0, space.size(), " ");
      pieces.push_back({text, fmt::format("{:.1f} bits", bits), bits / 10});
    }
    markup += report::shaded(pieces, words ? " " : "") + "<br>";
  }
  return markup + "</p>";
}

int report(programs::Run& run, const data::Codec& codec, const nn::LanguageModel& model, const Judge& judge,
           const Lines& valid, const Lines& test) {
  const Lines some(valid.begin(), valid.begin() + std::min<int64_t>(std::ssize(valid), 24));
  run.show(report::section("What it writes", fmt::format("<pre>{}</pre>", report::escape(judge.sample()))) +
           report::section("What surprises it", surprises(model, codec, some)));
  if (!test.empty()) {
    language::Cursor cursor(model);
    const language::Likelihood all = language::likelihood(cursor, codec, test);
    fmt::print("test: perplexity {:.2f} of {} tokens, {:.4f} bits a character\n", all.perplexity(), all.tokens,
               all.bits_per_character());
  }
  return 0;
}

}  // namespace

int train(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  Lines lines = read("train", o.train);
  const Lines valid = o.valid.empty() ? language::hold_out(lines, o.holdout) : read("valid", o.valid);
  const Lines test = o.test.empty() ? Lines() : read("test", o.test);
  require<UsageError>(!data::is_trained_kind(o.tokenizer) || o.vocab > 0, "--vocab: need a size with --tokenizer {}",
                      o.tokenizer);
  const data::CodecOptions text{.kind = o.tokenizer, .size = o.vocab, .min_count = o.min_count};
  const data::Codec codec = data::Codec::learn({lines}, text, complain);
  std::vector<int32_t> ids = language::text_ids(codec, lines), valid_ids = language::text_ids(codec, valid);
  require<DataError>(std::ssize(ids) > o.training.batch * o.window,
                     "{}: need a window of {} tokens (--window) in {} streams (--batch) at least, got {} tokens",
                     o.train, o.window, o.training.batch, ids.size());
  require<DataError>(valid_ids.size() > 1, "{}: need a line at least to validate on, got none",
                     o.valid.empty() ? "--holdout" : o.valid);
  const std::string valid_sum =
      checksum_text({reinterpret_cast<const char*>(valid_ids.data()), valid_ids.size() * sizeof valid_ids[0]});
  const int64_t unknown = std::count(ids.begin(), ids.end(), data::UNK);

  o.model.vocabulary = codec.size();
  o.model.context = o.window;
  Rng rng(static_cast<uint64_t>(o.training.seed));
  nn::LanguageModel model(o.model, rng);
  data::TokenStreams streams(std::move(ids), {.streams = o.training.batch, .steps = o.window});
  Judge judge(o, codec, model, std::move(valid_ids));
  training::Carried<nn::LanguageState> carried;
  const options::Table table = o.table();
  programs::Run run(
      "write", table, o.training,
      {.title = fmt::format("A language model of {}", std::filesystem::path(o.train).filename().string()),
       .model = fmt::format("{}, {} parameters", programs::name_of(row_of(table, "arch")), model.parameter_count()),
       .command = command_line});
  training::FitOptions fit =
      run.begin({.data = {{"train", streams.fingerprint()}, {"valid", valid_sum}},
                 .write = [&](const std::filesystem::path& folder) { return write_files(folder, codec, unknown); }},
                streams.batches());
  fit.callbacks.push_back(&carried);
  fit.validation = {[&] { return judge(); }, {"valid_loss", "valid_perplexity"}};
  const auto optimizer = make_optimizer(o.training, model.named_parameters());
  const auto loss = [&](const nn::LanguageModel& m, const data::StreamWindow& window) {
    nn::LanguageLoss now = m.loss(window.inputs, window.targets, window.first ? nn::LanguageState() : *carried);
    *carried = now.state.detach();
    return training::Loss(now.loss, static_cast<double>(window.targets.numel()), now.nll_sum);
  };
  const training::FitResult result = training::fit(model, *optimizer, streams, loss, fit);
  if (programs::ends_here(result)) return programs::stopped(result);
  return report(run, codec, model, judge, valid, test);
}

int demo() {
  TrainOptions o;
  o.training.out = "write-demo";
  o.training.overwrite = true;
  o.training.epochs = 12;
  o.model.hidden = 256;
  o.model.layers = 1;
  o.model.dropout = 0.1;
  o.training.lr = 5e-3;
  o.train = o.training.out + "/coriolanus.txt.gz";
  make_folder(o.training.out);
  write_file_atomically(o.train, coriolanus_txt_gz);
  fmt::print("A network reads 180,000 characters of Shakespeare, again and again, and writes what it has learnt.\n");
  if (const int code = train(o, "write"); code != 0) return code;
  fmt::print(
      "Now you:\n"
      "  ./dev run write run --model write-demo --prompt 'CORIOLANUS:\\n' --temperature 0.7 --seed 2\n"
      "  ./dev run write complete --model write-demo      # type a line: the three likeliest next words\n"
      "  write-demo/report.html shows the curves, and what surprised it\n");
  return 0;
}

}  // namespace grus::tasks::write
