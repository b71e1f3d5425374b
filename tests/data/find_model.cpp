// Models by name, from indexes and files of this machine; tests/examples/by_name.py has the web.
#include "data/fetch/find_model.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>

#include "core/base/error.h"
#include "core/base/sha256.h"
#include "tests/support/folder.h"

using namespace grus;

namespace {

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string entry(const std::string& name, const std::string& bytes, const std::string& file = "") {
  return fmt::format(R"({{"name": "{}", "file": "{}", "bytes": {}, "sha256": "{}"}})", name,
                     file.empty() ? name + ".grus" : file, bytes.size(), sha256_text(bytes));
}

std::string index_of(const std::string& entries) {
  return R"({"format": "grus models", "version": 1, "models": [)" + entries + "]}";
}

// An index of one model "tiny", with a cache of its own.
struct Shelf {
  test::Folder folder;
  std::string bytes = std::string(100000, 'g') + "end", file = folder.file("tiny.grus", bytes), index;

  Shelf() {
    ::setenv("XDG_CACHE_HOME", folder.path("cache").c_str(), 1);
    use(entry("tiny", bytes));
  }
  ~Shelf() {
    data::set_model_index("");
    ::unsetenv("XDG_CACHE_HOME");
  }
  void use(const std::string& entries) {
    index = folder.file("index.json", index_of(entries));
    data::set_model_index(index);
  }
  std::string cache() const { return folder.path("cache/grus/models"); }
  bool left() const {
    std::error_code ignored;
    return std::filesystem::exists(cache()) && !std::filesystem::is_empty(cache(), ignored);
  }
};

// Runs act() in a process of its own and returns what it returns.
int in_child(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("find_model: a name is fetched once, and found again when its source is gone") {
  Shelf shelf;
  const std::filesystem::path found = data::find_model("tiny");
  CHECK(found.parent_path() == shelf.cache());
  CHECK(test::bytes_of(found) == shelf.bytes);
  std::filesystem::remove(shelf.file);
  CHECK(data::find_model("tiny") == found);
}

TEST_CASE("find_model: a path that exists wins over a name, and what cannot be a name is left as it is") {
  Shelf shelf;
  const std::filesystem::path here = std::filesystem::current_path();
  std::filesystem::current_path(shelf.folder.root());
  shelf.folder.file("tiny", "");
  CHECK(data::find_model("tiny") == "tiny");
  std::filesystem::current_path(here);
  CHECK(data::find_model("models/tiny") == "models/tiny");
  CHECK(data::find_model("../tiny") == "../tiny");
  CHECK(data::find_model(".hidden") == ".hidden");
}

TEST_CASE("find_model: an address file:///PATH is an index and a source, with %20 for a space") {
  Shelf shelf;
  const std::string file = shelf.folder.file("a b", shelf.bytes);
  shelf.use(entry("spaced", shelf.bytes, "file://" + shelf.folder.path("a%20b")));
  data::set_model_index("file://" + shelf.index);
  CHECK(test::bytes_of(data::find_model("spaced")) == shelf.bytes);
}

TEST_CASE("find_model: the environment names the index, and the text of one without any says so") {
  Shelf shelf;
  data::set_model_index("");
  CHECK(error_of([] { data::find_model("tiny"); }) ==
        "tiny: need the folder of a model, a pack of one or, with --index or GRUS_MODEL_INDEX, a name, got nothing");
  ::setenv("GRUS_MODEL_INDEX", shelf.index.c_str(), 1);
  CHECK(test::bytes_of(data::find_model("tiny")) == shelf.bytes);
  ::unsetenv("GRUS_MODEL_INDEX");
}

TEST_CASE("find_model: an unknown name lists those most like it") {
  Shelf shelf;
  std::string entries;
  for (const char* name : {"write-a", "write-b", "write-c", "write-d", "demo-en-fr", "demo-en-de", "names"})
    entries += (entries.empty() ? "" : ",") + entry(name, "x");
  shelf.use(entries);
  CHECK(error_of([] { data::find_model("demo-en-fx"); }) ==
        "demo-en-fx: need a path, or a name of " + shelf.index +
            ", which has demo-en-fr, demo-en-de, write-a, write-b, write-c and 2 more, got neither");
}

TEST_CASE("find_model: other bytes than the index promised leave nothing behind") {
  Shelf shelf;
  std::string other = shelf.bytes;
  other.back() ^= 1;
  for (const auto& [bytes, said] : {std::pair(other, std::string("need sha256 " + sha256_text(shelf.bytes))),
                                    std::pair(shelf.bytes.substr(1), std::string("for tiny, got 100002")),
                                    std::pair(shelf.bytes + "x", std::string("for tiny, got more"))}) {
    shelf.folder.file("tiny.grus", bytes);
    const std::string error = error_of([] { data::find_model("tiny"); });
    CHECK_MESSAGE(error.starts_with(shelf.file + ": need "), error);
    CHECK_MESSAGE(error.find(said) != std::string::npos, error);
    CHECK_FALSE(shelf.left());
  }
  std::filesystem::remove(shelf.file);
  CHECK(error_of([] { data::find_model("tiny"); }) == shelf.file + ": need a file that can be read, got nothing");
  CHECK_FALSE(shelf.left());
}

TEST_CASE("find_model: a source without an end is no file, and a folder that cannot be made is one sentence") {
  Shelf shelf;
  shelf.use(entry("zeros", shelf.bytes, "file:///dev/zero"));
  CHECK(error_of([] { data::find_model("zeros"); }) == "/dev/zero: need a file that can be read, got something else");
  ::setenv("XDG_CACHE_HOME", shelf.file.c_str(), 1);
  CHECK(error_of([] { data::find_model("zeros"); }).find("cannot be made a folder") != std::string::npos);
}

TEST_CASE("find_model: a disk that takes no more leaves nothing behind") {
  Shelf shelf;
  const int code = in_child([] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit most{50000, 50000};
    ::setrlimit(RLIMIT_FSIZE, &most);
    return error_of([] { data::find_model("tiny"); }).find("need a file that can be written") != std::string::npos;
  });
  CHECK(code == 1);
  CHECK_FALSE(shelf.left());
}

TEST_CASE("find_model: a file in the cache of another size is fetched again") {
  Shelf shelf;
  const std::filesystem::path found = data::find_model("tiny");
  std::ofstream(found) << "cut";
  CHECK(test::bytes_of(data::find_model("tiny")) == shelf.bytes);
}

TEST_CASE("find_model: processes that fetch one model at once all get it whole") {
  Shelf shelf;
  std::vector<pid_t> children;
  for (int n = 0; n < 8; ++n) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string error =
          error_of([&] { require<Error>(test::bytes_of(data::find_model("tiny")) == shelf.bytes, "other bytes"); });
      ::_exit(error.empty() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(shelf.cache())) ++files;
  CHECK(files == 1);
}

TEST_CASE("model index: what is hostile or wrong is one sentence that names the index") {
  const std::string sum = sha256_text("x");
  const auto with = [&](const std::string& name, const std::string& file, const std::string& more = "") {
    return fmt::format(R"({{"name": "{}", "file": "{}", "bytes": 1, "sha256": "{}"{}}})", name, file, sum, more);
  };
  const std::string names = "need names of letters", beside = "need a file beside the index";
  for (const auto& [entries, said] : {
           std::pair(with("../up", "a"), names),
           std::pair(with("a/b", "a"), names),
           std::pair(with("", "a"), names),
           std::pair(with(".a", "a"), names),
           std::pair(with("-a", "a"), names),
           std::pair(with(std::string(65, 'a'), "a"), names),
           std::pair(with("a\\u0000b", "a"), names),
           std::pair(with("a", "../a"), beside),
           std::pair(with("a", "b/../../a"), beside),
           std::pair(with("a", "/etc/passwd"), beside),
           std::pair(with("a", ""), beside),
           std::pair(with("a", "b\\\\c"), beside),
           std::pair(with("a", "file:///etc/passwd"), beside),
           std::pair(with("a", "ftp://host/a"), beside),
           std::pair(with("a", "scp://host/a"), beside),
           std::pair(with("a", "a", R"(, "card": "gopher://host/a")"), beside),
           std::pair(with("a", "a") + "," + with("a", "b"), std::string("got 'a' twice")),
           std::pair(with("a", "a", R"(, "run": "x")"), std::string("'run'")),
           std::pair(std::string(R"({"name": "a", "file": "a", "bytes": 1, "sha256": "00"})"), std::string("64 hex")),
           std::pair(std::string(R"({"name": "a", "file": "a", "bytes": -1, "sha256": ")" + sum + R"("})"),
                     std::string("'bytes'")),
           std::pair(std::string(R"({"name": "a", "file": "a", "bytes": 1e30, "sha256": ")" + sum + R"("})"),
                     std::string("'bytes'")),
       }) {
    const std::string error =
        error_of([&] { data::read_model_index(index_of(entries), "https://host/models/index.json"); });
    CHECK_MESSAGE(error.starts_with("https://host/models/index.json: "), error);
    CHECK_MESSAGE(error.find(said) != std::string::npos, error);
    CHECK_MESSAGE(error.find('\n') == std::string::npos, error);
  }
  for (const char* text : {"", "[]", "{}", R"({"format": "grus models", "version": 2, "models": []})",
                           R"({"format": "other", "version": 1, "models": []})",
                           R"({"format": "grus models", "version": 1, "models": {}})"})
    CHECK_MESSAGE(error_of([&] { data::read_model_index(text, "i.json"); }).starts_with("i.json"), text);
}

TEST_CASE("model index: files and cards stand beside the index, wherever that is") {
  const std::string text = index_of(R"({"name": "a", "file": "packs/a.grus", "bytes": 1, "card": "a.md", "sha256": ")" +
                                    sha256_text("x") + R"("})");
  for (const auto& [origin, folder] : {std::pair("https://host/models/index.json?v=/2", "https://host/models/"),
                                       std::pair("file:///data/index.json", "file:///data/"),
                                       std::pair("shelf/index.json", "shelf/"), std::pair("index.json", "")}) {
    const data::ModelEntry model = data::read_model_index(text, origin).front();
    CHECK(model.file == std::string(folder) + "packs/a.grus");
    CHECK(model.card == std::string(folder) + "a.md");
  }
}
