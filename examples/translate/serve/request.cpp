#include "examples/translate/serve/request.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/json.h"
#include "core/base/printable.h"
#include "seq2seq/alignment_json.h"

namespace grus::translate {
namespace {

using Ordered = nlohmann::ordered_json;

// A model may put bytes together that are no UTF-8; they become U+FFFD.
std::string text_of(const Ordered& json) { return json.dump(-1, ' ', false, Ordered::error_handler_t::replace) + "\n"; }

template <class... Args>
void require_status(int status, bool condition, fmt::format_string<Args...> message, Args&&... args) {
  if (!condition) throw Refusal(status, fmt::format(message, std::forward<Args>(args)...));
}

std::vector<std::string> lines_of(const json::Members& request) {
  const json::Json& text = request.at("text");
  if (text.is_string()) return {text.get<std::string>()};
  require_status(400, text.is_array(), "request: need 'text' as a string or an array of strings, got {}",
                 json::Shown{text});
  std::vector<std::string> lines;
  for (const json::Json& one : text) {
    require_status(400, one.is_string(), "request: need strings in 'text', got {}", json::Shown{one});
    lines.push_back(one.get<std::string>());
  }
  return lines;
}

void check_lines(const std::vector<std::string>& lines, const Limits& limits, const data::Codec& source) {
  require_status(400, !lines.empty(), "request: need a sentence in 'text', got none");
  require_status(413, std::ssize(lines) <= limits.sentences, "request: need at most {} sentences, got {}",
                 limits.sentences, lines.size());
  for (const std::string& line : lines) {
    require_status(400, line.find_first_of("\r\n") == std::string::npos,
                   "request: need sentences of one line, got '{}'", Shown{line});
    require_status(413, line.size() <= seq2seq::longest_line, "request: need a sentence of at most {} bytes, got {}",
                   seq2seq::longest_line, line.size());
    const size_t words = source.encode(line).size();
    require_status(413, static_cast<int64_t>(words) <= limits.words,
                   "request: need sentences of at most {} words or pieces, got one of {}", limits.words, words);
  }
}

std::string alignment_of(const json::Members& request, const Limits& limits) {
  if (!request.has("alignment")) return "none";
  const std::string word = request.text("alignment");
  require_status(400, word == "none" || word == "words" || word == "pieces",
                 "request: need 'alignment' as none, words or pieces, got '{}'", Shown{word});
  require_status(400, word == "none" || limits.attention,
                 "request: need a model with attention for 'alignment', got one without");
  return word;
}

Ordered json_of(const seq2seq::Translation& t, const std::string& alignment) {
  Ordered json = {{"text", t.text}, {"score", t.score}, {"log_probability", t.log_probability}, {"words", t.words}};
  if (alignment == "words") json["alignment"] = seq2seq::alignment_json(in_words(t.alignment));
  if (alignment == "pieces") json["alignment"] = seq2seq::alignment_json(t.alignment);
  return json;
}

}  // namespace

Asked read_request(std::string_view body, const Limits& limits, const data::Codec& source) try {
  const json::Json parsed = json::parse(body, "request");
  const json::Members request(parsed, "request");
  request.require_only({"text", "beam", "n_best", "alignment"});
  Asked asked;
  Request& r = asked.request;
  r.lines = lines_of(request);
  r.beam = request.has("beam") ? request.whole("beam", 1, limits.beam) : limits.usual_beam;
  if (request.has("n_best")) r.n_best = request.whole("n_best", 1, r.beam);
  asked.alignment = alignment_of(request, limits);
  r.weights = asked.alignment != "none";
  check_lines(r.lines, limits, source);
  return asked;
} catch (const DataError& error) {
  throw Refusal(400, error.what());
}

std::string answer_json(const Asked& asked, const Answer& answer) {
  Ordered sentences = Ordered::array();
  for (size_t n = 0; n < answer.found.size(); ++n) {
    Ordered translations = Ordered::array();
    for (const seq2seq::Translation& t : answer.found[n]) translations.push_back(json_of(t, asked.alignment));
    sentences.push_back({{"source", asked.request.lines[n]}, {"translations", translations}});
  }
  return text_of({{"sentences", sentences},
                  {"batch", answer.batch},
                  {"waited_ms", answer.waited_ms},
                  {"took_ms", answer.took_ms}});
}

std::string error_json(std::string_view sentence) { return text_of({{"error", sentence}}); }

}  // namespace grus::translate
