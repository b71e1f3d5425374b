#include "data/music/midi.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

constexpr size_t most_bytes = size_t{1} << 26;

// Reads the bytes of one file; every failure names the file and the byte.
class Bytes {
 public:
  Bytes(std::string file, std::string_view all) : file_(std::move(file)), all_(all), end_(all.size()) {}

  size_t at() const { return at_; }
  bool done() const { return at_ >= end_; }
  void check(bool holds, const char* what) const {
    require<DataError>(holds, "{}: need {} at byte {}", file_, what, at_);
  }
  uint8_t byte(const char* what) {
    check(at_ < end_, what);
    return static_cast<uint8_t>(all_[at_++]);
  }
  uint32_t number(int bytes, const char* what) {
    uint32_t value = 0;
    while (bytes-- > 0) value = value << 8 | byte(what);
    return value;
  }
  uint32_t variable() {
    uint32_t value = 0;
    for (int digits = 0; digits < 4; ++digits) {
      const uint8_t digit = byte("a number of at most four bytes");
      value = value << 7 | (digit & 0x7Fu);
      if (digit < 0x80) return value;
    }
    check(false, "a number of at most four bytes");
    return 0;
  }
  std::string_view take(size_t count, const char* what) {
    check(count <= end_ - at_, what);
    at_ += count;
    return all_.substr(at_ - count, count);
  }
  /// Lets nothing be read behind the next <count> bytes, and returns where the end was.
  size_t narrow(size_t count) {
    check(count <= end_ - at_, "a chunk that the file holds");
    return std::exchange(end_, at_ + count);
  }
  void widen(size_t end) {
    at_ = end_;
    end_ = end;
  }

 private:
  std::string file_;
  std::string_view all_;
  size_t at_ = 0, end_;
};

struct Track {
  Bytes& bytes;
  Score& score;
  double quarter;  // ticks
  bool& has_tempo;
  int64_t now = 0;
  // Where the open note of a channel and key stands among the notes, or -1.
  std::array<int64_t, 16 * 128> open = {};

  void end(size_t channel, size_t key) {
    int64_t& place = open[channel * 128 + key];
    if (place < 0) return;
    Note& note = score.notes[static_cast<size_t>(place)];
    note.length = static_cast<double>(now) / quarter - note.begin;
    place = -1;
  }
  void begin(size_t channel, size_t key, int32_t velocity) {
    end(channel, key);
    open[channel * 128 + key] = std::ssize(score.notes);
    score.notes.push_back(
        {static_cast<double>(now) / quarter, 0, static_cast<int32_t>(key), velocity, static_cast<int32_t>(channel)});
  }
  void meta() {
    const uint8_t kind = bytes.byte("an event's kind");
    const std::string_view data = bytes.take(bytes.variable(), "an event's bytes");
    if (kind != 0x51 || data.size() != 3 || has_tempo) return;
    uint32_t micros = 0;
    for (const char c : data) micros = micros << 8 | static_cast<unsigned char>(c);
    bytes.check(micros > 0, "a tempo above 0");
    score.tempo = 60e6 / micros;
    has_tempo = true;
  }
  void voice(uint8_t status, uint8_t first) {
    const size_t channel = status & 0x0F;
    const auto data = [&] {
      const uint8_t value = bytes.byte("an event's data");
      bytes.check(value < 0x80, "data below 128");
      return value;
    };
    switch (status >> 4) {
      case 0x8:
        data();
        return end(channel, first);
      case 0x9:
        if (const uint8_t velocity = data(); velocity > 0) return begin(channel, first, velocity);
        return end(channel, first);
      case 0xC:
        if (score.programs.size() <= channel) score.programs.resize(channel + 1, 0);
        score.programs[channel] = first;
        return;
      case 0xD:
        return;
      default:
        data();
    }
  }
  void read() {
    open.fill(-1);
    uint8_t running = 0;
    while (!bytes.done()) {
      now += bytes.variable();
      uint8_t status = bytes.byte("an event");
      if (status == 0xFF) {
        meta();
        continue;
      }
      if (status == 0xF0 || status == 0xF7) {
        bytes.take(bytes.variable(), "a system message");
        continue;
      }
      uint8_t first = status;
      if (status >= 0x80) {
        bytes.check(status < 0xF0, "an event of a channel");
        running = status;
        first = bytes.byte("an event's data");
      }
      bytes.check(running >= 0x80 && first < 0x80, "an event's status and data below 128");
      voice(running, first);
    }
    for (size_t i = 0; i < open.size(); ++i) end(i / 128, i % 128);
  }
};

}  // namespace

Score read_midi(const std::string& path) {
  const std::string all = read_whole_file(path, most_bytes);
  Bytes bytes(path, all);
  require<DataError>(all.starts_with("MThd"), "{}: need 'MThd', got '{}'", path, Shown{all.substr(0, 4)});
  bytes.take(4, "a head");
  const size_t file_end = bytes.narrow(bytes.number(4, "a head"));
  const uint32_t format = bytes.number(2, "a head of six bytes"), tracks = bytes.number(2, "a head of six bytes"),
                 division = bytes.number(2, "a head of six bytes");
  bytes.check(format <= 1, "format 0 or 1 before");
  bytes.check(division > 0 && division < 0x8000, "ticks a quarter note before");
  bytes.widen(file_end);
  Score score;
  bool has_tempo = false;
  for (uint32_t read = 0; read < tracks;) {
    const std::string_view name = bytes.take(4, "another track");
    const size_t end = bytes.narrow(bytes.number(4, "a chunk's size"));
    if (name == "MTrk") {
      Track{.bytes = bytes, .score = score, .quarter = static_cast<double>(division), .has_tempo = has_tempo}.read();
      ++read;
    }
    bytes.widen(end);
  }
  std::stable_sort(score.notes.begin(), score.notes.end(),
                   [](const Note& a, const Note& b) { return std::tie(a.begin, a.key) < std::tie(b.begin, b.key); });
  return score;
}

}  // namespace grus::data
