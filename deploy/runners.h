#pragma once
// The models of each program, with what they answer beside lines of text.
// Sources: translating.cpp, classifying.cpp, forecasting.cpp, writing.cpp.
#include <memory>
#include <optional>
#include <span>

#include "deploy/runner.h"
#include "examples/translate/commands.h"
#include "tasks/classify/classifier.h"
#include "tasks/forecast/forecaster.h"
#include "tasks/write/writer.h"

namespace grus::deploy {

class Translating : public Runner {
 public:
  Translating(const std::string& model, const options::Given& flags);
  const char* task() const override { return "translate"; }
  options::Table flags() override;
  void check() override;
  std::vector<std::string> run(const std::vector<std::string>& lines, int64_t first) override;
  /// Returns the best translation of each line, with what each of its pieces looked at where the model has attention.
  std::vector<seq2seq::Translation> translate(const std::vector<std::string>& lines);

 private:
  std::vector<seq2seq::Translation> best(const std::vector<std::string>& lines, bool weights, int64_t first);
  translate::UseOptions use_;
  std::optional<seq2seq::Translator> models_;
  std::shared_ptr<const seq2seq::Shortlist> shortlist_;
};

class Classifying : public Runner {
 public:
  Classifying(const std::string& model, const options::Given& flags);
  const char* task() const override { return "classify"; }
  options::Table flags() override;
  void check() override { tasks::use_machine(options_.use.machine); }
  std::vector<std::string> run(const std::vector<std::string>& lines, int64_t first) override;
  std::vector<tasks::classify::Judged> judge(const std::vector<std::string>& lines);
  const std::vector<std::string>& classes() const { return loaded_->reader.classes; }

 private:
  tasks::classify::RunOptions options_;
  std::optional<tasks::classify::Loaded> loaded_;
};

class Forecasting : public Runner {
 public:
  Forecasting(const std::string& model, const options::Given& flags);
  const char* task() const override { return "forecast"; }
  options::Table flags() override;
  void check() override { tasks::use_machine(use_.machine); }
  bool reads_table() const override { return true; }
  std::vector<std::string> run(const std::vector<std::string>& lines, int64_t first) override;
  tasks::forecast::NextRows next(std::span<const double> values, const std::vector<std::string>& dates);
  const tasks::forecast::Forecaster& model() const { return *model_; }

 private:
  tasks::UseOptions use_;
  std::optional<tasks::forecast::Forecaster> model_;
};

class Writing : public Runner {
 public:
  Writing(const std::string& model, const options::Given& flags);
  const char* task() const override { return "write"; }
  options::Table flags() override;
  void check() override { tasks::use_machine(options_.machine); }
  /// With the flag `complete` the line of that command for each, else the texts of `run` behind each as its prompt.
  std::vector<std::string> run(const std::vector<std::string>& lines, int64_t first) override;
  /// Returns the likeliest next words, or completions of the last word.
  std::vector<language::Suggestion> suggest(const std::string& line, int64_t count);

 private:
  tasks::write::RunOptions options_;
  int64_t complete_ = 0;
  std::optional<tasks::write::Loaded> loaded_;
  std::optional<language::Suggester> suggester_;
};

}  // namespace grus::deploy
