// Pictures of sounds, tables of confusions, and bytes as addresses.
#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "report/confusions.h"
#include "report/png.h"
#include "report/sound_picture.h"
#include "tests/support/well_formed.h"

using namespace grus;
using namespace grus::report;

TEST_CASE("data_url: bytes become base64 of RFC 4648") {
  const std::string all[] = {"", "f", "fo", "foo", "foob", "\xff\xfe"};
  const std::string coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "//4="};
  for (size_t i = 0; i < 6; ++i) CHECK(data_url(all[i], "a/b") == "data:a/b;base64," + coded[i]);
}

TEST_CASE("sound picture: bands, marks and curves are drawn, names escaped") {
  SoundPicture p{.bands = 3, .energies = {}, .frequencies = {200, 900, 2100}, .description = "a & b"};
  for (int i = 0; i < 30; ++i) p.energies.push_back(static_cast<float>(std::sin(i)));
  p.marks = {{"<s>", 2}, {"e", 6}};
  p.curves = {{"<s>", std::vector<float>(10, 0.5F)}, {"e", {0, 0, 1, NAN, 2, 0, 0, 0, 0, 0}}};
  p.curves_title = "letters";
  const std::string svg = sound_picture(p);
  CHECK(test::not_well_formed(svg) == "");
  CHECK(svg.find("&lt;s&gt;") != std::string::npos);
  CHECK(svg.find("data:image/png;base64,") != std::string::npos);
  CHECK(svg.find(">1000<") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
}

TEST_CASE("sound picture: no frame is an empty chart, and other numbers of bands are refused") {
  CHECK(sound_picture({.bands = 1, .energies = {}, .frequencies = {100}}).find("no sound") != std::string::npos);
  CHECK_THROWS_AS(sound_picture({.bands = 2, .energies = {1, 2, 3}, .frequencies = {100, 200}}), UsageError);
  CHECK_THROWS_AS(sound_picture({.bands = 2, .energies = {1, 2}, .frequencies = {100}}), UsageError);
}

TEST_CASE("confusions: precision, recall and F1 of each class, by hand") {
  Figures drawn;
  const std::string body = confusions({.classes = {"a<", "b"}, .counts = {{3, 1}, {2, 2}}}, drawn);
  CHECK(drawn.drawn == 1);
  CHECK(body.find("a&lt;") != std::string::npos);
  CHECK(body.find("60.0") != std::string::npos);  // precision of a: 3 / 5
  CHECK(body.find("75.0") != std::string::npos);  // recall of a: 3 / 4
  CHECK(body.find("66.7") != std::string::npos);  // precision of b: 2 / 3, and F1 of a
  CHECK_THROWS_AS(confusions({.classes = {"a", "b"}, .counts = {{1, 2}}}, drawn), UsageError);
}
