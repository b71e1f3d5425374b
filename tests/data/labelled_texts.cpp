// Texts with labels from tables, lines and folders.
#include "data/read/labelled_texts.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/base/error.h"
#include "tests/data/files.h"
#include "tests/support/folder.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::gzip;
using test::message_of;

TEST_CASE("labelled texts: tables, lines and folders give the same") {
  const Folder folder;
  const auto texts = [](const std::vector<LabelledText>& rows) {
    std::string all;
    for (const LabelledText& row : rows) all += row.label + "=" + row.text + ";";
    return all;
  };
  const std::string wanted = "a=x y;b=z;b=z;";
  CHECK(texts(read_labelled_texts(folder.file("t.csv", "n,text,label\n1,x y,a\n2,z,b\n3,z,b\n"), {})) == wanted);
  CHECK(texts(read_labelled_texts(folder.file("t.tsv", "kind\tsaid\na\tx y\nb\tz\nb\tz\n"),
                                  {.text_column = "said", .label_column = "kind"})) == wanted);
  CHECK(texts(read_labelled_texts(gzip(folder, "t.tsv.gz", "label\ttext\na\tx y\nb\tz\nb\tz\n"), {})) == wanted);
  CHECK(texts(read_labelled_texts(folder.file("t.txt", "a x y\nb\tz\nb  z\n"), {})) == wanted);
  CHECK(texts(read_labelled_texts(folder.file("f.txt", "a:1 x y\nb:2 z\nb:1 z\n"), {.label_until = ":"})) == wanted);
  CHECK(texts(read_labelled_texts(folder.file("d.txt", "a x y\nb z\nb z\n"), {.distinct = true})) == "a=x y;b=z;");
  std::filesystem::create_directory(folder.path("names"));
  folder.file("names/b.txt", "z\n\nz\n");
  folder.file("names/a.txt", "x y\n");
  CHECK(texts(read_labelled_texts(folder.path("names"), {})) == wanted);
}

TEST_CASE("labelled texts: a broken row is named with file, line and column") {
  const Folder folder;
  const auto message = [&](const char* name, const char* content, const LabelledTextOptions& options = {}) {
    const std::string file = folder.file(name, content);
    const std::string all = message_of<DataError>([&] { read_labelled_texts(file, options); });
    return all.starts_with(file) ? all.substr(file.size()) : all;
  };
  CHECK(message("a.csv", "label,text\na,x\nb\n") == ":3: need 2 columns as in the first line, got 1");
  CHECK(message("a.csv", "label,text\na,x\nb,  \n") == ":3:2: need a text, got none");
  CHECK(message("a.csv", "label,text\n,x\n") == ":2:1: need a label, got none");
  CHECK(message("a.csv", "class,text\na,x\n") == ":1: need a column 'label' of labels among class, text, got none");
  CHECK(message("a.csv", "label,text\na,\"x\n").find(":2:2") == 0);
  CHECK(message("a.csv", "") == ": need a line of column names, got an empty file");
  CHECK(message("a.csv", "label,text\n") == ": need at least one row, got none");
  CHECK(message("a.txt", "") == ": need at least one row, got none");
  CHECK(message("a.txt", "a x\n\n") == ":2:1: need a label and a text, got an empty line");
  CHECK(message("a.txt", "a x\nb\n") == ":2:2: need a text behind the label 'b', got none");
  CHECK(message("a.txt", "a x\nb \xff\n").find(":2: invalid UTF-8 at byte 3") == 0);
  CHECK(message("a.txt", ":x y\n", {.label_until = ":"}) == ":1:1: need a label in one line, got ''");
  CHECK(message_of<DataError>([&] { read_labelled_texts(folder.path("none"), {}); }).find(folder.path("none")) == 0);
}

TEST_CASE("labelled texts: a class that training lacks is named where it stands") {
  const Folder folder;
  const std::vector<LabelledText> rows = read_labelled_texts(folder.file("t.csv", "text,label\nx,b\ny,c\n"), {});
  CHECK(class_ids(rows, {"b", "c"}) == std::vector<int64_t>{0, 1});
  CHECK(message_of<DataError>([&] {
          class_ids(rows, {"a", "b"});
        }) == folder.path("t.csv") + ":3:2: need a class of the training, one of a, b, got 'c'");
}
