#pragma once
// The command lines of these programs share what stands here. CLI11 is included in folders named cli alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <functional>
#include <string>
#include <vector>

#include "examples/seq2seq/resolve.h"

namespace grus::seq2seq {

/// A subcommand and its action; `run` keeps the options alive and returns the exit code.
struct Command {
  CLI::App* app;
  std::function<int(const std::string& command_line)> run;
};
using AddCommand = Command (*)(CLI::App& program);

/// Refuses values that are not numbers from `low` to `high`, NaN among them.
template <class T>
CLI::Validator between(T low, T high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (whole && value >= low && value <= high) return "";
    return fmt::format("need {} from {} to {}, got '{}'", std::is_integral_v<T> ? "a whole number" : "a number", low,
                       high, text);
  };
  return CLI::Validator(check, fmt::format("[{} - {}]", low, high));
}
/// The largest seed of a random choice.
constexpr int64_t most_seed = 1'000'000'000'000;

/// Adds all rows of option_table as flags, whose values go into `given` as text. --help shows the defaults of the
/// architecture and recipe that were asked for.
void add_training_flags(CLI::App& app, TrainOptions& defaults, Given& given);
/// Adds --paper and --config.
void add_recipe_flags(CLI::App& app, const TrainOptions& defaults, Given& given);

struct ProgramName {
  std::string name, what;
};
/// Parses the arguments and runs the command; errors and exit codes are those of run_program in examples/support.
int run_commands(const ProgramName& name, const std::vector<AddCommand>& commands, int argc, char** argv);

}  // namespace grus::seq2seq
