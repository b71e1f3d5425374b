// Packs: the files of a folder in one file.
#include "core/base/pack.h"

#include <doctest/doctest.h>

#include <cstring>

#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "core/base/error.h"
#include "tests/support/folder.h"
#include "tests/support/tensors.h"

using namespace grus;
using test::bytes_of;
using test::Folder;
using test::message_of;

namespace {

std::string part_of(const std::string& pack, const PackMember& member) {
  return bytes_of(pack).substr(member.begin, member.bytes);
}

// A pack of "a" (70 bytes), "b" (none) and "c" (5).
std::string small_pack(const Folder& folder) {
  const std::string pack = folder.path("p.grus");
  write_pack(pack, {folder.file("c", "12345"), folder.file("a", std::string(70, 'x')), folder.file("b", "")});
  return pack;
}

// Writes a pack whose list of files is this, with a right checksum.
std::string pack_of(const Folder& folder, const std::string& files, const std::string& members = "") {
  std::string json = R"({"checksum":"grus.crc32:00000000","files":)" + files + "}";
  seal(json);
  uint64_t size = json.size();
  std::string head = "GRUSPACK" + std::string(reinterpret_cast<const char*>(&size), sizeof size);
  return folder.file("made.grus", head + json + members);
}

}  // namespace

TEST_CASE("pack: members come back to the byte, in the order of their names, at multiples of 64") {
  const Folder folder;
  const std::string pack = small_pack(folder);
  const std::vector<PackMember> members = read_pack(pack);
  REQUIRE(members.size() == 3);
  CHECK(members[0].name == "a");
  CHECK(members[1].name == "b");
  CHECK(part_of(pack, members[0]) == std::string(70, 'x'));
  CHECK(members[1].bytes == 0);
  CHECK(part_of(pack, members[2]) == "12345");
  for (const PackMember& member : members) CHECK(member.begin % 64 == 0);
}

TEST_CASE("pack: a path within it names a member, and any other path is left alone") {
  const Folder folder;
  const std::string pack = small_pack(folder);
  const auto member = find_member(pack + "/c");
  REQUIRE(member);
  CHECK(part_of(pack, *member) == "12345");
  CHECK(file_exists(pack + "/b"));
  CHECK_FALSE(file_exists(pack + "/d"));
  CHECK(message_of([&] { find_member(pack + "/d"); }) == pack + ": need a file 'd' in it, got none");
  CHECK_FALSE(find_member(folder.path("c")));
  CHECK(file_exists(folder.path("c")));
  CHECK(is_folder_or_pack(pack));
  CHECK_FALSE(is_folder_or_pack(folder.path("c")));
  CHECK(message_of([&] { find_member(folder.path("a") + "/c"); }) ==
        folder.path("a") + ": need a pack of a model, got another file");
}

TEST_CASE("pack: every flipped bit of its head, and every cut, is an error that names the file") {
  const Folder folder;
  const std::string pack = small_pack(folder), good = bytes_of(pack);
  const size_t head = read_pack(pack).front().begin;
  for (size_t bit = 0; bit < 8 * head; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    const std::string file = folder.file("bad.grus", bad);
    REQUIRE_MESSAGE(message_of([&] { read_pack(file); }).starts_with(file), bit);
  }
  for (size_t bytes = 0; bytes < good.size() - 64; ++bytes) {
    const std::string file = folder.file("bad.grus", good.substr(0, bytes));
    REQUIRE_MESSAGE(message_of([&] { read_pack(file); }).starts_with(file), bytes);
  }
}

TEST_CASE("pack: names that leave the folder, overlaps and members behind the end are refused") {
  const Folder folder;
  for (const char* name : {"..", "a/b", ""})
    CHECK(message_of([&] {
            read_pack(pack_of(folder, std::string(R"({")") + name + R"(":{"begin":0,"bytes":1}})", "x"));
          }).find("need names of files") != std::string::npos);
  for (const char* files : {R"({"a":{"begin":0,"bytes":9}})", R"({"a":{"begin":-1,"bytes":1}})",
                            R"({"a":{"begin":0,"bytes":4},"b":{"begin":2,"bytes":1}})",
                            R"({"a":{"begin":5,"bytes":18446744073709551615}})", R"({"a":[0,1]})", "7"}) {
    const std::string file = pack_of(folder, files, "12345");
    CHECK_MESSAGE(message_of([&] { read_pack(file); }).starts_with(file), files);
  }
}

TEST_CASE("pack: two files of one name, and one that is not there, leave no pack") {
  const Folder folder;
  const std::string pack = folder.path("p.grus");
  CHECK_THROWS_AS(write_pack(pack, {folder.file("a", "x"), folder.path("sub/a")}), Error);
  CHECK_THROWS_AS(write_pack(pack, {folder.path("none")}), Error);
  CHECK_FALSE(file_exists(pack));
}
