// MIDI files, tunes in ABC notation, and pieces as steps of chords.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "data/music/abc.h"
#include "data/music/midi.h"
#include "data/music/pieces.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

namespace {

const std::string head("MThd\0\0\0\6\0\0\0\1\1\xE0", 14);

std::string track(const std::string& events) {
  std::string bytes = "MTrk";
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(events.size() >> shift & 0xFF);
  return bytes + events;
}

std::string refused_midi(const std::string& bytes) {
  const Folder folder;
  return message_of<DataError>([&] { read_midi(folder.file("a.mid", bytes)); });
}

// Melody notes as "begin+length:key", chords left out.
std::string melody(const std::string& body, const std::string& fields = "L:1/4\nK:C\n") {
  std::string text;
  const std::vector<Tune> tunes = parse_abc("X:1\n" + fields + body + "\n", "t");
  for (const Note& note : tunes.front().score.notes)
    if (note.channel == 0)
      text += fmt::format("{}{:g}+{:g}:{}", text.empty() ? "" : " ", note.begin, note.length, note.key);
  return text;
}

}  // namespace

TEST_CASE("midi: the bytes of two notes are those of the standard, by hand") {
  const Score score{.tempo = 120,
                    .notes = {{.begin = 0, .length = 1, .key = 60},
                              {.begin = 1, .length = 0.5, .key = 64, .velocity = 1, .channel = 2}},
                    .programs = {19}};
  const std::string events(
      "\0\xFF\x51\3\7\xA1\x20"  // 500,000 microseconds
      "\0\xC0\x13"
      "\0\x90\x3C\x50\x83\x60\x80\x3C\x40"  // 480 ticks are 83 60
      "\0\x92\x40\1\x81\x70\x82\x40\x40"
      "\0\xFF\x2F\0",
      32);
  CHECK(midi_bytes(score) == head + track(events));
}

TEST_CASE("midi: what is written is read again") {
  const Folder folder;
  const Score score{.tempo = 90,
                    .notes = {{0, 1, 60, 80, 0}, {0, 2.5, 64, 33, 1}, {1, 1, 60, 80, 0}, {70, 0.25, 21, 127, 15}},
                    .programs = {0, 52}};
  write_midi(folder.path("a.mid"), score);
  const Score again = read_midi(folder.path("a.mid"));
  CHECK(again.notes == score.notes);
  CHECK(again.programs == score.programs);
  CHECK(again.tempo == doctest::Approx(90).epsilon(1e-5));
  CHECK(again.length() == 70.25);
}

TEST_CASE("midi: running status, notes that end by velocity 0 or never, and unknown chunks and events are read") {
  const Folder folder;
  const std::string events("\0\x90\x3C\x40\x60\x3C\0\0\x3E\x40\0\xE0\1\2\0\xF0\1\xF7\0\xFF\1\1x\x83\x60\xFF\x2F\0", 28);
  const Score score = read_midi(folder.file("a.mid", head + "junk" + std::string("\0\0\0\1?", 5) + track(events)));
  REQUIRE(score.notes.size() == 2);
  CHECK(score.notes[0] == Note{0, 0.2, 60, 64, 0});
  CHECK(score.notes[1] == Note{0.2, 1, 62, 64, 0});
}

TEST_CASE("midi: damaged files are refused in one line with the byte") {
  CHECK(refused_midi("no music").find("a.mid: need 'MThd', got 'no m'") != std::string::npos);
  CHECK(refused_midi(head.substr(0, 10)).find("need a chunk that the file holds at byte 8") != std::string::npos);
  CHECK(refused_midi(head).find("need another track at byte 14") != std::string::npos);
  CHECK(refused_midi(std::string("MThd\0\0\0\6\0\2\0\1\1\xE0", 14)).find("need format 0 or 1") != std::string::npos);
  CHECK(refused_midi(std::string("MThd\0\0\0\6\0\0\0\1\xE7\x28", 14)).find("need ticks a quarter note") !=
        std::string::npos);
  CHECK(refused_midi(head + track(std::string("\0\x90\x3C", 3))).find("need an event's data at byte 25") !=
        std::string::npos);
  CHECK(refused_midi(head + track(std::string("\0\x3C\x40", 3))).find("need an event's status") != std::string::npos);
  CHECK(refused_midi(head + track("\xFF\xFF\xFF\xFF\1")).find("need a number of at most four bytes") !=
        std::string::npos);
}

