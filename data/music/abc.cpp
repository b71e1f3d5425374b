#include "data/music/abc.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "data/music/abc_elements.h"
#include "data/read/byte_reader.h"

namespace grus::data {
namespace {

using abc::Element;
using Kind = Element::Kind;

// Returns the elements in the order in which they are played.
std::vector<const Element*> played(const std::vector<Element>& all) {
  std::vector<const Element*> order;
  size_t begin = 0;
  int pass = 1;
  bool in_second = false;  // the second ending, whose end is no repeat
  for (size_t i = 0; i < all.size(); ++i) {
    const Element& one = all[i];
    if (one.kind == Kind::repeat_begin) in_second = false;
    if (one.kind == Kind::repeat_begin && pass == 1) begin = i + 1;
    if (one.kind == Kind::ending && one.ending == 2 && pass == 2) {
      in_second = true;
      pass = 1;
      begin = i + 1;
      continue;
    }
    if (one.kind == Kind::ending && one.ending != pass) {
      // The other ending goes up to the repeat's end, or to the next ending.
      while (i + 1 < all.size() && all[i + 1].kind != Kind::repeat_end && all[i + 1].kind != Kind::ending) ++i;
      if (pass == 2 && i + 1 < all.size() && all[i + 1].kind == Kind::repeat_end) ++i;
      continue;
    }
    if (one.kind == Kind::repeat_end && std::exchange(in_second, false)) {
      begin = i + 1;
      continue;
    }
    if (one.kind == Kind::repeat_end) {
      if (pass == 1) i = begin - 1;  // the loop counts on
      else begin = i + 1;
      pass = 3 - pass;
      continue;
    }
    if (one.kind == Kind::notes || one.kind == Kind::rest || one.kind == Kind::symbol) order.push_back(&one);
  }
  return order;
}

Score play(const std::vector<Element>& elements, double tempo) {
  Score score{.tempo = tempo, .notes = {}, .programs = {73, 0}};  // a flute above a piano
  double now = 0;
  std::vector<size_t> sounding, tied;  // places among the notes: of the chord symbol, and of notes that go on
  const auto end_symbol = [&] {
    for (const size_t i : sounding) score.notes[i].length = now - score.notes[i].begin;
    sounding.clear();
  };
  for (const Element* one : played(elements)) {
    if (one->kind == Kind::symbol) {
      end_symbol();
      for (const int32_t key : one->keys) {
        sounding.push_back(score.notes.size());
        score.notes.push_back({now, 0, key, 48, 1});
      }
      continue;
    }
    std::vector<size_t> last;
    for (const int32_t key : one->keys) {
      const auto held = std::find_if(tied.begin(), tied.end(), [&](size_t i) { return score.notes[i].key == key; });
      last.push_back(held == tied.end() ? score.notes.size() : *held);
      if (held == tied.end()) score.notes.push_back({now, one->length, key, 90, 0});
      else score.notes[*held].length += one->length;
    }
    tied = one->tied ? last : std::vector<size_t>();
    now += one->length;
  }
  end_symbol();
  std::erase_if(score.notes, [](const Note& note) { return note.length <= 0; });
  return score;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Tune tune_of(const std::vector<std::string_view>& lines) {
  abc::Head head;
  abc::Body body(head);
  Tune tune;
  for (const std::string_view line : lines) {
    if (abc::take_field(line, head)) body.change(head);
    else tune.ignored += body.read(line);
  }
  tune.title = head.title;
  tune.score = play(body.elements, head.tempo);
  return tune;
}

}  // namespace

std::vector<Tune> parse_abc(std::string_view text, const std::string& name) {
  std::vector<std::vector<std::string_view>> parts(1);
  for (const std::string_view line : lines_of(text)) {
    if (line.starts_with("X:")) parts.emplace_back();
    parts.back().push_back(line);
  }
  if (parts.size() > 1) parts.erase(parts.begin());
  std::vector<Tune> tunes;
  for (const std::vector<std::string_view>& lines : parts) {
    tunes.push_back(tune_of(lines));
    if (tunes.back().score.notes.empty()) tunes.pop_back();
  }
  require<DataError>(!tunes.empty(), "{}: need a note, got none", name);
  return tunes;
}

std::vector<Tune> read_abc(const std::string& path) {
  ByteReader file(path);
  return parse_abc(file.take_rest(uint64_t{1} << 26, "tunes"), file.name());
}

}  // namespace grus::data
