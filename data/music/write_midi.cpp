#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "data/music/midi.h"

namespace grus::data {
namespace {

constexpr int64_t ticks = 480;   // a quarter note
constexpr double longest = 1e6;  // quarter notes

void append_big_endian(std::string& out, uint32_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

// A number's digits to the base 128, all but the last marked.
void append_variable(std::string& out, uint32_t value) {
  for (int shift = 28; shift > 0; shift -= 7)
    if (value >> shift) out += static_cast<char>((value >> shift & 0x7F) | 0x80);
  out += static_cast<char>(value & 0x7F);
}

struct Event {
  int64_t tick;
  bool begins;
  Note note;
};

std::vector<Event> events_of(const Score& score) {
  std::vector<Event> events;
  for (const Note& note : score.notes) {
    require<UsageError>(note.begin >= 0 && note.length >= 0 && note.begin + note.length <= longest,
                        "[write_midi] need times of 0 to {} quarter notes, got {} for {}", longest, note.begin,
                        note.length);
    require<UsageError>(note.key >= 0 && note.key < 128, "[write_midi] need keys of 0 to 127, got {}", note.key);
    require<UsageError>(note.velocity >= 1 && note.velocity < 128, "[write_midi] need velocities of 1 to 127, got {}",
                        note.velocity);
    require<UsageError>(note.channel >= 0 && note.channel < 16, "[write_midi] need channels of 0 to 15, got {}",
                        note.channel);
    const int64_t begin = std::llround(note.begin * ticks), end = std::llround((note.begin + note.length) * ticks);
    events.push_back({begin, true, note});
    events.push_back({std::max(end, begin + 1), false, note});
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tuple(a.tick, a.begins, a.note.channel, a.note.key) <
           std::tuple(b.tick, b.begins, b.note.channel, b.note.key);
  });
  return events;
}

}  // namespace

std::string midi_bytes(const Score& score) {
  require<UsageError>(score.tempo >= 4 && score.tempo <= 1000, "[write_midi] need a tempo from 4 to 1000, got {}",
                      score.tempo);
  require<UsageError>(score.programs.size() <= 16, "[write_midi] need instruments of at most 16 channels, got {}",
                      score.programs.size());
  std::string track("\0\xFF\x51\x03", 4);
  append_big_endian(track, static_cast<uint32_t>(std::lround(60e6 / score.tempo)), 3);
  for (size_t channel = 0; channel < score.programs.size(); ++channel) {
    require<UsageError>(score.programs[channel] >= 0 && score.programs[channel] < 128,
                        "[write_midi] need instruments of 0 to 127, got {}", score.programs[channel]);
    track += std::string(1, '\0') + static_cast<char>(0xC0 | channel) + static_cast<char>(score.programs[channel]);
  }
  int64_t now = 0;
  for (const Event& event : events_of(score)) {
    append_variable(track, static_cast<uint32_t>(event.tick - now));
    now = event.tick;
    track += static_cast<char>((event.begins ? 0x90 : 0x80) | event.note.channel);
    track += static_cast<char>(event.note.key);
    track += static_cast<char>(event.begins ? event.note.velocity : 64);
  }
  track += std::string("\0\xFF\x2F\0", 4);
  std::string out("MThd\0\0\0\x06\0\0\0\x01", 12);
  append_big_endian(out, ticks, 2);
  out += "MTrk";
  append_big_endian(out, static_cast<uint32_t>(track.size()), 4);
  return out + track;
}

void write_midi(const std::string& path, const Score& score) { write_file_atomically(path, midi_bytes(score)); }

}  // namespace grus::data