TEST_CASE("midi: scores out of range are refused") {
  const auto bad = [](const Note& note, double tempo = 120) {
    return message_of<UsageError>([&] { midi_bytes({.tempo = tempo, .notes = {note}}); });
  };
  CHECK(bad({.key = 128}) == "[write_midi] need keys of 0 to 127, got 128");
  CHECK(bad({.begin = -1}).find("need times of 0 to") != std::string::npos);
  CHECK(bad({.begin = std::numeric_limits<double>::quiet_NaN()}).find("need times of 0 to") != std::string::npos);
  CHECK(bad({.velocity = 0}).find("need velocities of 1 to 127") != std::string::npos);
  CHECK(bad({.channel = 16}).find("need channels of 0 to 15") != std::string::npos);
  CHECK(bad({}, 1).find("need a tempo from 4 to 1000") != std::string::npos);
  CHECK_THROWS_AS(write_midi("/nowhere/a.mid", {}), Error);
}

TEST_CASE("abc: keys, octaves, accidentals, lengths and rests") {
  CHECK(melody("C, C c c' z2 e/2 g// b3/2") == "0+1:48 1+1:60 2+1:72 3+1:84 6+0.5:76 6.5+0.25:79 6.75+1.5:83");
  CHECK(melody("F ^F F =F | F _B", "L:1/4\nK:G\n") == "0+1:66 1+1:66 2+1:66 3+1:65 4+1:66 5+1:70");
  CHECK(melody("A B", "L:1/4\nK:Dm\n") == "0+1:69 1+1:70");
  CHECK(melody("C F", "L:1/8\nK:D mix\n") == "0+0.5:60 0.5+0.5:66");
  CHECK(melody("CC", "M:6/8\nK:C\n") == "0+0.5:60 0.5+0.5:60");
  CHECK(melody("CC", "M:2/4\nK:C\n") == "0+0.25:60 0.25+0.25:60");
}

TEST_CASE("abc: broken rhythm, tuplets, ties, brackets") {
  CHECK(melody("C>D E<F") == "0+1.5:60 1.5+0.5:62 2+0.5:64 2.5+1.5:65");
  CHECK(melody("(3CDE F").starts_with("0+0.666667:60 0.666667+0.666667:62 1.33333+0.666667:64 2+1:65"));
  CHECK(melody("C-C D-|D2 E") == "0+2:60 2+3:62 5+1:64");
  CHECK(melody("[CE]2 G") == "0+2:60 0+2:64 2+1:67");
}

TEST_CASE("abc: repeats and their endings are played") {
  CHECK(melody("|:C:|D") == "0+1:60 1+1:60 2+1:62");
  CHECK(melody("C:|D|]") == "0+1:60 1+1:60 2+1:62");
  CHECK(melody("|:C|1D:|2E|:F:|") == "0+1:60 1+1:62 2+1:60 3+1:64 4+1:65 5+1:65");
  CHECK(melody("|:C [1D:|[2E:| F") == "0+1:60 1+1:62 2+1:60 3+1:64 4+1:65");
}

TEST_CASE("abc: chord symbols accompany, other text is left out, and a text has several tunes") {
  const auto tunes =
      parse_abc("%x\nX:1\nT:One\nQ:1/4=100\nL:1/4\nK:C\n\"Am7\"A?2\nX:2\nT:None\nX:3\nT:Two\nK:C\nC\n", "t");
  REQUIRE(tunes.size() == 2);
  CHECK(tunes[0].title == "One");
  CHECK(tunes[0].score.tempo == 100);
  CHECK(tunes[0].score.notes.size() == 5);
  CHECK(tunes[0].score.notes[0].key == 57);
  CHECK(tunes[0].ignored == 2);
  CHECK(tunes[1].title == "Two");
  CHECK(message_of<DataError>([] { parse_abc("X:1\nK:C\n", "t"); }) == "t: need a note, got none");
}

