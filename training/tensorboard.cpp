#include "training/tensorboard.h"

#include "core/base/error.h"
#include "nn/module.h"
#include "report/event_file.h"
#include "training/terminal_line.h"

namespace grus::training {
namespace {

constexpr double seconds_between_flushes = 2;

// "valid_loss" becomes "loss/valid", so that one chart's curves stand together.
std::string tag_of(const std::string& figure) {
  for (const char* part : {"train", "valid", "test"})
    if (const std::string prefix = std::string(part) + "_"; figure.starts_with(prefix))
      return figure.substr(prefix.size()) + "/" + part;
  return figure;
}

// A bar or a line break would end a cell.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c == '\n' || c == '\r' ? ' ' : c);
  return out;
}

std::string markdown(const std::vector<std::pair<std::string, std::string>>& options) {
  std::string table = "| option | value |\n|---|---|\n";
  for (const auto& [name, value] : options) table += "| " + cell(name) + " | " + cell(value) + " |\n";
  return table;
}

std::vector<double> host_numbers(const Tensor& x) {
  return x.detach().to(DType::f64).to(Device("cpu")).to_vector<double>();
}

}  // namespace

TensorBoard::TensorBoard(TensorBoardOptions options) : options_(std::move(options)) {
  require<UsageError>(options_.every > 0, "[TensorBoard] need 'every' of at least 1, got {}", options_.every);
  require<UsageError>(options_.histograms >= 0, "[TensorBoard] need 'histograms' of at least 0, got {}",
                      options_.histograms);
}

TensorBoard::~TensorBoard() = default;

void TensorBoard::train_begin(const TrainBegin& event, Control&) {
  require<UsageError>(!options_.folder.empty() || !event.folder.empty(),
                      "[TensorBoard] need a folder for a run without one, got none");
  const std::filesystem::path folder = options_.folder.empty() ? event.folder / "tensorboard" : options_.folder;
  events_ = std::make_unique<report::EventFile>(folder, event.step == 0 ? 0 : event.step + 1);
  if (event.step == 0 && !options_.options.empty()) events_->text("options", 0, markdown(options_.options));
  events_->flush();
}

void TensorBoard::backward_end(const BackwardEnd& event, Control&) {
  if (options_.histograms == 0 || event.step % options_.histograms != 0) return;
  for (const auto& [name, parameter] : event.model.named_parameters()) {
    events_->histogram("weights/" + name, event.step, host_numbers(parameter.value()));
    if (parameter.grad().defined()) events_->histogram("gradients/" + name, event.step, host_numbers(parameter.grad()));
  }
}

void TensorBoard::step_figures(const StepFigures& event, Control&) {
  if (event.step % options_.every != 0) return;
  events_->scalar("step/loss", event.step, event.loss);
  events_->scalar("step/grad_norm", event.step, event.grad_norm);
  events_->scalar("step/learning_rate", event.step, event.learning_rate);
  if (const double now = seconds_now(); now - flushed_at_ > seconds_between_flushes) {
    events_->flush();
    flushed_at_ = now;
  }
}

void TensorBoard::recorded(const Recorded& event, Control&) {
  for (const Figure& figure : event.record.figures)
    events_->scalar(tag_of(figure.name), event.record.step, figure.value);
  events_->flush();
}

void TensorBoard::train_end(const TrainEnd&, Control&) { events_->flush(); }

}  // namespace grus::training
