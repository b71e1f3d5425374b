// Points of many dimensions on their way to a plane, and the picture of it.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "report/label_map.h"
#include "report/quadtree.h"
#include "report/tsne.h"
#include "report/vector_map.h"
#include "tests/support/tensors.h"
#include "tests/support/well_formed.h"

using namespace grus::report;
using grus::test::contains;
using grus::test::count;
using grus::test::not_well_formed;

namespace {

double uniform(std::mt19937& random) { return static_cast<double>(random()) / 4294967296.0 - 0.5; }

Points cloud(size_t count, size_t width, unsigned seed) {
  std::mt19937 random(seed);
  Points points{count, width, std::vector<double>(count * width)};
  for (double& value : points.values) value = uniform(random);
  return points;
}

// Makes four clusters far from each other in ten dimensions; point i is of cluster i % 4.
Points clusters(size_t count) {
  Points points = cloud(count, 10, 3);
  for (size_t i = 0; i < count; ++i) points[i][i % 4] += 8;
  return points;
}

double distance(const double* a, const double* b) { return std::hypot(a[0] - b[0], a[1] - b[1]); }

// Counts the points that have their nearest neighbour on the map in their own cluster.
size_t well_placed(const Points& map) {
  size_t good = 0;
  for (size_t i = 0; i < map.count; ++i) {
    size_t nearest = i == 0 ? 1 : 0;
    for (size_t j = 0; j < map.count; ++j)
      if (j != i && distance(map[i], map[j]) < distance(map[i], map[nearest])) nearest = j;
    good += nearest % 4 == i % 4;
  }
  return good;
}

LabelMap map_of(size_t count) {
  LabelMap map{.description = "words"};
  std::mt19937 random(1);
  for (size_t i = 0; i < count; ++i)
    map.points.push_back({uniform(random), uniform(random), "word " + std::to_string(i), static_cast<double>(1 + i)});
  return map;
}

}  // namespace

TEST_CASE("pca: finds the directions of largest variance, in order, signs fixed") {
  // x = mean + 5 a u + 2 b v + noise, with u and v orthonormal and negative in front.
  std::mt19937 random(1);
  const double u[] = {-0.6, -0.8, 0, 0}, v[] = {0, 0, -0.8, 0.6};
  Points points{300, 4, std::vector<double>(1200)};
  std::vector<double> a, b;
  for (size_t i = 0; i < points.count; ++i) {
    a.push_back(uniform(random)), b.push_back(uniform(random));
    for (size_t k = 0; k < 4; ++k) points[i][k] = 7 + 5 * a[i] * u[k] + 2 * b[i] * v[k] + 1e-4 * uniform(random);
  }
  const Points map = principal_components(points, 2);
  double mean_a = 0, mean_b = 0;
  for (size_t i = 0; i < points.count; ++i) mean_a += a[i] / 300, mean_b += b[i] / 300;
  for (size_t i = 0; i < points.count; ++i) {
    CHECK(map[i][0] == doctest::Approx(-5 * (a[i] - mean_a)).epsilon(0.2).scale(1));
    CHECK(map[i][1] == doctest::Approx(-2 * (b[i] - mean_b)).epsilon(0.2).scale(1));
  }
}

TEST_CASE("pca: one point, equal points and more directions than there are") {
  CHECK(principal_components(cloud(1, 3, 1), 2).width == 1);
  CHECK(principal_components(cloud(5, 1, 1), 2).width == 1);
  const Points same{4, 2, {1, 2, 1, 2, 1, 2, 1, 2}};
  for (const double value : principal_components(same, 2).values) CHECK(value == 0);
}

TEST_CASE("t-SNE: clusters stay together, exactly and by Barnes-Hut, and the loss is below that of the components") {
  const Points points = clusters(160);
  for (const size_t exact_up_to : {size_t{1000}, size_t{10}}) {
    const Points map = tsne(points, {.perplexity = 15, .iterations = 300, .exact_up_to = exact_up_to});
    CHECK(well_placed(map) == 160);
    CHECK(tsne_loss(points, map, 15) < 0.8 * tsne_loss(points, principal_components(points, 2), 15));
    CHECK(tsne(points, {.perplexity = 15, .iterations = 300, .exact_up_to = exact_up_to}).values == map.values);
  }
}

TEST_CASE("t-SNE: few points and equal points give finite maps") {
  for (size_t n = 0; n < 6; ++n) CHECK(tsne(cloud(n, 5, 1), {.iterations = 50}).values.size() == 2 * n);
  const Points same{40, 3, std::vector<double>(120, 1.0)};
  for (const size_t exact_up_to : {size_t{0}, size_t{100}})
    for (const double value : tsne(same, {.iterations = 100, .exact_up_to = exact_up_to}).values)
      CHECK(std::isfinite(value));
}