TEST_CASE("pieces: JSON has parts or is a list; keys below 0 are silence") {
  const Folder folder;
  const PieceSets parts =
      read_pieces(folder.file("a.json", R"({"train": [[[64, 60, -1, 60], []]], "test": [[[21]]]})"));
  REQUIRE(parts.train.size() == 1);
  CHECK(parts.train[0] == Piece{{60, 64}, {}});
  CHECK(parts.test[0] == Piece{{21}});
  CHECK(parts.valid.empty());
  CHECK(read_pieces(folder.file("b.json", "[[[60]], [[62], [64]]]")).train.size() == 2);
  const auto bad = [&](const char* text) {
    return message_of<DataError>([&] { read_pieces(folder.file("c.json", text)); });
  };
  CHECK(bad("[[[60], [109]]]").find("c.json: piece 1, step 2: need keys of 21 to 108, got 109") != std::string::npos);
  CHECK(bad("[[[60.5]]]").find("need keys as whole numbers, got 60.5") != std::string::npos);
  CHECK(bad("[[]]").find("piece 1: need a list of steps") != std::string::npos);
  CHECK(bad("[[60]]").find("need a list of keys, got 60") != std::string::npos);
  CHECK(bad("[]").find("need pieces, got none") != std::string::npos);
  CHECK(bad("{\"tests\": []}").find("tests") != std::string::npos);
  CHECK(bad("[").find("c.json") != std::string::npos);
}

TEST_CASE("pieces: MIDI files become steps and steps become notes") {
  const Folder folder;
  const Piece piece = {{60, 64}, {60}, {}, {62}};
  const Score joined = score_of(piece, 0.5, 90, true);
  REQUIRE(joined.notes.size() == 3);
  CHECK(joined.notes[0] == Note{0, 1, 60});
  CHECK(score_of(piece, 0.5, 90, false).notes.size() == 4);
  CHECK(piece_of(joined, 0.5) == piece);
  std::filesystem::create_directory(folder.path("m"));
  write_midi(folder.path("m/b.mid"), joined);
  write_midi(folder.path("m/a.mid"), {.notes = {{0, 1, 70}}});
  const PieceSets read = read_pieces(folder.path("m"), 0.5);
  REQUIRE(read.train.size() == 2);
  CHECK(read.train[0] == Piece{{70}, {70}});
  CHECK(read.train[1] == piece);
  write_midi(folder.path("low.mid"), {.notes = {{0, 1, 20}}});
  CHECK(message_of<DataError>([&] { read_pieces(folder.path("low.mid")); }).find("need keys of 21 to 108, got 20") !=
        std::string::npos);
  write_midi(folder.path("none.mid"), {});
  CHECK(
      message_of<DataError>([&] { read_pieces(folder.path("none.mid")); }).ends_with("none.mid: need notes, got none"));
  std::filesystem::create_directory(folder.path("e"));
  CHECK(message_of<DataError>([&] { read_pieces(folder.path("e")); }).ends_with("need a .mid file, got none"));
}

TEST_CASE("pieces: a piece moves to another key as long as a piano has it") {
  CHECK(transposed({{60, 64}, {}}, -3) == Piece{{57, 61}, {}});
  CHECK(transposed({{108}}, 1).empty());
  CHECK(key_range({{60, 64}, {}, {50}}) == std::pair<int32_t, int32_t>(50, 64));
  CHECK(key_range({{}}).second < 0);
}

TEST_CASE("pieces: the text of pieces is read as the same pieces") {
  const test::Folder folder;
  const std::vector<Piece> pieces = {{{60, 64}, {}, {21, 108}}, {{48}}};
  const PieceSets sets = read_pieces(folder.file("p.json", json_of(pieces)));
  CHECK(sets.train == pieces);
  CHECK(sets.valid.empty());
}

TEST_CASE("ABC: a file is read, and what is wrong with it names it") {
  const test::Folder folder;
  CHECK(read_abc(folder.file("t.abc", "X:1\nL:1/4\nK:C\nCDE|\n"))[0].score.notes.size() == 3);
  const std::string path = folder.file("none.abc", "X:1\n");
  CHECK(message_of<DataError>([&] { (void)read_abc(path); }) == path + ": need a note, got none");
  CHECK(message_of<DataError>([&] {
          (void)read_abc(folder.path("missing"));
        }).starts_with(folder.path("missing") + ": "));
}
