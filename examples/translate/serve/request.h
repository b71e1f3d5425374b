#pragma once
// What clients and the server say to each other, as JSON.
//   {"text": "ein hund ." or ["...", "..."], "beam": 5, "n_best": 3, "alignment": "words"}
//   {"sentences": [{"source": "ein hund .", "translations": [{"text": "a dog .", "score": -0.2, ...}]}], ...}
#include <string>
#include <string_view>

#include "data/text/codec.h"
#include "examples/translate/serve/queue.h"

namespace grus::translate {

/// What a request may ask for.
struct Limits {
  int64_t bytes = 65536;   // of a request
  int64_t sentences = 64;  // of a request
  int64_t words = 200;     // of a sentence, as pieces of the model
  int64_t beam = 20;       // hypotheses
  bool attention = true;   // the model has alignments
  int64_t usual_beam = 5;  // where a request names none
};

struct Asked {
  Request request;
  std::string alignment = "none";  // or words, pieces
};

/// Reads a request. Throws Refusal, 413 for more sentences or words than the limits have, 400 for all else that is
/// wrong.
Asked read_request(std::string_view body, const Limits& limits, const data::Codec& source);
std::string answer_json(const Asked& asked, const Answer& answer);
/// Returns {"error": sentence}.
std::string error_json(std::string_view sentence);

}  // namespace grus::translate