TEST_CASE("quadtree: with theta 0 the exact sums, with theta 0.5 within some percent; equal points count as many") {
  Points places = cloud(300, 2, 9);
  for (size_t i = 0; i < 10; ++i) places[i][0] = places[0][0], places[i][1] = places[0][1];
  const Quadtree tree(places);
  for (size_t i = 0; i < places.count; i += 7) {
    Quadtree::Repulsion wanted;
    for (size_t j = 0; j < places.count; ++j) {
      if (j == i) continue;
      const double dx = places[i][0] - places[j][0], dy = places[i][1] - places[j][1], q = 1 / (1 + dx * dx + dy * dy);
      wanted.sum += q, wanted.x += q * q * dx, wanted.y += q * q * dy;
    }
    const auto exact = tree.repulsion(places[i][0], places[i][1], 0),
               rough = tree.repulsion(places[i][0], places[i][1], 0.5);
    CHECK(exact.sum == doctest::Approx(wanted.sum).epsilon(1e-9));
    CHECK(exact.x == doctest::Approx(wanted.x).epsilon(1e-9).scale(1));
    CHECK(exact.y == doctest::Approx(wanted.y).epsilon(1e-9).scale(1));
    CHECK(rough.sum == doctest::Approx(wanted.sum).epsilon(0.02));
  }
}

TEST_CASE("nearest by cosine: the best first, length does not matter") {
  const Points points{4, 2, {1, 0, 0, 5, 9, 1, 0.1, 0.1}};
  CHECK(nearest_by_cosine(points, 2)[0] == std::vector<int32_t>{2, 3});
  CHECK(nearest_by_cosine(points, 9)[1] == std::vector<int32_t>{3, 2, 0});
}

TEST_CASE("label map: labels that are drawn meet no other, and the first have the choice") {
  std::mt19937 random(2);
  std::vector<std::array<double, 3>> points;
  for (int i = 0; i < 400; ++i)
    points.push_back({400 + 700 * uniform(random), 250 + 400 * uniform(random), 20.0 + i % 60});
  const Box edges{0, 0, 800, 500};
  const std::vector<Side> sides = place_labels(points, edges);
  std::vector<Box> boxes;
  for (size_t i = 0; i < points.size(); ++i) {
    if (sides[i] == Side::none) continue;
    const auto [x, y, width] = points[i];
    const Box box = label_box(x, y, width, sides[i]);
    CHECK((box.left >= 0 && box.top >= 0 && box.right <= 800 && box.bottom <= 500));
    for (const Box& other : boxes) CHECK_FALSE(box.meets(other));
    boxes.push_back(box);
    boxes.push_back({x - 3, y - 3, x + 3, y + 3});
  }
  CHECK(sides.front() != Side::none);
  CHECK(boxes.size() / 2 > 80);
  CHECK(boxes.size() / 2 < 400);
}

TEST_CASE("label map: the picture is well formed, whatever the labels and places") {
  LabelMap map = map_of(200);
  map.points[3].label = "<a & \"b\"> ' ☃";
  map.points[4].x = std::numeric_limits<double>::quiet_NaN();
  map.points[5].label = std::string(300, 'w');
  map.points[6].near = {1, 2};
  map.groups = {"one", "two & more"};
  const std::string html = interactive_map(map);
  CHECK(not_well_formed(html) == "");
  CHECK(count(html, "<g class=\"pt") == 199);
  CHECK(contains(html, "data-near=\"1 2\""));
  CHECK_FALSE(contains(html, "nan"));
  CHECK(not_well_formed(label_map(map_of(1))) == "");
  CHECK(contains(label_map(map_of(0)), "no points"));
  CHECK(contains(label_map(map_of(1)), "visibility") == false);
}

TEST_CASE("vector map: each point has its place, its label and its nearest, by either projection") {
  std::vector<float> rows;
  for (int i = 0; i < 12; ++i)
    for (int k = 0; k < 3; ++k) rows.push_back(static_cast<float>(k == i / 4 ? 10 : i % 4));
  const Points points = unit_points(grus::Tensor::from(rows, {12, 3}));
  CHECK(points[0][0] == doctest::Approx(1));
  for (const Projection projection : {Projection::tsne, Projection::pca}) {
    std::vector<MapPoint> entries(12);
    for (size_t i = 0; i < 12; ++i) entries[i].label = std::to_string(i);
    const LabelMap map = vector_map(points, entries, {.projection = projection, .perplexity = 3});
    REQUIRE(map.points.size() == 12);
    for (size_t i = 0; i < 12; ++i) {
      CHECK(map.points[i].label == std::to_string(i));
      CHECK(std::isfinite(map.points[i].x + map.points[i].y));
      REQUIRE(map.points[i].near.size() == 6);
      CHECK(static_cast<size_t>(map.points[i].near.front()) / 4 == i / 4);  // of its own cluster
    }
  }
  CHECK(grus::test::message_of([&] { (void)vector_map(points, {}, {}); }) ==
        "[vector_map] need an entry for each of 12 points, got 0");
}
