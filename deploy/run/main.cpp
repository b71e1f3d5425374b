// grus-run MODEL [--flag value ...]: what the model's program says to lines of standard input.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <variant>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/version.h"
#include "data/read/text.h"
#include "deploy/open_model.h"
#include "examples/support/standard_input.h"

// The C++ library's own prints the name of an exception that nobody catches, by a demangler of 50 kB. Here main catches
// all.
namespace __gnu_cxx {
void __verbose_terminate_handler() { std::abort(); }
}  // namespace __gnu_cxx

namespace {

using namespace grus;

constexpr size_t longest_line = size_t{1} << 24;  // bytes
constexpr size_t most_lines = 1024;               // that are run together

constexpr const char* usage =
    "grus-run MODEL [--FLAG VALUE ...]\n"
    "Prints what a packed model of translate, classify, forecast or write says to lines of standard input, as the\n"
    "program's command `run` does: a translation of each line, its class, the rows behind a table, the text behind "
    "each\n"
    "line. grus-run MODEL --help lists the model's flags.\n";

// Returns the flags of "--beam 3 --length-penalty=0.6", and a model that stands among them.
options::Given parse(int argc, char** argv, std::string& model) {
  options::Given given;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("--")) {
      require<UsageError>(model.empty(), "need one model, got {} and {}", Shown{model}, Shown{word});
      model = word;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string flag(word.substr(2, equals == word.npos ? word.npos : equals - 2));
    if (flag == "help" || flag == "version") {
      given.emplace_back(flag, "");
      continue;
    }
    require<UsageError>(equals != word.npos || i + 1 < argc, "--{}: need a value, got none", Shown{flag});
    given.emplace_back(flag, equals == word.npos ? argv[++i] : std::string(word.substr(equals + 1)));
  }
  return given;
}

void print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  require<Error>(written, "standard output: {}", std::strerror(errno));
}

void print_flags(deploy::Runner& model) {
  std::string text = usage;
  for (const options::Option& row : model.flags())
    text += fmt::format("  --{:<16} {} [{}]\n", row.flag, row.help, options::text_of(row));
  print(text);
}

// A Chunk is lines, and the error of the one that follows them.
struct Chunk {
  std::vector<std::string> lines;
  std::exception_ptr error;
};

Chunk read(StandardInput& input, size_t most) {
  Chunk chunk;
  try {
    while (chunk.lines.size() < most) {
      const auto line = input.next();
      if (!line) break;
      chunk.lines.push_back(data::clean_line(*line, StandardInput::name, input.number()));
    }
  } catch (const DataError&) {
    chunk.error = std::current_exception();
  }
  return chunk;
}

void answer(deploy::Runner& model, const std::vector<std::string>& lines, int64_t first) {
  std::string text;
  for (const std::string& one : model.run(lines, first)) text += one + "\n";
  print(text);
}

int64_t batch_of(deploy::Runner& model) {
  for (const options::Option& row : model.flags())
    if (row.flag == "batch") return *std::get<int64_t*>(row.value);
  return 0;
}

// What is said to the lines before a bad one is printed before its error.
void run(deploy::Runner& model) {
  StandardInput input(longest_line);
  const size_t most = model.reads_table() ? SIZE_MAX : lines_at_once(batch_of(model), most_lines);
  for (int64_t first = 1;;) {
    const Chunk chunk = read(input, most);
    if (chunk.error && model.reads_table()) std::rethrow_exception(chunk.error);
    if (!chunk.lines.empty() || model.reads_table()) answer(model, chunk.lines, first);
    if (chunk.error) std::rethrow_exception(chunk.error);
    if (chunk.lines.size() < most) return;
    first += std::ssize(chunk.lines);
  }
}

int start(int argc, char** argv) {
  std::string file;
  options::Given given = parse(argc, argv, file);
  if (options::find(given, "version")) return print(fmt::format("Grus {}\n", version)), 0;
  const bool help = options::find(given, "help") != nullptr;
  if (help && file.empty()) return print(usage), 0;
  require<UsageError>(!file.empty(), "need a packed model, got none; --help says more");
  std::erase_if(given, [](const auto& flag) { return flag.first == "help"; });
  const std::unique_ptr<deploy::Runner> model = deploy::open_model(file, given);
  if (help) return print_flags(*model), 0;
  run(*model);
  return 0;
}

int failed(const char* what, int code) {
  std::fprintf(stderr, "grus-run: %s\n", what);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return start(argc, argv);
  } catch (const UsageError& error) {
    return failed(error.what(), 2);
  } catch (const std::bad_alloc&) {
    return failed("need more memory than there is", 1);
  } catch (const std::exception& error) {
    return failed(error.what(), 1);
  }
}
